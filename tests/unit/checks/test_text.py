"""The report on a terminal: verdict first, findings by rule, paths whole."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from submission.checks import Report, Verdict, Waiver, check_tree, render_text
from submission.checks.book import BOOK
from submission.checks.findings import Finding
from submission.checks.model import Breach, Severity
from submission.checks.reports.text import by_weight, finding_place
from submission.checks.thresholds import THRESHOLDS, threshold_lines, values
from submission.policy import load_policy
from submission.terminal import Look, Tone
from tests.fakes.good_tree import CLOSED, MEASURED, both

SYSTEM = "open/Kit/systems/node.json"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A rejected result, a warning at several places, notes."""
    root = both(tmp_path_factory.mktemp("tree"))
    (root / CLOSED / "accuracy" / "accuracy.txt").write_text("nothing\n")
    (root / MEASURED / "user.conf").write_text("bert.Offline.target_qps=1\n")
    text = (root / SYSTEM).read_text()
    (root / SYSTEM).write_text(re.sub(r'("(cooling|hw_notes)": )"[^"]*"', r'\1""', text))
    return check_tree(root)


@pytest.mark.parametrize("columns", [80, 110, 0])
def test_the_report_is_as_expected(
    report: Report, columns: int, matches_golden: Callable[[str, str], None]
) -> None:
    matches_golden(f"terminal/check_{columns}.txt", render_text(report, look=Look(width=columns)))


def test_no_line_is_wider_than_the_terminal(report: Report) -> None:
    long = "open/Kit/results/1-node-OpenVINO-INT8/a_model/Offline/performance/run_1/log_detail.txt"
    findings = tuple(
        replace(f, breach=replace(f.breach, at=long, found=f"{long}: no such file"))
        for f in report.findings
    )
    for width in (80, 110):
        for each in (report, replace(report, findings=findings)):
            lines = render_text(each, everything=True, look=Look(width=width)).splitlines()
            assert max(map(len, lines)) <= width


def test_a_path_is_never_cut_and_goes_on_below_where_it_is_long(report: Report) -> None:
    text = render_text(report, everything=True, look=Look(width=40))
    assert max(map(len, text.splitlines())) > 40  # a table is not broken
    joined = text.replace("/\n      ", "/")
    for finding in report.findings:
        assert f"\n    {finding_place(finding)}\n" in joined
    parts = Look(width=40).split_path("results/1-node/a_model_of_a_name/Server/log:7", indent=4)
    assert parts == ["results/1-node/a_model_of_a_name/", "Server/log:7"]
    assert Look().split_path("a/" * 60, indent=4) == ["a/" * 60]


def test_rules_come_by_weight_and_what_to_do_first_stands_at_both_ends(report: Report) -> None:
    note = next(f for f in report.findings if f.severity is Severity.NOTE)
    rules = ("ACC008", "ACC008", "LOG014", "SYS006", "SYS006")
    warned = tuple(replace(note, rule=rule) for rule in rules)
    lines = render_text(replace(report, findings=warned)).splitlines()
    # what needs nothing if it was meant comes behind what has to be answered
    assert [line.split()[1] for line in lines if line.startswith("warning")] == [
        "SYS006",
        "LOG014",
        "ACC008",
    ]
    first = "first     SYS006 (warning at 2 places): fill the field in, or write N/A"
    assert (lines[1], lines[-2]) == (first, first)
    meant = render_text(replace(report, findings=warned[:2])).splitlines()
    assert not any(line.startswith("first") for line in meant)


def test_warnings_are_magenta_and_no_rule_is_dim(report: Report) -> None:
    text = render_text(report, look=Look(width=80, colour=True))
    assert f"\x1b[{Tone.WARN}mwarning CNF001\x1b[0m" in text
    assert "\nnote ACC022 " in text


def test_a_verdict_that_needs_waivers_is_not_green(report: Report) -> None:
    look = Look(width=80, colour=True)
    lifted = tuple(
        replace(f, waiver=Waiver(rule=f.rule, path="*", reason="a demo")) for f in report.findings
    )
    results = tuple(replace(r, verdict=Verdict.VALID, reasons=()) for r in report.results)
    good = replace(report, results=results, findings=())
    for each, tone in ((report, Tone.BAD), (good, Tone.GOOD)):
        assert render_text(each, quiet=True, look=look).startswith(f"\x1b[{tone}m")
    waived = render_text(replace(good, findings=lifted), quiet=True, look=look)
    assert waived.startswith(f"\x1b[{Tone.WARN}mPASSED only with waivers for 2 errors, FAILED")


