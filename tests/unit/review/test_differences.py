"""What may explain other figures: other sources than those of the claimed run."""

from collections.abc import Mapping
from typing import Any

import pytest

from submission.review.built import Built
from submission.review.differences import source_differences

CLAIMED: Mapping[str, Any] = {"image": {"fingerprint": "aa"}}


def image_of(fingerprint: str) -> Built:
    return Built(kit="1", fingerprint=fingerprint, python="3.11", packages={})


def test_other_sources_than_the_claimed_ones_are_reported() -> None:
    (line,) = source_differences(CLAIMED, image_of("bb"))
    assert line == "fingerprint of the sources: claimed with aa, here bb"


@pytest.mark.parametrize("image", [image_of("aa"), None])
def test_the_same_sources_and_no_image_are_not_remarked(image: Built | None) -> None:
    assert list(source_differences(CLAIMED, image)) == []
