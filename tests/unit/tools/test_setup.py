import subprocess
import sys
from pathlib import Path


def test_a_folder_that_is_no_virtual_environment_is_not_replaced(
    repo: Path, tmp_path: Path
) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    words: list[str | Path] = [
        "sh",
        repo / "tools/setup.sh",
        sys.executable,
        tmp_path,
        tmp_path / "ready",
    ]
    done = subprocess.run(words, cwd=repo, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "is no virtual environment" in done.stderr
    assert (tmp_path / "thesis.txt").exists()


def test_packages_for_training_that_cannot_be_had_end_in_three_lines(
    repo: Path, tmp_path: Path
) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    words: list[str | Path] = ["sh", repo / "tools/setup_train.sh", python, tmp_path / "ready"]
    run = subprocess.run(words, cwd=repo, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    said = run.stderr.splitlines()
    assert said[1] == "error: the packages for training could not be installed"
    assert "PIP_EXTRA_INDEX_URL" in said[3]
    assert len(said) == 4
    assert not (tmp_path / "ready").exists()