def test_colour_adds_nothing_to_the_words(report: Report) -> None:
    coloured = render_text(report, look=Look(width=80, colour=True))
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render_text(report, look=Look(width=80))


def test_the_verdict_is_the_first_and_the_last_line(report: Report) -> None:
    lines = render_text(report).splitlines()
    assert lines[0].startswith("FAILED: 1 of 2 results valid; ")
    assert lines[0] == lines[-1]
    assert render_text(report, quiet=True) == f"{lines[0]}\n"


def test_everything_shows_every_place(report: Report) -> None:
    text = render_text(report, everything=True)
    assert all(f.path in text for f in report.findings)
    assert "more place" not in text


def test_what_to_do_first_is_what_rejects_most(report: Report) -> None:
    first, *_ = by_weight(report)
    assert first.rule == report.results[0].reasons[0]


def test_places_of_one_cause_share_what_was_found(tmp_path: Path) -> None:
    root = both(tmp_path)
    report = check_tree(root)
    same = [
        Finding(rule="PRF008", breach=Breach(at=f"run_{n}", found="10", expected="600000"))
        for n in (1, 2)
    ]
    text = render_text(Report(**{**vars(report), "findings": tuple(same)}))
    assert text.count("found     10") == 1
    assert "    run_1\n    run_2\n    found     10\n    expected  600000\n" in text


def test_the_place_that_is_shown_is_the_first_of_its_rule(report: Report) -> None:
    empty = Breach(at=SYSTEM, line=3, key="hw_notes", found="empty", expected="text")
    later_one = replace(empty, line=25, key="cooling")
    first, later = (Finding(rule="SYS006", breach=each) for each in (empty, later_one))
    lines = render_text(replace(report, findings=(later, first), results=())).splitlines()
    assert lines[1].startswith("first     SYS006, hw_notes, cooling (warning"), lines
    assert f"    {SYSTEM}:3" in lines
    assert f"    {SYSTEM}:25" not in lines


def test_every_rule_says_what_is_wrong_where_it_is_broken() -> None:
    for rule in BOOK.values():
        assert rule.fault, rule.id
        assert not rule.fault.endswith("."), rule.id
        assert len(rule.fault) <= 80, rule.id


def test_the_numbers_of_a_rule_are_explained_for_every_round() -> None:
    whole, *own = threshold_lines("PRF008")
    assert whole == "min_duration_ms: 600000 (v2.0 to v6.1)"
    assert "min_duration_ms of e2e-rag-qna: 0 (v6.1)" in own
    assert "sample_counts of qwen3-vl-235b-a22b: Interactive 8000 (v6.1)" in threshold_lines(
        "PRF006"
    )
    assert threshold_lines("LAT015")
    (versions,) = threshold_lines("LOG014")
    assert "3.0 (v3.0)" in versions
    assert "server_latency_bound_ns of bert-99: 130000000 (v2.0 to v4.1)" in threshold_lines(
        "LAT003"
    )
    assert threshold_lines("TRE010") == []


@pytest.mark.parametrize(("rule_id", "fields"), THRESHOLDS.items(), ids=THRESHOLDS)
def test_the_numbers_that_are_explained_are_there(rule_id: str, fields: tuple[str, ...]) -> None:
    assert rule_id in BOOK
    for field in fields:
        assert dict(values(load_policy("v3.0"), field))


def test_no_line_is_wider_than_eighty_whatever_the_rule(report: Report) -> None:
    """Only a single name that is longer than a line is kept whole, so that it can be copied."""
    place = "open/Kit/results/1-node-2S-SPR-OpenVINO-INT8/bert-99_jpqd-mobilebert/Server/log.txt"
    one = report.findings[0]
    every = tuple(
        replace(one, rule=rule, breach=Breach(at=place, found="a b " * 40, expected="c d " * 40))
        for rule in BOOK
    )
    slow = replace(
        report.results[0], scenario="MultiStream", inferred=True, value=1077.121904, power=12.5
    )
    long = replace(slow, unit="Latency (ms)", system="a_system-of_a-long_name" * 3)
    found = replace(report, findings=every, results=(long, *report.results))
    for everything in (False, True):
        look = Look(width=80, columns=80)
        text = render_text(found, everything=everything, look=look)
        wide = [line for line in text.splitlines() if len(line) > 80]
        assert not wide, wide


def test_every_fix_is_a_sentence_that_ends() -> None:
    for rule in BOOK.values():
        assert not rule.hint.endswith((".", ",", ";", "…", "will", "because")), rule.id
        assert "if it did" not in rule.hint, rule.id  # of whom?
        assert not rule.fault.endswith("says nothing"), rule.id
        assert rule.hint.count("(") == rule.hint.count(")"), rule.id
