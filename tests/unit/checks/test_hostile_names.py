"""Names from strangers: escaped wherever they are shown."""

import csv
import io
import json
import os
import unicodedata
from pathlib import Path

import pytest
from defusedxml import ElementTree
from hypothesis import given
from hypothesis import strategies as st

from submission.checks import check_tree
from submission.checks.book import BUG
from submission.checks.results import Report
from submission.checks.words import shown, suggested
from submission.errors import UsageError
from tests.fakes.good_tree import open_division
from tests.unit.checks.test_fuzz import all_forms

NAMES = (
    b"new\nline",
    b"esc\x1b[2J",
    b"return\rover",
    b"\xff\xfe not utf-8",
    b"tab\tstop",
    b"comma,quote\"apostrophe'",
    b"<img src=x onerror=alert(1)>",
    b"%0A::error::x",
    b"::error file=x::y",
    b"\xe2\x80\xaeturned",
    b"\xef\xbb\xbfmark",
    b"\xef\xbf\xbe",
    b"\xc2\x85next line",
    b"&amp;",
    b"]]>",
    b"..." + b"x" * 250,
)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A tree with every name as submitter, system, benchmark, scenario, folder and file."""
    root = open_division(tmp_path_factory.mktemp("names"))
    kit = root / "open" / "Kit"
    for name in map(os.fsdecode, NAMES):
        for parent in (".", "results", "results/node", "results/node/sparse-bert"):
            (kit / parent / name).mkdir()
        (kit / "results" / name / name / name / "performance" / "run_1").mkdir(parents=True)
        (kit / "code" / name).write_text("a file")
        (root / "open" / name / "results" / name).mkdir(parents=True)
        (kit / "measurements" / name).symlink_to("nowhere")
    return check_tree(root)


def test_no_name_stops_the_checker(report: Report) -> None:
    assert BUG not in {finding.rule for finding in report.findings}
    assert len({finding.path for finding in report.findings}) > 5 * len(NAMES)


def test_no_form_of_the_report_holds_a_control_character(report: Report) -> None:
    for text in all_forms(report):
        assert text.replace("\n", "").isprintable()
        assert text.encode("utf-8")


def test_the_forms_are_still_what_they_are(report: Report) -> None:
    text, official, table, _, as_json, sarif, junit, html, github = all_forms(report)
    assert len(json.loads(as_json)["findings"]) == len(report.findings)
    assert len(json.loads(sarif)["runs"][0]["results"]) == len(report.findings)
    assert ElementTree.fromstring(junit).tag == "testsuites"
    assert {len(row) for row in csv.reader(io.StringIO(table))} == {27}
    assert "<img" not in html
    assert all(
        line.startswith(("::error ", "::warning ", "::notice ")) for line in github.splitlines()
    )
    assert text
    assert official


def test_a_name_that_is_not_utf8_is_shown_by_its_bytes(report: Report) -> None:
    paths = {finding.path for finding in report.findings}
    assert "open/Kit/\\xff\\xfe not utf-8" in paths
    assert "open/Kit/new\\nline" in paths


def test_a_submitter_of_such_a_name_can_be_asked_for(tmp_path: Path) -> None:
    root = open_division(tmp_path)
    name = os.fsdecode(b"\xff\n")
    (root / "open/Kit").rename(root / "open" / name)
    assert len(check_tree(root, submitter=name).results) == 1
    with pytest.raises(UsageError) as caught:
        check_tree(root, submitter="Kit")
    assert len(str(caught.value).splitlines()) == 3
    assert "\\xff\\n" in str(caught.value)


@given(st.text(max_size=50))
def test_what_is_shown_is_printable_and_encodable(text: str) -> None:
    words = shown(text)
    assert {unicodedata.category(c) for c in words}.isdisjoint({"Cc", "Cs", "Zl", "Zp"})
    assert len(words.splitlines()) <= 1
    assert words.encode("utf-8").decode("utf-8") == words


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=50))
def test_plain_text_is_shown_as_it_is(text: str) -> None:
    assert shown(text) == text


def test_a_long_text_is_cut() -> None:
    assert len(shown("x" * 10_000)) == 203


def test_a_word_in_another_case_is_near() -> None:
    assert suggested("OFFLINE", ["Offline", "Server"]) == "; did you mean 'Offline'?"
    assert suggested("TEST01", ["test01"]) == "; did you mean 'test01'?"


def test_the_nearest_word_is_looked_for_among_so_many() -> None:
    assert suggested("ofline", ["Offline", "Server"]) == "; did you mean 'Offline'?"
    assert suggested("x" * 10_000, ["y" * 10_000] * 10_000) == ""
