"""Probes of the host: a command's output, a file's text, a folder's names; never an error."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from pathlib import Path
from typing import Protocol

# administration tools are not on the PATH of an ordinary Debian user
ADMIN_PATH = "/usr/sbin:/sbin:/usr/local/sbin:/usr/bin:/bin"
MAX_TEXT_BYTES = 4 << 20


class Probes(Protocol):
    """What this package reads from the host; any probe may come back empty."""

    def run(self, *command: str) -> str | None:
        """Standard output of a command in the C locale; ``None`` if it failed or timed out."""

    def read(self, path: str) -> str | None:
        """A file's text; ``None`` if it does not exist or cannot be read."""

    def names(self, path: str) -> tuple[str, ...]:
        """The sorted names in a folder; empty if it does not exist or cannot be read."""


class LiveProbes:
    """Asks the machine itself; all its commands together take no more than ``budget_s``."""

    def __init__(self, *, budget_s: float = 1.5) -> None:
        self._deadline = time.monotonic() + budget_s

    def run(self, *command: str) -> str | None:
        """Standard output of ``command``, cut off when the budget is spent."""
        tool = shutil.which(command[0]) or shutil.which(command[0], path=ADMIN_PATH)
        left_s = self._deadline - time.monotonic()
        if tool is None or left_s <= 0:
            return None
        try:
            # lscpu translates even the field names of its JSON, hence the C locale
            done = subprocess.run(
                ["env", "LC_ALL=C", tool, *command[1:]],
                capture_output=True,
                stdin=subprocess.DEVNULL,
                timeout=left_s,
                check=False,
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None

    def read(self, path: str) -> str | None:
        """The text of ``path``; undecodable bytes are replaced."""
        try:
            with Path(path).open("rb") as stream:
                return stream.read(MAX_TEXT_BYTES).decode("utf-8", "replace")
        except (OSError, ValueError):
            return None

    def names(self, path: str) -> tuple[str, ...]:
        """The names in the folder ``path``."""
        try:
            return tuple(sorted(entry.name for entry in Path(path).iterdir()))
        except (OSError, ValueError):
            return ()


def json_of(text: str | None) -> object:
    """``text`` as JSON; ``None`` if it is None or cannot be parsed."""
    if text is None:
        return None
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value
