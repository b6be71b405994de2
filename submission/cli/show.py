"""Shows a running pipeline: one line a stage, and on a terminal a line for what runs now."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import TextIO

from submission.cli.environment import inherited
from submission.errors import KitError
from submission.pipeline.plan import Action, Verb
from submission.terminal import Look, Tone, duration, look_at
from submission.wording import counted

# a plain log is read afterwards: progress at intervals is enough
PLAIN_INTERVAL_S = 10.0
REDRAWN_S = 0.5

_UP_TO_DATE, _DONE, _FAILED, _RUNNING, _LEFT = "up to date", "done", "FAILED", "running", "left out"
_TONES = {
    _UP_TO_DATE: Tone.SOFT,
    _DONE: Tone.GOOD,
    _FAILED: Tone.BAD,
    _RUNNING: Tone.STRONG,
    _LEFT: Tone.WARN,
}
_STATE_WIDTH = max(map(len, _TONES))
_TIME_WIDTH = 7
_FIGURE_WIDTH = 25
_LEAST_NAME = 22
_SHORT_REASON = 30

Left = Callable[[str], str]
"""How long the stages after the named one will take, in words; empty if nothing is measured."""


def _unknown(name: str) -> str:
    del name
    return ""


class PlainShow:
    """Lines for logs and pipes: one a stage, and its progress at intervals.

    ``name_width`` aligns what follows the names of the stages. ``left`` words an estimate.
    """

    def __init__(
        self,
        stream: TextIO,
        look: Look,
        *,
        name_width: int = 0,
        left: Left = _unknown,
        interval_s: float = PLAIN_INTERVAL_S,
    ) -> None:
        self._stream = stream
        self._look = look
        self._name_width = name_width
        self._left = left
        self._interval_s = interval_s
        self._last_s = 0.0
        self._begun_s = 0.0
        self._number = ""
        self._name = ""
        self._figure = ""
        self._reason = ""
        self._lines: list[str] = []

    def stage_begins(self, number: int, total: int, action: Action) -> None:
        """A stage that is up to date has its line at once; any other one when it ends."""
        self._begun_s = self._last_s = time.monotonic()
        self._number, self._name = _numbered(number, total), action.stage.name
        self._figure = ""
        self._reason = _short(action)
        if action.verb is Verb.SKIP:
            self._write(self._stage_line(_UP_TO_DATE))

    def stage_ends(self, name: str, seconds: float, error: KitError | None) -> None:
        """State, name, time, figure; the full error is printed at the end of the run."""
        words = [self._figure] if self._figure else []
        if error:
            words = [error.what]
        elif self._reason:
            words.append(f"({self._reason})")
        left = "" if error else self._left(name)
        self._write(
            self._stage_line(
                _FAILED if error else _DONE,
                took=duration(seconds),
                words=" ".join(words),
                last=left,
            )
        )
        self._write_lines()

    def stage_blocked(self, number: int, total: int, name: str, failed: str) -> None:
        """The stage is left out because ``failed`` did not succeed."""
        self._number, self._name = _numbered(number, total), name
        self._write(self._stage_line(_LEFT, words=f"{failed} failed"))

    def close(self) -> None:
        """End the display, perhaps in the middle of a stage."""
        self._write_lines()

    def _write_lines(self) -> None:
        lines, self._lines = self._lines, []
        for text in lines:
            for line in self._look.wrapped(text, first=" " * 8, rest=" " * 10):
                self._write(line)

    def line(self, text: str) -> None:
        """Something that a person should read; it follows below the line of its stage."""
        self._lines.append(text)

    def figure(self, text: str) -> None:
        """What matters of the stage's outcome; it stands on the stage's line."""
        self._figure = text

    def progress(self, fraction: float | None, text: str) -> None:
        """At most one line in ``interval_s``."""
        now = time.monotonic()
        if now - self._last_s >= self._interval_s:
            self._last_s = now
            self._write(self._stage_line(_RUNNING, words=f"{_share(fraction)}{text}"))

    def _stage_line(self, state: str, *, took: str = "", words: str = "", last: str = "") -> str:
        """`` 7/18 done          35 s  measure[…]  269.4 samples/s, VALID``.

        A name gives way to the figure on a narrow terminal; a figure that is longer still has a
        line of its own, as it is never cut.
        """
        look = self._look
        head = f"{self._number} {state:<{_STATE_WIDTH}} {took:>{_TIME_WIDTH}}  "
        width = self._name_width
        if look.width:
            width = min(width, max(look.room - len(head) - _FIGURE_WIDTH, _LEAST_NAME))
        name = short_name(self._name, width, look) if width else self._name
        lines = self._placed(head, (f"{name:<{width}}", name, self._name), words, last)
        lines[0] = lines[0].replace(state, look.toned(state, _TONES[state]), 1)
        return "\n".join(lines)

    def _placed(self, head: str, names: tuple[str, str, str], words: str, last: str) -> list[str]:
        """The line with as much beside the name as fits; what does not fit goes below it."""
        look = self._look
        for name in names[:2]:
            for beside, below in (("; ".join(filter(None, (words, last))), ""), (words, last)):
                line = f"{head}{name}  {beside}".rstrip()
                if not look.width or len(line) <= look.room:
                    return [line, *self._below(head, below)]
        first = f"{head}{short_name(names[2], max(look.room - len(head), _LEAST_NAME), look)}"
        return [first, *self._below(head, words), *self._below(head, last)]

    def _below(self, head: str, text: str) -> list[str]:
        indent = " " * len(head)
        return self._look.wrapped(text, first=indent, rest=indent) if text else []

    def _write(self, text: str) -> None:
        print(text, file=self._stream, flush=True)


class LiveShow(PlainShow):
    """The same lines; below them one line that is redrawn while a stage runs.

    It gives what a person waits for: time so far, share, the stage's own words, and the load of
    the machine, which should be the run's alone.
    """

    def __init__(
        self, stream: TextIO, look: Look, *, name_width: int = 0, left: Left = _unknown
    ) -> None:
        super().__init__(stream, look, name_width=name_width, left=left)
        self._lock = threading.RLock()
        self._runs = threading.Event()
        self._drawer: threading.Thread | None = None
        self._words = ""

    def stage_begins(self, number: int, total: int, action: Action) -> None:
        """Print the stage if there is nothing to do, else begin its live line."""
        super().stage_begins(number, total, action)
        if action.verb is Verb.SKIP:
            return
        self._words = self._reason
        self._runs.set()
        self._draw()
        self._drawer = threading.Thread(target=self._redraw, daemon=True)
        self._drawer.start()

    def stage_ends(self, name: str, seconds: float, error: KitError | None) -> None:
        """Replace the live line by a plain one."""
        self._stop()
        super().stage_ends(name, seconds, error)

    def close(self) -> None:
        """Take the live line away, and show what a stage said that did not end."""
        self._stop()
        super().close()

    def _stop(self) -> None:
        self._runs.clear()
        if self._drawer is not None:
            self._drawer.join()
            self._drawer = None
            with self._lock:
                self._erase()

    def progress(self, fraction: float | None, text: str) -> None:
        self._words = f"{_share(fraction)}{text}"

    def _redraw(self) -> None:
        while self._runs.is_set():
            time.sleep(REDRAWN_S)
            if self._runs.is_set():
                self._draw()

    def _draw(self) -> None:
        look = look_at(self._stream, inherited())  # the window may have another width by now
        elapsed = f"{duration(int(time.monotonic() - self._begun_s)).replace('.0', ''):>4}"
        words = "  ".join(filter(None, (elapsed, self._words))) + _load()
        head = f"{self._number} > "
        room = look.room - len(head) - len(words) - 3
        name = short_name(self._name, max(room, _LEAST_NAME), look)
        text = look.clipped(f"{head}{name} {words}", look.room - 1)
        with self._lock:
            self._erase()
            self._stream.write(text.replace(name, look.toned(name, Tone.STRONG), 1))
            self._stream.flush()

    def _erase(self) -> None:
        self._stream.write("\r\x1b[K")
        self._stream.flush()

    def _write(self, text: str) -> None:
        with self._lock:
            if self._runs.is_set():
                self._erase()
            super()._write(text)


def choose_show(
    stream: TextIO | None = None, *, name_width: int = 0, left: Left = _unknown
) -> PlainShow:
    """A live show for a terminal that can redraw a line, plain lines for anything else."""
    stream = stream or sys.stderr
    look = look_at(stream, inherited())
    kind = LiveShow if look.live else PlainShow
    return kind(stream, look, name_width=name_width, left=left)


def plan_text(actions: list[Action]) -> str:
    """The plan as a table: verb, stage, reason."""
    width = max((len(action.stage.name) for action in actions), default=0)
    rows = [f"{a.verb:<6} {a.stage.name:<{width}}  ({a.reason})" for a in actions]
    todo = sum(action.verb is not Verb.SKIP for action in actions)
    rows.append(f"{todo} of {counted(len(actions), 'stage')} to run")
    return "\n".join(rows)


def short_name(name: str, width: int, look: Look) -> str:
    """``measure[…/Offline/performance]``: what is done stays, its object is cut from the left."""
    verb, bracket, subject = name.partition("[")
    if not bracket:
        return look.clipped(name, width)
    return f"{verb}[{look.shortened(subject, max(width - len(verb) - 1, 8))}"


def _numbered(number: int, total: int) -> str:
    return f"{number:>{len(str(total)) + 1}}/{total}"


def _short(action: Action) -> str:
    """Why a stage runs again, without the files that `plan` lists; nothing for a first run."""
    if action.verb is not Verb.RERUN:
        return ""
    what, _, names = action.reason.partition(": ")
    return action.reason if len(action.reason) <= _SHORT_REASON or not names else what


def _share(fraction: float | None) -> str:
    return "" if fraction is None else f"{min(max(fraction, 0.0), 1.0):.0%} "


def _load() -> str:
    try:
        return f" load {os.getloadavg()[0]:.1f}"
    except OSError:
        return ""
