"""Shows a running pipeline: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from submission.errors import KitError
from submission.pipeline.plan import Action, Verb

# a plain log is read afterwards: progress at intervals is enough
PLAIN_INTERVAL_S = 10.0


class PlainShow:
    """Lines for logs and pipes: stages, their lines, and progress at intervals."""

    def __init__(self, stream: TextIO, *, interval_s: float = PLAIN_INTERVAL_S) -> None:
        self._stream = stream
        self._interval_s = interval_s
        self._last_s = 0.0

    def stage_begins(self, number: int, total: int, action: Action) -> None:
        """``[3/16] skip   image  (up to date)``."""
        self._last_s = time.monotonic()
        self._write(f"[{number}/{total}] {action.verb:<6} {action.stage.name}  ({action.reason})")

    def stage_ends(self, name: str, seconds: float, error: KitError | None) -> None:
        """``done`` or ``FAILED`` with the time; the full error is printed at the end of the run."""
        word = "FAILED" if error else "done  "
        text = f": {error.what}" if error else ""
        self._write(f"        {word} {name} in {seconds:.1f} s{text}")

    def stage_blocked(self, number: int, total: int, name: str, failed: str) -> None:
        """The stage is skipped because ``failed`` did not succeed."""
        self._write(f"[{number}/{total}] left   {name}  ({failed} failed)")

    def close(self) -> None:
        """End the display, perhaps in the middle of a stage."""

    def line(self, text: str) -> None:
        """A line of a stage, indented under it."""
        self._write(f"        {text}")

    def progress(self, fraction: float | None, text: str) -> None:
        """At most one line in ``interval_s``."""
        now = time.monotonic()
        if now - self._last_s >= self._interval_s:
            self._last_s = now
            self._write(f"        {_share(fraction)}{text}")

    def _write(self, text: str) -> None:
        print(text, file=self._stream, flush=True)


def choose_show(stream: TextIO | None = None) -> PlainShow:
    """A live show for a terminal, plain lines for anything else."""
    stream = stream or sys.stderr
    if not stream.isatty():
        return PlainShow(stream)
    # only a terminal needs rich, which the image lacks
    from submission.cli.live import LiveShow  # noqa: PLC0415

    return LiveShow(stream)


def plan_text(actions: list[Action]) -> str:
    """The plan as a table: verb, stage, reason."""
    width = max((len(action.stage.name) for action in actions), default=0)
    rows = [f"{a.verb:<6} {a.stage.name:<{width}}  ({a.reason})" for a in actions]
    todo = sum(action.verb is not Verb.SKIP for action in actions)
    rows.append(f"{todo} of {len(actions)} stages to run")
    return "\n".join(rows)


def _share(fraction: float | None) -> str:
    return "" if fraction is None else f"{min(max(fraction, 0.0), 1.0):4.0%} "
