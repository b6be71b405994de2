import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Never

import pytest

from submission.cli import main
from submission.cli.main import error_lines
from submission.cli.table import COMMANDS, Command
from submission.errors import UsageError
from submission.terminal import PLAIN, Look

LAB = {
    "run-bench-cell",
    "train-jpqd",
    "score-model",
    "make-weights",
    "bench-topologies",
    "bench-sut",
    "run-training-cell",
    "tune",
    "find-qps",
    "bench-features",
    "bench-openvino",
    "bench-check",
    "compare-round",
    "bench-join",
    "bench-training",
    "convert-model",
}


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in COMMANDS)


def test_without_the_laboratory_its_commands_are_neither_listed_nor_run(
    repo: Path, tmp_path: Path
) -> None:
    """The package as the image holds it."""
    shutil.copytree(
        repo / "submission",
        tmp_path / "submission",
        ignore=shutil.ignore_patterns("lab", "__pycache__"),
    )

    def kit(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "submission", *words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    shown = kit("--help").stdout
    assert {name for name in COMMANDS if f"  {name} " not in shown} == LAB
    for name in ("train-jpqd", "bench-sut"):
        done = kit(name, "--help")
        assert (done.returncode, done.stdout) == (2, "")
        lines = done.stderr.splitlines()
        assert lines[0] == f"error: {name} is not installed here"
        assert len(lines) == 3


def test_the_commands_are_listed_without_an_import_of_the_laboratory(repo: Path) -> None:
    code = (
        "import sys, submission.cli as cli; cli.main(['--help']);"
        "sys.exit(any(name.startswith('submission.lab') for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", code], cwd=repo, capture_output=True, check=True)


def test_no_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2


def test_an_unknown_command_gets_three_lines_and_a_suggestion(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["chek"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "error: there is no command 'chek'"
    assert lines[2] == '  hint:   did you mean "check"?'


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_handlers_of_signals_are_the_callers_again_afterwards(
    capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    before = signal.getsignal(number)
    main(["--version"])
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_work_as_ctrl_c_does(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    def stop(_: object) -> None:
        signal.raise_signal(number)

    monkeypatch.setitem(
        COMMANDS,
        "plan",
        SimpleNamespace(help="", lab=False, group=None, add_arguments=stop, run=stop),
    )
    assert main(["plan"]) == 130
    assert "was stopped" in capsys.readouterr().err


def test_a_hangup_that_is_ignored_stays_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    seen = []
    look = SimpleNamespace(
        help="",
        lab=False,
        add_arguments=lambda _: seen.append(signal.getsignal(signal.SIGHUP)),
        run=lambda _: 0,
    )
    monkeypatch.setitem(COMMANDS, "plan", look)
    main(["plan"])
    signal.signal(signal.SIGHUP, before)
    assert seen == [signal.SIG_IGN]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_answers_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([name, "--help"])
    assert caught.value.code == 0
    assert "usage:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("trouble", "code", "words"),
    [
        (KeyboardInterrupt(), 130, "error: the work was stopped"),
        (OSError(28, "No space left on device", "/x"), 3, "No space left on device: /x"),
    ],
)
def test_a_stop_and_a_full_disk_are_three_lines_anywhere(
    trouble: BaseException,
    code: int,
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: object) -> Never:
        raise trouble

    monkeypatch.setitem(
        COMMANDS,
        "plan",
        SimpleNamespace(help="", lab=False, group=None, add_arguments=fail, run=fail),
    )
    assert main(["plan"]) == code
    said = capsys.readouterr().err
    assert words in said
    assert len(said.splitlines()) == 3


@pytest.mark.parametrize(("name", "resumes"), [("run", True), ("check", False), ("verify", False)])
def test_only_what_keeps_its_work_is_said_to_resume(
    name: str,
    resumes: bool,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop(_command: Command, _args: object) -> Never:
        raise KeyboardInterrupt

    monkeypatch.setattr(Command, "run", stop)
    assert main([name]) == 130
    assert ("to resume" in capsys.readouterr().err) is resumes


def test_a_cell_that_does_not_exist_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, repo: Path, tmp_path: Path
) -> None:
    monkeypatch.chdir(repo)
    monkeypatch.setenv("WORKSPACE", str(tmp_path))
    monkeypatch.setenv("PROFILE", "official")
    code = main(
        ["run-benchmark", "--model", "minilm-squad", "--scenario", "Ofline", "--mode", "accuracy"]
    )
    assert code == 2
    assert 'did you mean "Offline"?' in capsys.readouterr().err


def test_a_scenario_may_be_written_in_lower_case(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, repo: Path, tmp_path: Path
) -> None:
    monkeypatch.chdir(repo)
    monkeypatch.setenv("WORKSPACE", str(tmp_path))
    cell = ["--model", "minilm-squad_jpqd-50", "--scenario", "server", "--mode", "acuracy"]
    assert main(["run-benchmark", *cell]) == 2
    # the scenario was taken, and the mode comes after it
    assert "there is no mode 'acuracy' here" in capsys.readouterr().err


def test_an_unknown_stage_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, repo: Path, tmp_path: Path
) -> None:
    monkeypatch.chdir(repo)
    monkeypatch.setenv("WORKSPACE", str(tmp_path))
    assert main(["plan", "layuot"]) == 2
    assert 'did you mean "layout"?' in capsys.readouterr().err


@pytest.mark.parametrize("command", ["check", "plan", "fetch-data"])
def test_a_misspelt_make_variable_is_refused_by_every_command(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIT_MAKE_VARIABLES", "PROFIL=demo")
    assert main([command]) == 2
    assert 'did you mean "PROFILE"?' in capsys.readouterr().err


def test_a_hint_is_wrapped_below_itself_on_a_terminal() -> None:
    error = UsageError("what", detail="a/path/that/is/pasted/" * 3, hint="one word " * 8)
    assert "\n".join(error_lines(error, PLAIN)) == f"error: {error}"
    lines = error_lines(error, Look(width=50))
    assert lines[1].strip().endswith("a/path/that/is/pasted/" * 3)
    assert lines[-2].startswith("  hint:   one word")
    assert lines[-1].startswith(" " * 10 + "word")


@pytest.mark.parametrize("both", [False, True])
def test_a_reader_that_goes_away_neither_ends_the_work_nor_changes_its_exit_code(
    tmp_path: Path, both: bool
) -> None:
    work = f"""
import sys
from types import SimpleNamespace
from submission.cli import main, table

def run(args):
    print("line", flush=True)
    print("note", file=sys.stderr)
    open({str(tmp_path / "done")!r}, "w").close()
    return 3

table.COMMANDS["status"] = SimpleNamespace(
    help="", lab=False, extras=(), add_arguments=lambda parser: None, run=run)
sys.exit(main(["status"]))
"""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-c", work],
        stdout=writer,
        stderr=writer if both else subprocess.PIPE,
        check=False,
        timeout=60,
    )
    os.close(writer)
    assert (done.returncode, (tmp_path / "done").exists()) == (3, True)
    assert both or done.stderr == b"note\n"


def test_under_make_a_missing_option_is_named_as_makes_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["run-benchmark", "--model", "minilm-squad"]
    monkeypatch.delenv("KIT_MAKE_VARIABLES", raising=False)
    assert main(words) == 2
    assert "required: --scenario, --mode" in capsys.readouterr().err
    monkeypatch.setenv("KIT_MAKE_VARIABLES", "")
    assert main(words) == 2
    assert "required: SCENARIO=…, MODE=…" in capsys.readouterr().err
