"""What rooms report, in the words of a pipeline's ``Tell``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from submission.container.progress import progress_words
from submission.pipeline.stage import Reporter


@contextmanager
def harness_log(report: Reporter, log: Path) -> Iterator[Callable[[str], None]]:
    """A receiver of the harness' output: progress moves the bar, everything goes to ``log``."""
    with log.open("w", encoding="utf-8", buffering=1) as stream:

        def receive(line: str) -> None:
            stream.write(line + "\n")
            progress = progress_words(line)
            if progress is not None:
                report.progress(*progress)

        yield receive
