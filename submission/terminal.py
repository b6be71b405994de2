"""How text looks where it is read: width, colour, aligned columns, paths shortened from the left.

Standard library only, since the checker needs nothing else. Colour only repeats what a word says.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TextIO

#: a terminal that is wider is not filled: long lines are hard to read
WIDEST = 110
#: a blank at which no line is broken
KEPT = "\N{NO-BREAK SPACE}"
_NARROWEST = 40
_GAP = 2


class Tone(StrEnum):
    """What a word means; its value is the terminal's code for its colour.

    The colours are of the 256 that look alike on every terminal, and can be read on white and on
    black. Of the sixteen that a theme sets, green is too pale on xterm's white, and so are yellow,
    cyan and every bright one (``tests/unit/test_terminal.py`` has the figures).
    """

    GOOD = "38;5;29"
    BAD = "1;38;5;196"
    WARN = "38;5;163"
    SOFT = "2"
    STRONG = "1"


@dataclass(frozen=True, kw_only=True)
class Look:
    """The place that text is written for.

    ``width`` is where sentences are wrapped, 0 for a file or a pipe: nothing is wrapped or
    shortened there. ``columns`` are those of the terminal, where it is wider than sentences should
    be; paths and tables may use them. ``live``: a line may be drawn again and again. ``ellipsis``
    stands for what was cut.
    """

    width: int = 0
    columns: int = 0
    colour: bool = False
    live: bool = False
    ellipsis: str = "…"

    @property
    def room(self) -> int:
        """The longest line that fits; 0 for any."""
        return max(self.columns, self.width)

    def toned(self, text: str, tone: Tone | None) -> str:
        """``text`` in the colour of ``tone``, where there is colour."""
        return f"\x1b[{tone.value}m{text}\x1b[0m" if self.colour and tone and text else text

    def shortened(self, path: str, width: int) -> str:
        """The end of a path in at most ``width`` characters, cut at a slash where one is near."""
        if not self.width or len(path) <= width:
            return path
        tail = path[-max(width - len(self.ellipsis), 1) :]
        at = tail.find("/")
        return self.ellipsis + (tail[at:] if 0 <= at < len(tail) // 2 else tail)

    def clipped(self, text: str, width: int) -> str:
        """The beginning of a text in at most ``width`` characters."""
        if not self.width or len(text) <= width:
            return text
        return text[: max(width - len(self.ellipsis), 0)].rstrip() + self.ellipsis

    def split_path(self, path: str, *, indent: int) -> list[str]:
        """A path in lines that fit behind ``indent`` blanks, each broken behind a slash.

        Further lines have two characters less. A name that is longer than a line is not broken.
        """
        return self._split_path(path, self.room - indent, less=_GAP) if self.width else [path]

    def _split_path(self, path: str, room: int, *, less: int = 0) -> list[str]:
        """A path in lines of ``room`` characters; further lines have ``less``."""
        *folders, name = path.split("/")
        lines = [""]
        for part in (*(f"{folder}/" for folder in folders), name):
            if lines[-1] and len(lines[-1]) + len(part) > room - (less if len(lines) > 1 else 0):
                lines.append("")
            lines[-1] += part
        return lines

    def split_command(self, words: Sequence[str], *, indent: int) -> list[str]:
        """A command in lines that fit behind ``indent`` blanks, joined by backslashes.

        Only between ``words`` is it broken; further lines have two characters less.
        """
        lines, room = [words[0]], self.room - indent
        for word in words[1:]:
            # two more for a backslash
            if self.width and len(lines[-1]) + 1 + len(word) + _GAP > room:
                lines[-1] += " \\"
                lines.append(word)
                room = self.room - indent - _GAP
            else:
                lines[-1] += f" {word}"
        return lines

    def wrapped(
        self, text: str, *, first: str = "", rest: str = "", paths: bool = False
    ) -> list[str]:
        """The lines of a text that begins with ``first``; further lines begin with ``rest``.

        A word that is wider than a line is not broken, so that a command can be copied; with
        ``paths`` it is broken behind a slash.
        """
        if not self.width:
            return [(first + text).replace(KEPT, " ")]
        # imported here, as shutil below: a report for a pipe wraps nothing
        import textwrap  # noqa: PLC0415

        lines = textwrap.wrap(
            text,
            width=max(self.width, len(rest) + _NARROWEST // 2),
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
        if paths:
            lines = [part for line in lines for part in self._slashed(line, rest)]
        return [line.replace(KEPT, " ") for line in lines] or [first.rstrip()]

    def _slashed(self, line: str, rest: str) -> list[str]:
        """The line, or its parts where it is too wide and has slashes; they begin with ``rest``."""
        if len(line) <= self.width:
            return [line]
        blanks, word = line[: len(line) - len(line.lstrip())], line.lstrip()
        start, *more = self._split_path(word, self.width - len(rest))
        return [blanks + start, *(rest + part for part in more)]


PLAIN = Look()


def look_at(stream: TextIO, environment: Mapping[str, str]) -> Look:
    """The look for a stream: NO_COLOR, TERM=dumb, CI and pipes are respected.

    FORCE_COLOR asks for colour where there is no terminal.
    """
    terminal = _is_terminal(stream)
    dumb = environment.get("TERM", "") in {"dumb", "unknown"}
    forced = environment.get("FORCE_COLOR", "") not in {"", "0", "false"}
    colour = (forced or (terminal and not dumb)) and not environment.get("NO_COLOR")
    return Look(
        width=min(_columns(), WIDEST) if terminal else 0,
        columns=_columns() if terminal else 0,
        colour=colour,
        live=terminal and not dumb and not environment.get("CI"),
        ellipsis="…" if _has(stream, "…") else "...",
    )


def aligned(
    rows: Iterable[Sequence[str]], *, right: Iterable[int] = (), indent: str = ""
) -> list[str]:
    """Rows as lines with aligned columns; the columns in ``right`` end at one place."""
    every = [tuple(row) for row in rows]
    if not every:
        return []
    widths = [max(len(row[n]) for row in every) for n in range(len(every[0]))]
    ends = frozenset(right)
    gap = " " * _GAP
    return [
        (
            indent
            + gap.join(
                cell.rjust(width) if n in ends else cell.ljust(width)
                for n, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
        ).rstrip()
        for row in every
    ]


def fitted(
    rows: Iterable[Sequence[str]],
    look: Look,
    *,
    column: int,
    right: Iterable[int] = (),
    indent: str = "",
) -> list[str]:
    """Aligned rows in the width of ``look``: the texts of ``column`` give way from the left."""
    every = [tuple(row) for row in rows]
    lines = aligned(every, right=right, indent=indent)
    over = max(map(len, lines), default=0) - look.room
    if not look.width or over <= 0:
        return lines
    widest = max(len(row[column]) for row in every)
    least = max(widest - over, _NARROWEST // 4)
    short = [
        (*row[:column], look.shortened(row[column], least), *row[column + 1 :]) for row in every
    ]
    return aligned(short, right=right, indent=indent)


def duration(seconds: float) -> str:
    """``4.1 s``, ``42 s``, ``3 min 20 s``, ``1 h 10 min``."""
    if seconds < 10:  # noqa: PLR2004 - tenths matter below
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(whole / 60), 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


class Ticker:
    """One line of progress on a terminal, drawn over itself; nothing elsewhere.

    It appears after a second, so that quick work shows none, and is gone at the end.
    """

    def __init__(
        self, stream: TextIO, look: Look, *, after_s: float = 1.0, every_s: float = 0.2
    ) -> None:
        self._stream = stream
        self._look = look
        self._begun_s = time.monotonic()
        self._next_s = self._begun_s + after_s
        self._every_s = every_s
        self._drawn = False

    def show(self, text: str) -> None:
        """Draw ``text`` and the time so far, at most every ``every_s``."""
        now = time.monotonic()
        if not self._look.live or now < self._next_s:
            return
        self._next_s = now + self._every_s
        self._drawn = True
        words = self._look.clipped(f"{text}, {duration(now - self._begun_s)}", self._look.room - 1)
        self._stream.write(f"\r\x1b[K{words}")
        self._stream.flush()

    def close(self) -> None:
        """Take the line away."""
        if self._drawn:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._drawn = False


def _columns() -> int:
    import shutil  # noqa: PLC0415

    return max(shutil.get_terminal_size().columns, _NARROWEST)


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # it is closed
        return False


def _has(stream: TextIO, character: str) -> bool:
    try:
        character.encode(getattr(stream, "encoding", None) or "utf-8")
    except (LookupError, UnicodeEncodeError):
        return False
    return True
