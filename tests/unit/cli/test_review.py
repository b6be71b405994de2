"""The reviewer's commands over trees that hold nothing."""

from pathlib import Path

import pytest

from submission.cli import main


def test_a_tree_without_results_is_not_verified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "--input", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("error: there are no results in ")


def test_signers_that_are_not_there_are_refused_before_anything_is_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["verify", "--input", str(tmp_path), "--signers", str(tmp_path / "nobody")]
    assert main(words) == 2
    assert capsys.readouterr().err.startswith("error: there are no signers in ")


def test_sign_asks_for_a_key_in_the_words_of_who_typed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KIT_MAKE_VARIABLES", raising=False)
    assert main(["sign", "tree"]) == 2
    assert "name it: --key ~/.ssh/id_ed25519" in capsys.readouterr().err
    monkeypatch.setenv("KIT_MAKE_VARIABLES", "")
    assert main(["sign", "tree"]) == 2
    assert "name it: KEY=~/.ssh/id_ed25519" in capsys.readouterr().err
