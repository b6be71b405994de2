"""The page counts what the command ``check`` counts on the same tree."""

from collections.abc import Callable
from pathlib import Path

import pytest

from submission.cli import main
from tests.fakes.good_tree import both

pytest.importorskip("matplotlib", reason="matplotlib comes with `make more`")

Counted = Callable[..., tuple[str, str]]
PUBLISHED = Path("published/v3.0_open_Intel.tar.xz")


@pytest.fixture
def counted(tmp_path: Path, repo: Path, capsys: pytest.CaptureFixture[str]) -> Counted:
    """The verdict of ``check`` and that of the page's Markdown."""

    def count(tree: Path, *words: str) -> tuple[str, str]:
        capsys.readouterr()
        main(["check", str(tree), "--quiet", "--no-config", *words])
        checked = capsys.readouterr().out.strip()
        markdown = tmp_path / "report.md"
        outputs = ["--html", str(tmp_path / "report.html"), "--markdown", str(markdown)]
        assert main(["report", str(tree), *outputs, "--manifests", str(repo), *words]) == 0
        lines = markdown.read_text(encoding="utf-8").splitlines()
        (shown,) = (line for line in lines if line.startswith("- By the rules: "))
        return checked, shown.removeprefix("- By the rules: ")

    return count


def test_report_and_check_count_the_same_findings(tmp_path: Path, counted: Counted) -> None:
    checked, shown = counted(both(tmp_path / "tree"))
    assert "1 of 2 results valid" in checked
    assert shown == checked


def test_a_round_that_was_asked_for_needs_no_note(tmp_path: Path, counted: Counted) -> None:
    tree = both(tmp_path / "tree")
    by_itself, _ = counted(tree)
    checked, shown = counted(tree, "--version", "v3.0")
    assert shown == checked != by_itself


@pytest.mark.slow
def test_report_and_check_count_the_same_of_a_published_tree(repo: Path, counted: Counted) -> None:
    archive = repo.parent / "shared" / PUBLISHED
    if not archive.is_file():
        pytest.skip(f"the published tree is not there: {archive}")
    checked, shown = counted(archive)
    assert "13 of 13 results valid" in checked
    assert shown == checked
