"""The wheel, the source archive and the single file, tried as who downloads them does."""

import os
import re
import resource
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from submission import __version__
from submission.cli.completion import SHELLS
from submission.cli.table import COMMANDS, Group
from tests.fakes.good_tree import open_division

pytest.importorskip("shtab", reason="shtab is not installed here (make setup)")
pytest.importorskip("setuptools", minversion="77", reason="setuptools is not that new here")
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
MAKE = ROOT / "tools" / "packaging" / "make_dist.py"
WHEEL = f"mlperf_submission_kit-{__version__}-py3-none-any.whl"
SDIST = f"mlperf_submission_kit-{__version__}.tar.gz"
PYZ = "mlperf-kit.pyz"
MEGABYTES, SECONDS = 10, 10
#: CPU time of a check of one result, over that of Python's start with what any checker imports
ANSWER_RATIO = 7
START = "import argparse, csv, dataclasses, enum, hashlib, json, pathlib, re, tarfile, textwrap"


def make(folder: Path, **environment: str) -> Path:
    variables = {**os.environ, "SOURCE_DATE_EPOCH": "1790000000", "KIT_PYTHONS": sys.executable}
    words = [sys.executable, str(MAKE), str(folder)]
    subprocess.run(words, env=variables | environment, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return open_division(tmp_path_factory.mktemp("tree"))


@pytest.fixture(scope="module")
def installed(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a clean environment with the wheel in it, and nothing else."""
    folder = tmp_path_factory.mktemp("clean") / "venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    pip = [str(folder / "bin" / "pip"), "install", "--quiet", "--no-index", str(made / WHEEL)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(pip, env=bare(), check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # of the processor, not the clock: other work may share it
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < SECONDS
    return folder / "bin"


def bare(**more: str) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **more}


def run(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=bare(),
        capture_output=True,
        text=True,
        check=False,
    )


def pythons() -> list[Path]:
    """A Python of every supported version that pyenv has here, and this one."""
    found = {sys.version_info[:2]: Path(sys.base_prefix) / "bin" / "python3"}
    for path in sorted((Path.home() / ".pyenv" / "versions").glob("3.1[1-4].*/bin/python3")):
        major, minor, *_ = path.parents[1].name.split(".")
        found.setdefault((int(major), int(minor)), path)
    return list(found.values())


def test_all_three_are_small(made: Path) -> None:
    assert {path.name for path in made.iterdir()} == {WHEEL, SDIST, PYZ}
    assert all(path.stat().st_size < MEGABYTES * 1e6 for path in made.iterdir())


def test_two_builds_of_one_commit_are_the_same(made: Path, tmp_path: Path) -> None:
    # another folder, another mask of new files, another order of hashes
    again = make(tmp_path / "deep" / "dist", PYTHONHASHSEED="7", TMPDIR=str(tmp_path))
    for path in made.iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes(), path.name


def test_the_wheel_holds_the_data_that_modules_read_and_no_models(made: Path) -> None:
    with zipfile.ZipFile(made / WHEEL) as wheel:
        names = set(wheel.namelist())
    tracked = subprocess.run(
        ["git", "ls-files", "submission"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split() or [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "submission").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    assert set(tracked) - names == set()
    info = f"mlperf_submission_kit-{__version__}.dist-info"
    extra = names - set(tracked)
    assert {f"submission/cli/completions/{shell}" for shell in SHELLS} <= extra
    assert f"{info}/licenses/LICENSE" in extra
    assert f"{info}/licenses/NOTICE" in extra
    rest = {n for n in extra if not n.startswith(("submission/cli/completions/", info))}
    assert rest == set()


def test_the_metadata_are_complete(made: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    with zipfile.ZipFile(made / WHEEL) as wheel:
        text = wheel.read(f"mlperf_submission_kit-{__version__}.dist-info/METADATA").decode()
    head, _, readme = text.partition("\n\n")
    assert readme.startswith("# MLPerf submission kit")
    assert "Description-Content-Type: text/markdown" in head
    assert "License-Expression: Apache-2.0" in head
    assert "Typing :: Typed" in head
    required = [line for line in head.splitlines() if line.startswith("Requires-Dist:")]
    assert required
    assert all("extra ==" in line for line in required)
    offered = set(re.findall(r"^Provides-Extra: (.*)$", head, re.MULTILINE))
    assert offered == set(project["optional-dependencies"])


def test_the_source_archive_builds_the_same_package(made: Path) -> None:
    with tarfile.open(made / SDIST) as archive:
        members = archive.getmembers()
    names = {member.name.partition("/")[2] for member in members}
    with zipfile.ZipFile(made / WHEEL) as wheel:
        packaged = {name for name in wheel.namelist() if name.startswith("submission/")}
    assert packaged | {"pyproject.toml", "README.md", "LICENSE", "NOTICE"} <= names
    assert {(m.uid, m.gid, m.uname, m.mtime) for m in members} == {(0, 0, "", 1790000000)}


def test_a_clean_environment_checks_a_tree_at_once(
    installed: Path, tree: Path, tmp_path: Path
) -> None:
    kit = installed / "mlperf-kit"
    done = run(kit, "check", tree, "--json", tmp_path / "report.json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "PASSED: 1 of 1 results valid" in done.stdout
    assert run(kit, "--version", cwd=tmp_path).stdout == f"{__version__}\n"
    assert answer_ratio([kit], tree, tmp_path) < ANSWER_RATIO
    code = "from submission.checks import check_tree; import sys; print(check_tree.__module__)"
    assert run(installed / "python", "-c", code, cwd=tmp_path).stdout == "submission.checks.tree\n"


def answer_ratio(command: list[object], tree: Path, cwd: Path) -> float:
    """CPU time of a check over that of Python's own start; the least of five each, in turn.

    No seconds: caches and clocks of a busy machine make all programs two or three times as slow.
    """
    start: list[object] = [sys.executable, "-I", "-S", "-c", START]
    check = [*command, "check", tree, "--quiet"]
    pairs = [(cpu_s(check, cwd), cpu_s(start, cwd)) for _ in range(5)]
    return min(answer for answer, _ in pairs) / min(begin for _, begin in pairs)


def cpu_s(command: list[object], cwd: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert run(*command, cwd=cwd).returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_every_command_of_a_clean_environment_works_or_ends_in_three_lines(
    installed: Path, tmp_path: Path
) -> None:
    code = (
        "import contextlib, io, sys\n"
        "from submission.cli import main\n"
        "for name in sys.argv[1:]:\n"
        "    err = io.StringIO()\n"
        "    with contextlib.redirect_stderr(err), contextlib.redirect_stdout(io.StringIO()):\n"
        "        code = main([name])\n"
        "    print(name, code, err.getvalue().replace(chr(10), '|'))\n"
    )
    done = run(installed / "python", "-c", code, *COMMANDS, cwd=tmp_path)
    assert done.stderr == ""
    lines = [line.split(" ", 2) for line in done.stdout.splitlines()]
    assert [name for name, *_ in lines] == list(COMMANDS)
    for name, exit_code, words in lines:
        assert exit_code in "02", name
        assert exit_code == "0" or words.count("|") == 3, name
        if "needs packages" in words:
            extras = ",".join(COMMANDS[name].extras)
            assert f"/bin/python -m pip install 'mlperf-submission-kit[{extras}]'" in words
    assert sum("needs packages" in words for *_, words in lines) > len(COMMANDS) / 2


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_needs_no_package(installed: Path, shell: str, tmp_path: Path) -> None:
    done = run(installed / "mlperf-kit", "completion", shell, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "verify-models" in done.stdout


@pytest.mark.parametrize("python", pythons(), ids=lambda path: path.parents[1].name)
def test_the_single_file_checks_with_any_python_and_nothing_installed(
    made: Path, python: Path, tree: Path, tmp_path: Path
) -> None:
    kit = [python, "-I", "-S", made / PYZ]
    done = run(*kit, "check", tree, "--json", tmp_path / "report.json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "PASSED: 1 of 1 results valid" in done.stdout
    wrong = run(*kit, "check", tmp_path, cwd=tmp_path)
    assert (wrong.returncode, len(wrong.stderr.splitlines())) == (2, 3)
    lacking = run(*kit, "plan", cwd=tmp_path).stderr.splitlines()
    assert len(lacking) == 3
    assert f"pip install '{WHEEL}[run]'" in lacking[2]
    shown = run(*kit, "--help", cwd=tmp_path).stdout
    assert shown.startswith(f"usage: {PYZ} COMMAND")
    assert f"{Group.LAB}:" not in shown


def test_texts_are_written_from_templates_within_the_single_file(
    made: Path, tmp_path: Path
) -> None:
    pytest.importorskip("jinja2", reason="jinja2 is not installed here")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "from submission.tree.texts import engine, recipe;"
        "print(engine.__file__);"
        "print(recipe.published_recipe('none'));"
        "engine._environment().get_template('tree_readme.j2');"
        "print(engine._source('parts.j2')[:2])"
    )
    for tree in ("source", f"cp{sys.version_info[0]}{sys.version_info[1]}"):
        inside = f"{made / PYZ}/{tree}"
        done = subprocess.run(
            [sys.executable, "-c", code, inside],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.startswith(inside), done.stderr
        assert done.stdout.splitlines()[1:] == ["None", "{%"], done.stderr


def test_the_single_file_answers_at_once(made: Path, tree: Path, tmp_path: Path) -> None:
    assert answer_ratio([sys.executable, "-I", "-S", made / PYZ], tree, tmp_path) < ANSWER_RATIO


def test_the_single_file_is_a_program(made: Path, tree: Path, tmp_path: Path) -> None:
    named = Path(sys.base_prefix) / "bin"
    done = subprocess.run(
        [made / PYZ, "check", tree],
        env=bare(PATH=f"{named}:/usr/bin:/bin"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_an_old_python_is_named_in_three_lines(made: Path, tmp_path: Path) -> None:
    versions = Path.home() / ".pyenv" / "versions"
    old = [*versions.glob("3.10.*/bin/python3"), *versions.glob("2.7.*/bin/python2.7")]
    if not old:
        pytest.skip("there is no older Python in ~/.pyenv/versions")
    for python in old:
        done = run(python, made / PYZ, "check", cwd=tmp_path)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 3)
        assert "needs Python 3.11 or newer" in done.stderr


def test_a_python_that_cannot_compile_is_named_before_anything_is_built(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(MAKE), str(tmp_path / "d")],
        env=bare(KIT_PYTHONS="python2.99"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert lines[0] == "error: python2.99 cannot compile the single file"
    assert len(lines) == 3
    assert not (tmp_path / "d").exists()


def test_a_build_outside_of_git_asks_for_the_time(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    shutil.copytree(MAKE.parent, tmp_path / "tools" / "packaging")
    words = [sys.executable, str(tmp_path / "tools/packaging/make_dist.py"), str(tmp_path / "d")]
    done = subprocess.run(
        words, cwd=tmp_path, env=bare(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert len(lines) == 3
    assert "SOURCE_DATE_EPOCH" in lines[2]
    assert not (tmp_path / "d").exists()
