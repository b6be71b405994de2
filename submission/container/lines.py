"""Cuts a stream of bytes into lines."""

from __future__ import annotations

import codecs
from collections import deque
from collections.abc import Callable, Iterator

from submission.container.order import TAIL_LINES


class LineCutter:
    """Cuts one stream of UTF-8 bytes at its line ends; a chunk may end anywhere."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._rest = ""

    def feed(self, chunk: bytes) -> Iterator[str]:
        """The lines that ``chunk`` completes, without their ends."""
        *whole, self._rest = (self._rest + self._decoder.decode(chunk)).split("\n")
        for line in whole:
            yield line.removesuffix("\r")

    def close(self) -> Iterator[str]:
        """The last line, if the stream did not end with a line end."""
        rest = self._rest + self._decoder.decode(b"", final=True)
        self._rest = ""
        if rest:
            yield rest


class Tail:
    """Passes lines on and remembers the last of them."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self._on_line = on_line
        self._kept: deque[str] = deque(maxlen=TAIL_LINES)

    def __call__(self, line: str) -> None:
        self._kept.append(line)
        self._on_line(line)

    @property
    def lines(self) -> tuple[str, ...]:
        """The last lines, oldest first."""
        return tuple(self._kept)
