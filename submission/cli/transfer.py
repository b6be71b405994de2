"""Shows fetching and joining: a bar per file and one for all, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from submission.artifacts.progress import ReportStep, Step, Work
from submission.artifacts.progress_text import step_text
from submission.cli.show import PLAIN_INTERVAL_S


@contextmanager
def transfer_show(stream: TextIO | None = None) -> Iterator[ReportStep]:
    """Yield what shows the steps of fetching and joining: bars on a terminal, else plain lines."""
    stream = stream or sys.stderr
    if not stream.isatty():
        yield plain_transfer(stream)
        return
    with _bars(stream) as report:
        yield report


def plain_transfer(stream: TextIO, *, interval_s: float = PLAIN_INTERVAL_S) -> ReportStep:
    """A line when a file is done, notes as they come, and progress at intervals in between."""
    last_s = time.monotonic()

    def report(step: Step) -> None:
        nonlocal last_s
        now = time.monotonic()
        if step.work is Work.NOTE:
            text = f"{step.name}: {step.words}"
        elif step.work is not Work.VERIFY and (step.finished or now - last_s >= interval_s):
            text = step_text(step)
        else:
            return
        last_s = now
        print(text, file=stream, flush=True)

    return report


@contextmanager
def _bars(stream: TextIO) -> Iterator[ReportStep]:
    # only a terminal needs rich, which the image lacks
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        DownloadColumn,
        Progress,
        TaskID,
        TextColumn,
        TransferSpeedColumn,
    )

    bars = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=Console(file=stream, highlight=False),
    )
    tasks: dict[tuple[Work, str], TaskID] = {}

    def report(step: Step) -> None:
        if step.work is Work.NOTE:
            bars.console.print(f"{step.name}: {step.words}", markup=False, soft_wrap=True)
            return
        key = (step.work, step.name)
        if key not in tasks:
            tasks[key] = bars.add_task(f"{step.work} {step.name}", total=step.total_bytes)
        bars.update(tasks[key], completed=step.done_bytes, total=step.total_bytes)
        files = [task for task in bars.tasks if task.id in tasks.values()]
        bars.update(
            whole,
            completed=sum(task.completed for task in files),
            total=sum(task.total or task.completed for task in files),
        )

    with bars:
        whole = bars.add_task("in all", total=None)
        yield report
