"""What reviewers read: objections, the summary of a job, what changed, what is covered."""

import re
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from submission.checks.book import BOOK
from submission.checks.coverage import OFFICIAL, WRITTEN
from submission.checks.reports.summary import MOST_ERRORS
from submission.cli import main
from submission.policy import load_policy
from tests.fakes.submission_tree import build

OFFLINE, SERVER = (f"open/Kit/results/node/sparse-bert/{name}" for name in ("Offline", "Server"))
MEASURED = "open/Kit/measurements/node/sparse-bert/Offline"
DETAIL = f"{OFFLINE}/performance/run_1/mlperf_log_detail.txt"
SCORE = f"{OFFLINE}/accuracy/accuracy.txt"
SYSTEM = "open/Kit/systems/node.json"
Said = Callable[..., tuple[int, str]]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A good tree of two results."""
    return build("open", tmp_path / "tree", load_policy("v3.0")).root


@pytest.fixture
def said(tree: Path, capsys: pytest.CaptureFixture[str]) -> Said:
    """Check the tree with flags; the exit code and standard output."""

    def check(*flags: object) -> tuple[int, str]:
        code = main(["check", "--input", str(tree), *map(str, flags)])
        return code, capsys.readouterr().out

    return check


def change(tree: Path, path: str, old: str, new: str) -> None:
    text = (tree / path).read_text(encoding="utf-8")
    assert old in text, path
    (tree / path).write_text(text.replace(old, new), encoding="utf-8")


def test_an_objection_has_rule_line_quotation_found_and_expected(tree: Path, said: Said) -> None:
    text = (tree / DETAIL).read_text(encoding="utf-8")
    line = next(n for n, t in enumerate(text.splitlines(), 1) if '"effective_min_duration_ms"' in t)
    change(tree, DETAIL, '_min_duration_ms", "value": 600000', '_min_duration_ms", "value": 1000')
    code, shown = said("--objections")
    assert code == 1
    blocks = shown.split("\n\n### ")
    (block,) = [block for block in blocks if f"`{OFFLINE}`" in block.partition("\n")[0]]
    objection = block[block.index("**PRF008**") :]
    assert objection.splitlines()[1].startswith("   - rule: inference_rules.adoc")
    assert f"   - file: `{DETAIL}:{line}`\n   - it says: `:::MLLOG {{" in objection
    assert '"effective_min_duration_ms", "value": 1000' in objection
    assert re.search(r"^   - found: `.*1000.*`$", objection, re.MULTILINE)
    assert re.search(r"^   - expected: `.*600000.*`$", objection, re.MULTILINE)
    assert re.search(r"^   - to resolve: \w", objection, re.MULTILINE)


def test_each_result_has_a_block_and_so_has_what_several_share(tree: Path, said: Said) -> None:
    (tree / SCORE).write_text("nothing\n", encoding="utf-8")
    change(tree, SYSTEM, '"available"', '"sometime"')
    _, shown = said("--objections")
    blocks = re.split(r"^### \d+ objections? to ", shown, flags=re.MULTILINE)[1:]
    heads = [block.partition("\n")[0] for block in blocks]
    assert heads == sorted({f"`{OFFLINE}`", f"`{SYSTEM}`"})
    assert f"Rejected with it: `{OFFLINE}`, `{SERVER}`." in blocks[-1]


def test_no_objection_is_said_and_with_strict_warnings_are_objections(
    tree: Path, said: Said
) -> None:
    code, shown = said("--objections")
    assert code == 0
    assert shown.startswith("No objections to 2 results of round v3.0 (by mlperf")
    (tree / MEASURED / "user.conf").write_text("bert.Offline.target_qps=1\n", encoding="utf-8")
    code, shown = said("--objections", "--strict")
    assert (code, "**CNF" in shown) == (1, True), shown


def test_nothing_in_an_objection_is_markup_or_a_mention(tree: Path, said: Said) -> None:
    (tree / SCORE).write_text("@everyone `<b>` **f1**\nhash=`@all`\n", encoding="utf-8")
    _, shown = said("--objections")
    assert "@all" in shown
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", shown)
    assert "@" not in outside
    assert "<b>" not in outside


def test_the_summary_has_verdict_results_and_errors_first(
    tree: Path, said: Said, tmp_path: Path
) -> None:
    (tree / SCORE).write_text("nothing\n", encoding="utf-8")
    summary = tmp_path / "summary.md"
    code, _ = said("--markdown", summary)
    lines = summary.read_text(encoding="utf-8").splitlines()
    assert code == 1
    assert lines[:3] == ["## MLPerf Inference v3.0", "", lines[2]]
    assert lines[2].startswith("FAILED: 1 of 2 results valid")
    rows = [line for line in lines if line.startswith("| open/")]
    assert [row.split(" | ")[1] for row in rows] == ["invalid", "valid"]
    assert any(line.startswith("- **error ACC") for line in lines)


def test_a_summary_of_many_errors_stays_short(tree: Path, said: Said, tmp_path: Path) -> None:
    for number in range(MOST_ERRORS + 5):
        (tree / f"open/Kit/code/.hidden{number}").write_text("x", encoding="utf-8")
    summary = tmp_path / "summary.md"
    said("--markdown", summary)
    text = summary.read_text(encoding="utf-8")
    assert text.count("- **error ") == MOST_ERRORS
    assert "and 5 more errors: see the other reports" in text


def test_the_same_tree_has_no_difference(tree: Path, said: Said) -> None:
    assert said("--diff", tree) == (
        0,
        "DIFF: results: 0 came, 0 went, 0 changed, 2 as before; errors: 0 new, 0 gone\n",
    )


@pytest.mark.parametrize("archive", [False, True])
def test_what_a_resubmission_changed(
    tree: Path, said: Said, tmp_path: Path, *, archive: bool
) -> None:
    old = shutil.copytree(tree, tmp_path / "old")
    shutil.rmtree(tree / SERVER)
    (old / SCORE).write_text("nothing\n", encoding="utf-8")
    new = OFFLINE.replace("sparse-bert", "bert-99")
    shutil.copytree(tree / OFFLINE, tree / new)
    if archive:
        with tarfile.open(tmp_path / "old.tar.xz", "w:xz") as packed:
            packed.add(old, arcname=".")
        old = tmp_path / "old.tar.xz"
    code, shown = said("--diff", old)
    assert code == 1
    lines = shown.splitlines()
    assert lines[0].startswith(f"came     {new}: invalid")
    assert lines[1].startswith(f"went     {SERVER}: valid, ")
    assert lines[2].startswith(f"changed  {OFFLINE}: accuracy none -> 90.2")
    assert any(re.match(r"new      error\[\w+\] open/Kit/\w+/node/bert-99", line) for line in lines)
    assert any(re.match(rf"gone     error\[ACC\d+\] {SCORE}", line) for line in lines)
    assert lines[-1].startswith("DIFF: results: 1 came, 1 went, 1 changed, 0 as before; errors: ")


def test_a_rate_that_moved_is_given_in_percent(tree: Path, said: Said, tmp_path: Path) -> None:
    old = shutil.copytree(tree, tmp_path / "old")
    text = (tree / DETAIL).read_text(encoding="utf-8")
    found = re.search(r'"result_samples_per_second", "value": ([\d.]+)', text)
    assert found is not None
    faster = float(found[1]) * 1.1
    change(tree, DETAIL, found[0], f'"result_samples_per_second", "value": {faster}')
    _, shown = said("--diff", old)
    assert f"changed  {OFFLINE}: {float(found[1]):.10g} Samples/s -> " in shown
    assert "(+10.00 %)" in shown


def test_an_earlier_submission_that_is_none_gets_three_lines(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    for old in (tmp_path / "empty", tmp_path / "nowhere", tree / SCORE):
        assert main(["check", "--input", str(tree), "--diff", str(old)]) == 2
        lines = capsys.readouterr().err.splitlines()
        assert (len(lines), any(str(old) in line for line in lines)) == (3, True), lines


def test_coverage_names_every_question_and_every_rule(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["check", "--coverage"]) == 0
    shown = capsys.readouterr().out
    assert set(BOOK) == set(re.findall(r"\b[A-Z]{3}\d{3}\b", shown)) & set(BOOK)
    lines = shown.splitlines()
    for question, answer in (*OFFICIAL, *WRITTEN):
        at = lines.index(f"  {question}")
        if answer.startswith("none: "):
            assert lines[at + 1] == f"      not covered: {answer[6:]}"
    assert lines[0].startswith(f"official checkers: {len(OFFICIAL)} questions, ")


@pytest.mark.parametrize("flags", [["--diff", "x", "--objections"], ["--github", "--objections"]])
def test_only_one_thing_is_printed(flags: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", *flags]) == 2
    assert "not allowed with" in capsys.readouterr().err
