"""Virtual environments with another OpenVINO, each made once in a checkout."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from submission.errors import StageError, UsageError
from submission.files import sha256_of
from submission.locks import file_lock
from submission.terms import Say
from submission.workspace.folders import Workspace, openvino_lock

#: for who cannot have another version, or needs none
WAY_OUT = "OPENVINO=<the installed version> or RUNNER=host measures without one"


def environment(
    name: str,
    lock: Path,
    folder: Path,
    warn: Say,
    python: str = sys.executable,
    *,
    index: str | None = None,
    offline: bool = False,
) -> str:
    """The Python of the environment ``folder/venv-<name>``, with what ``lock`` has.

    ``python`` makes it; if that is this one, what the lock lacks is found where this Python has it.
    ``index`` is a package index in place of pip's own. One that was not finished, or is of another
    lock or Python, is made again. Raises UsageError if it would have to be made ``offline``,
    StageError if pip fails.
    """
    venv = folder / f"venv-{name}"
    inside, ready = venv / "bin" / "python", venv / "ready"
    made_of = " ".join((sha256_of(lock), *(_this_python() if python == sys.executable else ())))
    with file_lock(folder / f"venv-{name}.lock", waiting=lambda: warn(f"waiting for {venv}")):
        if inside.is_file() and ready.is_file() and ready.read_text(encoding="utf-8") == made_of:
            return str(inside)
        if offline:
            raise UsageError(
                f"OpenVINO {name} is not installed here",
                detail=f"{venv} would have to be made, and OFFLINE forbids the network",
                hint=WAY_OUT,
            )
        shutil.rmtree(venv, ignore_errors=True)
        warn(f"installing OpenVINO {name} into {venv}")
        pip = ["-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "-r", str(lock)]
        if index:
            pip += ["--index-url", index]
        for command in ([python, "-m", "venv", str(venv)], [str(inside), *pip]):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise StageError(
                    f"OpenVINO {name} could not be installed",
                    detail=" ".join(done.stderr.splitlines()[-2:]) or "pip printed nothing",
                    hint=f"check the network and pip's configuration; {WAY_OUT}",
                )
        if python == sys.executable:
            _look_here_too(venv)
        ready.write_text(made_of, encoding="utf-8")
    return str(inside)


def _this_python() -> tuple[str, ...]:
    """What an environment that looks here too depends on."""
    return sys.version, sys.executable, sysconfig.get_path("purelib")


def python_with(version: str, workspace: Workspace, warn: Say) -> str:
    """The Python of the checkout's environment with what an image has with that OpenVINO.

    Raises UsageError and StageError as ``environment``.
    """
    settings = workspace.settings
    return environment(
        version,
        openvino_lock(workspace.root, version),
        workspace.environments_folder(),
        warn,
        index=settings.pip_index_url,
        offline=settings.offline,
    )


def installed_in(python: str, package: str) -> str:
    """The version of a package in the environment of ``python``; StageError if it has none."""
    code = "import sys, importlib.metadata as m; print(m.version(sys.argv[1]))"
    command = [python, "-I", "-c", code, package]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StageError(
            f"{python} has no {package}",
            detail=" ".join(done.stderr.splitlines()[-1:]) or "it printed nothing",
            hint=f"remove {Path(python).parents[1]}; it is made again",
        )
    return done.stdout.strip()


def _look_here_too(venv: Path) -> None:
    """Let the environment find this Python's packages behind its own."""
    (packages,) = venv.glob("lib/python3.*/site-packages")
    (packages / "beside.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")


def find_python(version: str, given: str | None = None) -> str:
    """The command of a Python of that ``version`` (such as 3.10); UsageError if there is none.

    Of the candidates (``given`` alone, else python3.10 and python3 on the PATH, and what pyenv has)
    the first counts that says this version and can make virtual environments: a name alone proves
    nothing.
    """
    own = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python3"))
    candidates = [given] if given else [f"python{version}", "python3", *map(str, own)]
    seen = []
    for each in candidates:
        found = shutil.which(each)
        if found is None:
            continue
        said = _version_of(found)
        if said == version:
            return found
        seen.append(f"{each} is {said or 'no Python that has venv'}")
    raise UsageError(
        f"there is no Python {version}",
        detail="; ".join(seen) or f"looked for {', '.join(candidates)}",
        hint=f"name one: --published-python /path/to/python{version}",
    )


def _version_of(python: str) -> str:
    """``3.10``; empty for what does not start, or lacks venv."""
    code = 'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2])'
    try:
        done = subprocess.run(
            [python, "-c", code], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
