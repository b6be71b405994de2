"""The running stage as a live line on a terminal, drawn by rich."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from submission.cli.show import PlainShow
from submission.errors import KitError
from submission.pipeline.plan import Action, Verb


class LiveShow(PlainShow):
    """Plain lines above; below, one line with bar, time and text while a stage runs."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._console = Console(file=stream, highlight=False)
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def stage_begins(self, number: int, total: int, action: Action) -> None:
        """Print the stage, and draw its live line if it runs."""
        super().stage_begins(number, total, action)
        if action.verb is Verb.SKIP:
            return
        self._progress = Progress(
            TextColumn("        "),
            BarColumn(bar_width=24),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
            console=self._console,
            transient=True,
        )
        self._task = self._progress.add_task("", total=None)
        self._progress.start()

    def stage_ends(self, name: str, seconds: float, error: KitError | None) -> None:
        """Replace the live line by a plain one."""
        self.close()
        super().stage_ends(name, seconds, error)

    def close(self) -> None:
        """Restore the terminal's cursor."""
        if self._progress:
            self._progress.stop()
            self._progress = None

    def progress(self, fraction: float | None, text: str) -> None:
        if self._progress and self._task is not None:
            total = None if fraction is None else 1.0
            self._progress.update(
                self._task, total=total, completed=fraction or 0.0, description=text
            )

    def _write(self, text: str) -> None:
        self._console.print(text, markup=False, soft_wrap=True)
