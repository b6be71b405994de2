"""The page on evidence is the list of evidence."""

from collections.abc import Callable

from submission.review.evidence.book import BOOK
from submission.review.evidence.page import evidence_page


def test_the_page_is_that_of_the_list(matches_golden: Callable[[str, str], None]) -> None:
    matches_golden("../../measurements/evidence.md", evidence_page())


def test_every_kind_has_a_name_of_its_own() -> None:
    assert len({each.kind for each in BOOK}) == len(BOOK)
