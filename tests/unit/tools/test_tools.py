"""The scripts in tools/, typed as they are: with any Python, without an activated environment."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from submission.cli.table import COMMANDS, Group
from submission.workspace.settings import settings_table
from tests.fakes.good_tree import open_division

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
START = "_start.py"
TEMPLATE = '''\
#!/usr/bin/env python3
"""{sentence}."""

import sys

from _start import start

sys.exit(start({arguments}))
'''
#: scripts that are not called as their command
COMMAND_OF = {"check_submission": "check", "make_submission": "run", "plan_submission": "plan"}
#: scripts that need fewer packages than the rest; the checker needs none
PACKAGES = {"check": ", packages=()", "convert-model": ', packages=("numpy", "openvino")'}
#: commands of the image, for those who have no checkout
OF_THE_IMAGE = {"score", "reproduce", "verify", "info"}
INTERPRETERS = ("this", "3.12", "3.13", "3.14")
OLD = ("3.8", "3.10")


def scripts() -> list[str]:
    return sorted(path.name for path in (ROOT / "tools").glob("*.py") if path.name != START)


def command_of(script: str) -> str:
    stem = script.removesuffix(".py")
    return COMMAND_OF.get(stem, stem.replace("_", "-"))


@pytest.mark.parametrize("script", scripts())
def test_every_script_is_made_from_one_template(script: str) -> None:
    path, name = ROOT / "tools" / script, command_of(script)
    sentence = COMMANDS[name].help
    arguments = f'"{name}"{PACKAGES.get(name, "")}'
    expected = TEMPLATE.format(sentence=sentence[0].upper() + sentence[1:], arguments=arguments)
    assert path.read_text(encoding="utf-8") == expected
    assert os.access(path, os.X_OK)


def test_every_command_has_a_script_but_those_of_the_image() -> None:
    # of the installed command alone: completion, and what a campaign sends to a system
    without = OF_THE_IMAGE | {"completion", "run-cell", "run-bench-cell", "run-training-cell"}
    assert {command_of(script) for script in scripts()} == set(COMMANDS) - without


def test_the_scripts_ask_for_every_package_of_running_and_measuring() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*extras["run"], *extras["host"]]
    text = (ROOT / "tools" / START).read_text(encoding="utf-8")
    asked = set(re.findall(r'^    "(\w+)",$', text, re.MULTILINE))
    known = packages_distributions()
    distributions = {each.lower().replace("_", "-") for name in asked for each in known[name]}
    names = {re.split(r"[=<>;]", word)[0] for word in wanted}
    assert distributions >= names - {"mlcommons-loadgen"}


def interpreter(version: str, folder: Path) -> Path:
    """A virtual environment of that version, without any package."""
    base = Path(sys.base_prefix) / "bin" / "python3"
    if version != "this":
        installed = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python3"))
        if not installed:
            pytest.skip(f"there is no Python {version} in ~/.pyenv/versions")
        base = installed[-1]
    subprocess.run([base, "-m", "venv", "--without-pip", folder], check=True)
    return folder / "bin"


def checkout(folder: Path) -> Path:
    """The scripts and the package, without an environment beside them."""
    folder.mkdir()
    for name in ("tools", "submission"):
        (folder / name).symlink_to(ROOT / name)
    # the scripts look beside themselves, not beside what a link names
    (folder / "tools").unlink()
    (folder / "tools").mkdir()
    for path in (ROOT / "tools").glob("*.py"):
        target = folder / "tools" / path.name
        target.write_bytes(path.read_bytes())
        target.chmod(0o755)
    return folder


def typed(bin_folder: Path, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The outcome of words that are typed where PATH holds that interpreter and nothing is set."""
    command = ["/usr/bin/env", "-i", f"PATH={bin_folder}:/usr/bin:/bin", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module", params=INTERPRETERS)
def bare(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return interpreter(request.param, tmp_path_factory.mktemp("bare") / "venv")


def test_the_checker_needs_no_package(bare: Path, tmp_path: Path) -> None:
    here = checkout(tmp_path / "checkout")
    tree = open_division(tmp_path / "tree")
    done = typed(bare, "tools/check_submission.py", "--input", str(tree), cwd=here)
    assert (done.returncode, done.stderr) == (0, "")
    assert "PASSED: 1 of 1 results valid" in done.stdout
    usage = typed(bare, "tools/check_submission.py", "--help", cwd=here).stdout
    assert usage.startswith("usage: tools/check_submission.py [-h]")
    wrong = typed(bare, "python3", "tools/check_submission.py", "--inputs", "x", cwd=here)
    assert wrong.returncode == 2
    assert "see tools/check_submission.py --help" in wrong.stderr


def test_every_other_script_says_in_three_lines_what_is_missing(bare: Path, tmp_path: Path) -> None:
    here = checkout(tmp_path / "checkout")
    for script in scripts():
        if script == "check_submission.py":
            continue
        done = typed(bare, f"tools/{script}", "--help", cwd=here)
        lines = done.stderr.splitlines()
        assert (done.returncode, done.stdout, len(lines)) == (2, "", 3), script
        assert lines[0] == f"error: tools/{script} needs packages that are not installed"
        assert "without" in lines[1]
        assert "make setup" in lines[2]


@pytest.mark.parametrize("version", OLD)
def test_a_python_that_is_too_old_is_named(version: str, tmp_path: Path) -> None:
    old = interpreter(version, tmp_path / "venv")
    done = typed(old, "tools/check_submission.py", "--help", cwd=checkout(tmp_path / "checkout"))
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 3)
    assert f"is Python {version}, and the kit needs 3.11 or newer" in done.stderr


def test_python_2_is_named_too(tmp_path: Path) -> None:
    installed = sorted((Path.home() / ".pyenv" / "versions").glob("2.7.*/bin"))
    if not installed:
        pytest.skip("there is no Python 2.7 in ~/.pyenv/versions")
    words = ("python2.7", "tools/check_submission.py", "--help")
    done = typed(installed[-1], *words, cwd=checkout(tmp_path / "checkout"))
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 3)
    assert "is Python 2.7, and the kit needs 3.11 or newer" in done.stderr


