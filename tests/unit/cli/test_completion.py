"""Shell completion: the scripts name every command, and bash completes by them."""

import argparse
import subprocess
from pathlib import Path

import pytest

from submission.cli import main
from submission.cli.completion import FOLDER, SHELLS
from submission.cli.table import COMMANDS

NEEDS_SHTAB = "shtab is not installed here (make setup)"
COMPLETE = """
source {script}
by=$(complete -p mlperf-kit | sed 's/.*-F //; s/ .*//')
COMP_WORDS=({words}) COMP_CWORD={last}
$by mlperf-kit
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture(scope="module")
def bash_script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("shtab", reason=NEEDS_SHTAB)
    from submission.cli.completion import completion_script

    path = tmp_path_factory.mktemp("completion") / "bash"
    path.write_text(completion_script("bash"))
    return path


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("mlperf-kit verif", {"verify", "verify-models"}),
        ("mlperf-kit check --sar", {"--sarif"}),
        ("mlperf-kit check --version v2", {"v2.0", "v2.1"}),
        ("mlperf-kit completion z", {"zsh"}),
    ],
)
def test_bash_completes(bash_script: Path, typed: str, offered: set[str]) -> None:
    text = COMPLETE.format(script=bash_script, words=typed, last=len(typed.split()) - 1)
    done = subprocess.run(["bash", "-c", text], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == offered


def test_bash_completes_a_tree_by_its_files(bash_script: Path, tmp_path: Path) -> None:
    (tmp_path / "submission").mkdir()
    text = COMPLETE.format(script=bash_script, words="mlperf-kit check subm", last=2)
    done = subprocess.run(
        ["bash", "-c", text], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().rstrip("/") == "submission"


@pytest.mark.parametrize("shell", SHELLS)
def test_every_script_names_every_command(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("shtab", reason=NEEDS_SHTAB)
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert {name for name in COMMANDS if name not in script} == set()
    assert "--sarif" in script or shell == "tcsh"
    assert str(Path.home()) not in script


def test_a_script_that_was_built_in_is_printed_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "zsh").write_text("#compdef made before\n")
    monkeypatch.setattr("submission.cli.completion.files", lambda _: tmp_path)
    assert main(["completion", "zsh"]) == 0
    assert capsys.readouterr().out == "#compdef made before\n"


def test_another_shell_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "csh"]) == 2
    # Python 3.13.1 and later quote no choice
    assert "bash, fish, tcsh, zsh" in capsys.readouterr().err.replace("'", "")


def test_no_command_has_an_option_without_a_word_of_help() -> None:
    """What a shell shows beside an option; `-h` shows it too."""
    mute = []
    for name in ("check", "verify", "completion", "describe-system"):
        parser = argparse.ArgumentParser()
        COMMANDS[name].add_arguments(parser)
        mute += [(name, each.dest) for each in parser._actions if not each.help]
    assert mute == []
