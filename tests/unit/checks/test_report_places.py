"""A report makes one folder at most: a path below a missing one is mistyped."""

from __future__ import annotations

from pathlib import Path

import pytest

from submission.checks.reports.writing import refuse_places
from submission.errors import UsageError


def test_a_folder_is_made_for_a_report_and_no_folder_for_that(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    refuse_places(tree, [str(tmp_path / "new" / "a.json"), "-"])
    with pytest.raises(UsageError, match="far from any folder") as caught:
        refuse_places(tree, [str(tmp_path / "typo" / "new" / "a.json")])
    assert caught.value.detail == f"no folder {tmp_path / 'typo'}"
    assert not list(tmp_path.iterdir())
