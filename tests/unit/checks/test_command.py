"""The command line: what is asked, what comes out, and how it ends."""

import csv
import io
import json
import os
import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from defusedxml import ElementTree
from jsonschema import Draft202012Validator

from submission.checks.reports.json_form import SCHEMA
from submission.cli import main
from submission.cli.check import FILES
from submission.policy import load_policy
from tests.fakes.good_tree import CLOSED, MEASURED, OPEN, both, open_division

Run = Callable[..., int]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One result that the rules accept, one that they reject, a warning in each."""
    root = both(tmp_path_factory.mktemp("tree"))
    (root / CLOSED / "accuracy" / "accuracy.txt").write_text("nothing\n")
    return root


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return open_division(tmp_path_factory.mktemp("good"))


def check(root: Path, *flags: str) -> int:
    return main(["check", "--input", str(root), *flags])


def error_lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def test_an_accepted_tree_ends_with_0(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(good) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("PASSED: 1 of 1 results valid")


def test_a_rejected_tree_ends_with_1(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tree) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("FAILED: 1 of 2 results valid")


def test_quiet_leaves_the_last_line(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check(good, "--quiet")
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_the_official_verdict_decides_where_it_is_asked_for(
    good: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(good, "--official") == 0
    assert "OFFICIAL: submission looks OK" in capsys.readouterr().out


@pytest.mark.parametrize(
    "flags",
    [
        ["--skip_compliance"],
        ["--extra-model-benchmark-map", "model_mapping.json"],
        ["--submission-exceptions"],
        ["--more-power-check"],
        ["--debug"],
        ["--full"],
        ["--submitter", "Kit"],
        ["--version", "v3.0"],
        ["--only", "open/Kit/results/node"],
        ["--only", "."],
        ["--jobs", "3"],
        ["--github"],
    ],
    ids=" ".join,
)
def test_every_flag_is_taken(good: Path, flags: list[str]) -> None:
    assert check(good, *flags) == 0


WRONG = {
    "no such folder": ["--input", "/nowhere/at/all"],
    "a folder of another name": ["--input", "/nowhere\nat all"],
    "an empty input": ["--input", ""],
    "no value": ["--input"],
    "an unknown flag": ["--inptu", "x"],
    "an unknown round": ["--version", "v9"],
    "an unknown submitter": ["--submitter", "Nobody"],
    "an empty submitter": ["--submitter", ""],
    "a word for a number": ["--jobs", "many"],
    "a negative number": ["--jobs", "-1"],
    "an unknown rule": ["--select", "XYZ999"],
    "an unknown rule to ignore": ["--ignore", "PRF,XYZ"],
    "no rule": ["--select", ","],
    "no rule left": ["--select", "PRF", "--ignore", "PRF"],
    "an unknown rule to explain": ["--explain", "XYZ999"],
    "an empty rule to explain": ["--explain", ""],
    "missing waivers": ["--waivers", "/nowhere/waivers.json"],
    "a folder of waivers": ["--waivers", "/"],
    "an unknown folder": ["--only", "closed/Nobody"],
    "a folder outside": ["--only", ".."],
    "a folder without results": ["--only", "open/Kit/systems"],
    "an unknown folder with a line end": ["--only", "a\nb"],
    **{
        f"{name} {kind}": [f"--{name}", place]
        for name in FILES
        for kind, place in (
            ("in a folder's place", "/"),
            ("nowhere", ""),
            ("in no folder", "/proc/x/y"),
        )
    },
    "two reports in one place": ["--json", "a", "--html", "./a"],
    "two reports on standard output": ["--json", "-", "--sarif", "-"],
}


@pytest.mark.parametrize("flags", WRONG.values(), ids=WRONG)
def test_what_is_asked_wrongly_gets_three_lines_and_2(
    good: Path,
    flags: list[str],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["check", "--input", str(good), *flags]) == 2
    lines = error_lines(capsys)
    assert [line[:10] for line in lines] == [lines[0][:10], "  detail: ", "  hint:   "]
    assert lines[0].startswith("error: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("folders", [[], ["results"], ["OPEN"], ["open"], ["open/Kit/results"]])
def test_nothing_to_check_is_2(
    folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)
    assert check(tmp_path) == 2
    assert len(error_lines(capsys)) == 3


def test_nothing_to_check_is_still_reported(tmp_path: Path) -> None:
    (tmp_path / "tree" / "open" / "Kit").mkdir(parents=True)
    assert check(tmp_path / "tree", "--json", str(tmp_path / "a.json")) == 2
    assert json.loads((tmp_path / "a.json").read_text())["passed"] is False


def test_json_on_standard_output_is_all_that_is_there(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(tree, "--json", "-") == 1
    value = json.loads(capsys.readouterr().out)
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(value)
    assert value["passed"] is False
    assert [r["verdict"] for r in value["results"]] == ["invalid", "valid"]


def test_json_has_paths_from_the_input_all_sorted(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check(tree, "--json", "-")
    value = json.loads(capsys.readouterr().out)
    for name in ("results", "findings"):
        paths = [entry["path"] for entry in value[name]]
        assert paths == sorted(paths)
        assert all((tree / path).exists() for path in paths)


def test_two_runs_and_any_number_of_processes_give_the_same_bytes(
    tree: Path, tmp_path: Path
) -> None:
    runs = [reports(tree, tmp_path, "--jobs", jobs) for jobs in ("0", "1", "1", "2", "5")]
    assert all(runs[0])
    assert runs[1:] == runs[:1] * 4


def reports(root: Path, folder: Path, *flags: str) -> list[bytes]:
    """Every report that can be written."""
    places = {form: folder / form for form in FILES}
    words = [word for form, path in places.items() for word in (f"--{form}", str(path))]
    check(root, *words, *flags)
    return [path.read_bytes() for path in places.values()]


def test_sarif_has_a_rule_and_a_place_for_every_finding(tree: Path, tmp_path: Path) -> None:
    check(tree, "--sarif", str(tmp_path / "a"))
    value = json.loads((tmp_path / "a").read_text())
    (run,) = value["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert (value["version"], len(set(rules))) == ("2.1.0", len(rules))
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        (place,) = result["locations"]
        assert not place["physicalLocation"]["artifactLocation"]["uri"].startswith("/")


def test_junit_has_a_case_for_every_result(tree: Path, tmp_path: Path) -> None:
    check(tree, "--junit", str(tmp_path / "a"))
    root = ElementTree.fromstring((tmp_path / "a").read_text())
    results, findings = root.findall("testsuite")
    names = {case.get("name"): case.find("failure") is not None for case in results}
    assert names == {CLOSED: True, OPEN: False}
    assert int(root.get("tests", "0")) == len(results) + len(findings)


def test_html_needs_nothing_from_elsewhere(tree: Path, tmp_path: Path) -> None:
    check(tree, "--html", str(tmp_path / "a"))
    page = (tmp_path / "a").read_text()
    assert page.startswith("<!doctype html>")
    assert not any(word in page for word in ("<script", "<img", "http:", "src=", "@import"))
    assert re.findall("<link[^>]*>", page) == ['<link rel="icon" href="data:,">']


def test_csv_has_the_official_columns_and_the_accepted_rows(tree: Path, tmp_path: Path) -> None:
    check(tree, "--csv", str(tmp_path / "a"))
    with (tmp_path / "a").open(newline="") as stream:
        rows = list(csv.reader(stream))
    assert (rows[0], len(rows[0])) == (list(load_policy("v3.0").official.header), 27)
    assert [row[17] for row in rows[1:]] == [OPEN]


def test_csv_quotes_what_has_to_be_quoted(tmp_path: Path) -> None:
    root = open_division(tmp_path / "tree")
    path = root / "open/Kit/systems/node.json"
    fields = json.loads(path.read_text()) | {"system_name": 'a "b", c\nd'}
    path.write_text(json.dumps(fields))
    check(root, "--csv", str(tmp_path / "a"))
    with (tmp_path / "a").open(newline="") as stream:
        (_, row) = csv.reader(stream)
    assert (len(row), row[4]) == (27, 'a "b", c\\nd')


def test_github_annotations_name_file_and_rule(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check(tree, "--github")
    *lines, last = capsys.readouterr().out.splitlines()
    assert last.startswith("FAILED")
    assert any(line.startswith(f"::error file={CLOSED}/accuracy") for line in lines)


def test_strict_makes_warnings_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = open_division(tmp_path)
    (root / MEASURED / "user.conf").write_text("bert.Offline.target_qps=1\n")
    assert check(root) == 0
    assert check(root, "--strict", "--quiet") == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("FAILED")
    assert last.endswith("--strict: a warning rejects")


def test_select_tries_only_what_was_chosen(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tree, "--select", "TRE,sys", "--json", "-") == 0
    found = json.loads(capsys.readouterr().out)["findings"]
    assert {finding["rule"][:3] for finding in found} <= {"TRE", "SYS"}


def test_ignore_leaves_rules_out(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tree, "--ignore", "ACC,BEN") == 0
    assert not re.search(r"^(error|warning|note) (ACC|BEN)", capsys.readouterr().out, re.MULTILINE)


def test_only_looks_at_one_folder(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tree, "--only", f"{tree}/{OPEN}", "--json", "-") == 0
    assert [r["path"] for r in json.loads(capsys.readouterr().out)["results"]] == [OPEN]


def test_list_rules_and_explain_need_no_tree(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--list-rules"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert listed == sorted(listed)
    assert main(["check", "--explain", listed[0][:6].lower()]) == 0
    assert capsys.readouterr().out.startswith(listed[0][:6])


def test_nothing_is_written_into_the_tree(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted((p, p.lstat().st_mtime_ns, p.lstat().st_size) for p in good.rglob("*"))
    assert check(good, "--json", str(good / "a.json")) == 2
    assert "would be written into the tree" in error_lines(capsys)[0]
    check(good, "--more-power-check")
    assert before == sorted((p, p.lstat().st_mtime_ns, p.lstat().st_size) for p in good.rglob("*"))


def test_a_report_may_go_into_a_pipe(good: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    taken: list[str] = []
    reader = threading.Thread(target=lambda: taken.append((tmp_path / "pipe").read_text()))
    reader.start()
    assert check(good, "--json", str(tmp_path / "pipe")) == 0
    reader.join()
    assert json.loads(taken[0])["passed"]
    assert (tmp_path / "pipe").is_fifo()


def test_a_report_behind_a_link_replaces_what_the_link_leads_to(good: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("a.json")
    check(good, "--json", str(tmp_path / "link"))
    assert (tmp_path / "link").is_symlink()
    assert json.loads((tmp_path / "a.json").read_text())["passed"]


def test_a_terminal_without_unicode_gets_escapes(
    good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", stream)
    (good / "open" / "Kit" / "é").mkdir(exist_ok=True)
    check(good)
    (good / "open" / "Kit" / "é").rmdir()
    stream.seek(0)
    assert "\\xe9" in stream.read()
