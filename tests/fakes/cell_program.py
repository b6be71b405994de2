"""Stands in for the kit on a node: a cell's command that does what its words say.

``--archive PATH`` says where the result goes; each other word is one step, in order:
``write=BYTES`` (the result, of that many bytes), ``where=NAME`` (the value of that variable of the
environment as the result), ``say=TEXT``, ``sleep=SECONDS``, ``touch=PATH``, ``wait=PATH`` (until
that file is there), ``note=PATH`` (appends when the command began and when it got here, which shows
what ran at one time), ``exit=CODE``.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

LIMIT_S = 60.0
STOPPED = 143
_LOOK_S = 0.02


class _Command:
    """One command, from its beginning."""

    def __init__(
        self,
        environment: Mapping[str, str],
        say: Callable[[str], None],
        stopped: Callable[[], bool],
    ) -> None:
        self._environment = environment
        self._say = say
        self._stopped = stopped
        self._begun = time.time()
        self._archive: Path | None = None

    def take(self, words: Sequence[str]) -> int:
        """Take the steps; returns the exit code."""
        steps = iter(words)
        for word in steps:
            if word == "--archive":
                self._archive = Path(next(steps))
                continue
            step, _, value = word.partition("=")
            if step == "exit":
                return int(value)
            getattr(self, step)(value)
            if self._stopped():
                return STOPPED
        return 0

    def say(self, value: str) -> None:
        self._say(value)

    def write(self, value: str) -> None:
        assert self._archive
        self._archive.write_bytes((bytes(range(256)) * (int(value) // 256 + 1))[: int(value)])

    def where(self, value: str) -> None:
        assert self._archive
        self._archive.write_text(self._environment.get(value, ""), encoding="utf-8")

    def sleep(self, value: str) -> None:
        self._until(time.monotonic() + float(value), lambda: False)

    def touch(self, value: str) -> None:
        Path(value).touch()

    def wait(self, value: str) -> None:
        limit = time.monotonic() + LIMIT_S
        self._until(limit, Path(value).exists)
        assert self._stopped() or time.monotonic() < limit, f"{value} did not come"

    def note(self, value: str) -> None:
        with Path(value).open("a", encoding="utf-8") as stream:
            stream.write(f"{self._begun} {time.time()}\n")

    def _until(self, limit: float, there: Callable[[], bool]) -> None:
        while not there() and not self._stopped() and time.monotonic() < limit:
            time.sleep(_LOOK_S)


def main(
    words: Sequence[str],
    *,
    environment: Mapping[str, str],
    say: Callable[[str], None],
    stopped: Callable[[], bool] = bool,
) -> int:
    """The command's exit code, ``STOPPED`` if ``stopped`` became true meanwhile."""
    command = _Command(environment, say, stopped)
    return command.take(words)


def _to_stdout(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], environment=os.environ, say=_to_stdout))
