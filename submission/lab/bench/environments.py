"""Virtual environments with another OpenVINO, each made once in a benchmark's folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from submission.errors import StageError, UsageError
from submission.terms import Say


def environment(
    name: str, lock: Path, folder: Path, warn: Say, python: str = sys.executable
) -> str:
    """The Python of the environment ``folder/venv-<name>``, with what ``lock`` has.

    ``python`` makes it. One that was not finished is made again; StageError if pip fails.
    """
    venv = folder / f"venv-{name}"
    inside, ready = venv / "bin" / "python", venv / "ready"
    if not ready.is_file():
        warn(f"installing OpenVINO {name} into {venv}")
        pip = ["-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "-r", str(lock)]
        for command in ([python, "-m", "venv", str(venv)], [str(inside), *pip]):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise StageError(
                    f"OpenVINO {name} could not be installed",
                    detail=" ".join(done.stderr.splitlines()[-2:]) or "pip printed nothing",
                    hint="check the network and pip's configuration, or leave this version out",
                )
        ready.touch()
    return str(inside)


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
