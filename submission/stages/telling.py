"""What rooms report, in the words of a pipeline's ``Tell``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from submission.container.progress import progress_words
from submission.pipeline.stage import Tell


def line_tell(tell: Tell, log: Path) -> Callable[[str], None]:
    """A receiver of the harness' output: progress moves the bar, everything goes to ``log``."""
    stream = log.open("a", encoding="utf-8")

    def receive(line: str) -> None:
        stream.write(line + "\n")
        stream.flush()
        progress = progress_words(line)
        if progress is not None:
            tell.progress(*progress)

    return receive
