"""Starts the process of a run: in a container for the stages, else on this host."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from submission.container.engine import Engine
from submission.container.host_engine import HostEngine
from submission.container.order import CommandOrder
from submission.container.progress import progress_words
from submission.errors import StageError
from submission.harness.files import ERROR_FILE, LOG_FILE, REPORT_FILE
from submission.runs.outcome import RunEnd

HARNESS = "submission.harness"
ROOT = Path(__file__).resolve().parents[2]

OnProgress = Callable[[float | None, str], None]
"""Receives the share of the run that is done (None if unknown) and a short text."""


def silent(share: float | None, words: str) -> None:
    """Drops the progress of a run that is not shown to a user."""
    del share, words


def command(
    spec: str, *, module: str = HARNESS, way: str | None = None, python: str = "python"
) -> tuple[str, ...]:
    """The command line of a run of the RunSpec file ``spec``."""
    return (python, "-m", module, *([way] if way else ()), spec)


def launch(
    engine: Engine, order: CommandOrder, folder: Path, name: str, on_progress: OnProgress = silent
) -> RunEnd:
    """Run the order to its end; its output goes to ``harness.log`` in ``folder``.

    ``name`` is the run's in errors. Raises what the engine raises where it cannot be run.
    """
    for stale in (ERROR_FILE, REPORT_FILE):
        (folder / stale).unlink(missing_ok=True)
    with (folder / LOG_FILE).open("w", encoding="utf-8", buffering=1) as log:

        def receive(line: str) -> None:
            log.write(line + "\n")
            progress = progress_words(line)
            if progress is not None:
                on_progress(*progress)

        outcome = engine.run(order, receive)
    return RunEnd(name=name, folder=folder, outcome=outcome)


def launch_here(
    command_line: tuple[str, ...],
    folder: Path,
    name: str,
    *,
    environment: Mapping[str, str] | None = None,
    on_progress: OnProgress = silent,
    limit_s: float | None = None,
    more: Mapping[str, str] = MappingProxyType({}),
) -> RunEnd:
    """Run a command of the kit as a process of this host.

    ``environment`` None is that of this process; ``more`` is added to it. Any Python may run the
    command: it finds the kit by PYTHONPATH. Raises StageError for a process that had to be ended
    after ``limit_s``.
    """
    engine = HostEngine(environment=environment, root=ROOT, limit_s=limit_s)
    order = CommandOrder(
        image=sys.executable,
        command=command_line,
        environment={"PYTHONPATH": str(ROOT), **more},
    )
    start = time.monotonic()
    end = launch(engine, order, folder, name, on_progress)
    if limit_s is not None and not end.outcome.ok and time.monotonic() - start >= limit_s:
        raise StageError(
            f"{name} hangs",
            detail=f"it was ended after {limit_s:.0f} s",
            hint=f"see {folder / LOG_FILE}",
        )
    return end