def test_the_start_has_nothing_that_python_2_cannot_parse() -> None:
    text = (ROOT / "tools" / START).read_bytes().decode("ascii")
    for node in ast.walk(ast.parse(text)):
        assert not isinstance(node, ast.JoinedStr | ast.AnnAssign | ast.NamedExpr)
        if isinstance(node, ast.FunctionDef):
            assert node.returns is None
            assert all(each.annotation is None for each in node.args.args)
            assert not node.args.kwonlyargs
        if isinstance(node, ast.List | ast.Tuple):
            assert not any(isinstance(each, ast.Starred) for each in node.elts)


def test_the_environment_of_the_checkout_takes_over(bare: Path, tmp_path: Path) -> None:
    here = checkout(tmp_path / "checkout")
    python = here / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\nexit 7\n')
    python.chmod(0o755)
    done = typed(bare, "tools/plan_submission.py", "--profile", "a b", cwd=here)
    assert (done.returncode, done.stderr) == (7, "")
    assert done.stdout.splitlines() == ["tools/plan_submission.py", "--profile", "a b"]


def test_a_command_of_the_package_says_what_is_missing_too(bare: Path, tmp_path: Path) -> None:
    here = checkout(tmp_path / "checkout")
    done = typed(bare, "python3", "-m", "submission", "plan", cwd=here)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 3)
    assert "make setup" in done.stderr


def test_help_groups_the_commands_and_names_what_was_typed() -> None:
    command = [
        sys.executable,
        "-c",
        "import sys; from submission.cli.main import console; console()",
    ]
    shown = subprocess.run([*command, "--help"], capture_output=True, text=True, check=True).stdout
    assert shown.startswith("usage: mlperf-kit COMMAND")
    assert all(f"{group}:" in shown for group in Group)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"mlperf-kit": "submission.cli.main:console"}


def test_make_calls_commands_that_exist() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    called = set(re.findall(r"\$\(KIT\) ([a-z-]+)", text))
    assert called
    assert called <= set(COMMANDS), json.dumps(sorted(called))


def test_make_passes_every_setting_on_whether_it_is_typed_or_in_the_environment() -> None:
    variables = [row.variable for row in settings_table().values()]
    typed, inherited = variables[::2], variables[1::2]
    command = ["make", "-s", "--eval=show:;@env", "show", *(f"{name}=typed" for name in typed)]
    environment = {"PATH": os.environ["PATH"], **dict.fromkeys(inherited, "inherited")}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    seen = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    assert {name: seen[name] for name in typed} == dict.fromkeys(typed, "typed")
    assert {name: seen[name] for name in inherited} == dict.fromkeys(inherited, "inherited")
