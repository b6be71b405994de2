"""What the pages say of published submissions: every key and line has its answer."""

from collections.abc import Callable
from fnmatch import fnmatchcase

import pytest

from submission.checks.book import BOOK
from submission.checks.relations import RELATIONS
from submission.checks.reports.rule_text import explain
from submission.checks.tried import name_of, tried
from submission.loadgen.keys import WANTED
from tests.published.counting import KEY
from tests.published.notes import KEYS, LINES
from tests.published.pages import keys_of_line, log_page, noted, rejected_page
from tests.published.rejected import REJECTED
from tests.recorded.pack import DETAIL, recorded

RELATED = {key for one in RELATIONS.every for key in one.keys}


def test_every_key_follows_from_something_or_the_page_says_why_not() -> None:
    silent = {key for key in tried().keys if key not in RELATED and not list(noted(key, KEYS))}
    assert silent == set()


def test_the_keys_of_the_loadgen_at_hand_are_all_known() -> None:
    logged = {key.decode() for files in recorded().values() for key in KEY.findall(files[DETAIL])}
    unknown = {key for key in logged - RELATED if not list(noted(key, KEYS))}
    assert unknown == set()
    assert len(logged) > 100


def test_every_line_of_a_summary_is_compared_or_the_page_says_why_not() -> None:
    silent = {
        name for name in tried().names if not keys_of_line(name) and not list(noted(name, LINES))
    }
    assert silent == set()


@pytest.mark.parametrize("notes", [KEYS, LINES], ids=["keys", "lines"])
def test_a_note_is_about_something_and_names_rules_of_the_book(
    notes: dict[str, tuple[str, str]],
) -> None:
    known = {*tried().keys, *tried().names}
    for pattern, (rules, words) in notes.items():
        assert words
        assert set(rules.split()) <= set(BOOK), pattern
        assert any(fnmatchcase(name, pattern) for name in known), pattern


def test_names_of_relations_differ_and_each_was_tried_or_is_of_no_published_log() -> None:
    names = [name_of(one) for one in RELATIONS.every]
    assert len(names) == len(set(names))
    assert set(tried().relations) <= set(names)
    untried = {one.keys[0] for one in RELATIONS.every if name_of(one) not in tried().relations}
    assert untried == UNTRIED


UNTRIED: set[str] = set()
"""Of these no published log has all figures."""


def test_every_key_that_is_read_stands_in_a_published_log() -> None:
    assert {key for key in WANTED if key not in tried().keys} == set()


def test_a_rule_says_on_how_many_published_results_it_was_tried() -> None:
    counts = tried()
    assert f"tried:     on {counts.rules['PRF018']} of {counts.results}" in explain("PRF018")
    assert counts.rules["PRF018"] > counts.results // 2
    assert counts.rules["PWR009"] < counts.rules["CMP016"] < counts.rules["ACC001"]


def test_rejections_are_by_rules_of_the_book_and_have_a_sentence() -> None:
    for folders in REJECTED.values():
        for rules, why in folders.values():
            assert set(rules.split()) <= set(BOOK)
            assert ": " in why or "refuses it" in why


def test_the_page_on_loadgen_s_figures_is_current(
    matches_golden: Callable[[str, str], None],
) -> None:
    matches_golden("../../measurements/loadgen-log.md", log_page())


def test_the_page_on_rejections_is_current(matches_golden: Callable[[str, str], None]) -> None:
    matches_golden("../../measurements/published.md", rejected_page())
