"""What is installed decides which commands work: the extras are enough, and a lack is named."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from submission.cli.extras import EXTRAS, PROJECT, missing_package
from submission.cli.table import COMMANDS

#: distributions that are imported by another name
IMPORTED_AS = {"mlcommons-loadgen": "mlperf_loadgen"}
EVERY = frozenset(module for modules in EXTRAS.values() for module in modules)
WALK = """
import contextlib, io, json, sys
blocked, words, folder = json.loads(sys.argv[1])

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocked())
from submission.cli import main

seen = {}
for name, typed in words:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main([name, *typed])
        except SystemExit as stop:
            code = stop.code
    seen[name] = [code, out.getvalue(), err.getvalue()]
print(json.dumps(seen))
"""


def walk(folder: Path, blocked: frozenset[str], typed: dict[str, list[str]]) -> dict[str, list]:
    """Exit code, output and errors of each command, where these packages are not installed."""
    given = json.dumps([sorted(blocked), list(typed.items()), str(folder)])
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(root)!r})\n{WALK}", given],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_the_table_of_extras_is_that_of_the_project(repo: Path) -> None:
    project = tomllib.loads((repo / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["dependencies"] == []
    assert project["name"] == PROJECT

    def modules(extra: str) -> set[str]:
        found = set()
        for line in project["optional-dependencies"][extra]:
            name, inner = re.match(r"([\w-]+)(?:\[([\w,]+)\])?", line).groups()
            if name == PROJECT:
                found |= {each for one in inner.split(",") for each in modules(one)}
            else:
                found.add(IMPORTED_AS.get(name, name.replace("-", "_")))
        return found

    # of a Python of its own, which no command imports anything of
    extras = set(project["optional-dependencies"]) - {"dev", "fleet"}
    assert {name: modules(name) for name in extras} == {k: set(v) for k, v in EXTRAS.items()}


def test_with_nothing_installed_every_command_works_or_names_its_extra(tmp_path: Path) -> None:
    for typed in ([], ["--help"]):
        seen = walk(tmp_path, EVERY, dict.fromkeys(COMMANDS, typed))
        for name, (code, out, err) in seen.items():
            assert "Traceback" not in err
            if code == 0:
                helped = out.startswith(f"usage: python -m submission {name} [-h]")
                assert helped if typed else name == "describe-system"
                continue
            lines = err.splitlines()
            assert (code, out, len(lines)) == (2, "", 3), (name, typed, out, err)
            if COMMANDS[name].extras and "needs packages" in lines[0]:
                assert lines[0] == f"error: {name} needs packages that are not installed"
                assert "hint:   run " in lines[2]
        assert seen["check"][2].count("needs packages") == 0
    assert {name for name, (code, *_) in seen.items() if code == 0} >= {"check", "compare-round"}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("extras", sorted({command.extras for command in COMMANDS.values()}))
def test_the_extras_of_a_command_are_enough_for_it(extras: tuple[str, ...], tmp_path: Path) -> None:
    allowed = {module for name in extras for module in EXTRAS[name]}
    typed = {name: ["--help"] for name, each in COMMANDS.items() if each.extras == extras}
    seen = walk(tmp_path, EVERY - allowed, typed)
    assert {name: err for name, (code, _, err) in seen.items() if code} == {}


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("checkout", "run make setup, and use .venv/bin/python"),
        ("installed", f"-m pip install '{PROJECT}[run,host]'"),
        ("kit.pyz", "-py3-none-any.whl[run,host]'"),
    ],
)
def test_the_hint_fits_how_the_kit_came_here(
    folder: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "checkout").mkdir()
    (tmp_path / "installed").mkdir()
    (tmp_path / "checkout" / "pyproject.toml").write_text("")
    (tmp_path / "kit.pyz").write_text("")
    monkeypatch.setattr("submission.cli.extras._ROOT", tmp_path / folder)
    assert said in missing_package("openvino.runtime", "info", ("run", "host")).hint


def test_a_package_outside_of_the_extras_of_the_command_is_found_in_another() -> None:
    assert missing_package("pyarrow", "fetch-data", ("run",)).hint.startswith("run make more")
    assert missing_package("nncf", "convert-model", ("convert",)).hint.endswith("mlperf-kit")
    assert missing_package("some_thing", "plan", ("run",)).hint == "pip install some-thing"
