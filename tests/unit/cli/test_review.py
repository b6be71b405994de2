"""The reviewer's commands over trees that hold nothing."""

from pathlib import Path

import pytest

from submission.cli import main


def test_a_tree_without_results_is_not_verified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "--input", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("error: there are no results in ")
