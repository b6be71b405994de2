"""The tree as a word or by ``--input``."""

from pathlib import Path

import pytest

from submission.cli import main
from tests.fakes.good_tree import open_division


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(open_division(tmp_path_factory.mktemp("tree")))


@pytest.mark.parametrize(
    "words",
    [
        "{}",
        "--input {}",
        "--input /nowhere --input {}",
        "--quiet {} --strict",
        "{} --json {}.json --quiet",
        "{} --input {}",
    ],
)
def test_the_tree_is_a_word_or_an_option(
    words: str, tree: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["check", *words.replace("{}", tree).split()])
    assert "1 of 1 results valid" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["check", "verify", "score"])
def test_two_different_trees_are_refused(
    command: str, tree: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in ([tree, "--input", str(tmp_path)], ["--input", tree, str(tmp_path)]):
        assert main([command, *words]) == 2
        said = capsys.readouterr().err.splitlines()
        assert len(said) == 3
        assert "two trees are given" in said[1]


@pytest.mark.parametrize("command", ["check", "verify", "score"])
def test_without_a_tree_it_is_where_the_image_has_one(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command]) == 2
    assert "there is no tree at /submission" in capsys.readouterr().err


def test_the_option_alone_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--input", str(tmp_path)]) == 2
    assert "there are no results in" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["-h", "--help", "help"])
def test_help_in_every_spelling(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([word]) == 0
    assert "usage:" in capsys.readouterr().out


def test_the_version_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert len(capsys.readouterr().out.split()) == 1
