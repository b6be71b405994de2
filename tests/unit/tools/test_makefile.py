"""The Makefile gives settings to the kit as data: no shell reads a word of them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from submission.cli.main import main

ROOT = Path(__file__).resolve().parents[3]
NASTY = "it's here; touch made-by-a-shell; echo 'x $$HOME `id`"
#: target -> the variables whose values its recipe passes on
QUOTED = {
    "check": ("TREE", "WORKSPACE"),
    "sign": ("KEY", "OUT", "WORKSPACE"),
    "report": ("TREE",),
    "run": ("MODEL", "SCENARIO", "MODE"),
    "add-model": ("IR", "QUESTIONS", "MODEL"),
    "score-model": ("MODEL",),
    "jpqd": ("CONFIG",),
    "bench-sut": ("ROUNDS", "SAMPLES", "MEMORY"),
    "find-qps": ("MODEL", "WAY", "BOUND", "BOUND_MS", "BUDGET_S", "PRECISION", "MEMORY"),
    "tune": ("MODEL", "BUDGET_S", "MEMORY"),
    "bench-check": ("ARCHIVES", "OFFICIAL_CHECKER"),
}


def made(target: str, folder: Path, **variables: str) -> str:
    """The words that make gives to the kit's Python, a line each; nothing is set up."""
    ready = {name: folder / name.lower() for name in ("READY", "MORE", "TRAIN")}
    for path in ready.values():
        path.touch()
    given = {"PY": r"printf '%s\n'", **{name: str(path) for name, path in ready.items()}}
    typed = [f"{name}={value}" for name, value in {**given, **variables}.items()]
    command = ["make", "-s", "-f", str(ROOT / "Makefile"), "-C", str(ROOT), target, *typed]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize(
    ("target", "variable"), [(target, name) for target, names in QUOTED.items() for name in names]
)
def test_no_shell_reads_a_setting(target: str, variable: str, tmp_path: Path) -> None:
    words = made(target, tmp_path, **{variable: NASTY})
    assert NASTY.replace("$$", "$") in words
    assert not (ROOT / "made-by-a-shell").exists()


def test_a_workspace_with_a_blank_has_its_waivers(tmp_path: Path) -> None:
    out = tmp_path / "my out's"
    out.mkdir()
    assert "--waivers" not in made("check", tmp_path, WORKSPACE=str(out))
    (out / "waivers.json").touch()
    words = made("check", tmp_path, WORKSPACE=str(out)).splitlines()
    assert words[words.index("--waivers") + 1] == str(out / "waivers.json")
    assert "--waivers" not in made("check", tmp_path, WORKSPACE=str(out), TREE="t")


def test_models_are_words_of_their_own(tmp_path: Path) -> None:
    assert "a\nb's\n" in made("bench-sut", tmp_path, MODELS="a b's")


def test_jpqd_reads_its_configuration_before_anything_is_installed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = made("jpqd", tmp_path, CONFIG="typo.json").splitlines()
    assert words.index("--dry-run") < words.index("train-jpqd", words.index("train-jpqd") + 1)
    assert main(["train-jpqd", "--config", str(tmp_path / "typo.json"), "--dry-run"]) == 2
    assert "the JPQD configuration cannot be read" in capsys.readouterr().err


def test_make_says_how_long_the_tests_take() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    line = next(each for each in done.stdout.splitlines() if each.startswith("make test "))
    assert "about 12 minutes" in line
