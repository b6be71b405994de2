"""Runs a pipeline: stages in order, each stamp last, and no stage whose need has failed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from submission.errors import KitError, StageError, UserStopError
from submission.pipeline.plan import Action, StampFolder, Verb, decide
from submission.pipeline.stage import Reporter, Stage
from submission.pipeline.stamp import seen_by, write_stamp


class Show(Reporter, Protocol):
    """A Reporter that also follows the pipeline: which stage begins, ends, or cannot run."""

    def stage_begins(self, number: int, total: int, action: Action) -> None:
        """A stage is about to run, or is skipped."""

    def stage_ends(self, name: str, seconds: float, error: KitError | None) -> None:
        """A stage that ran is over."""

    def stage_blocked(self, number: int, total: int, name: str, failed: str) -> None:
        """A stage cannot run because one that it needs has failed."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The names of the stages that ran, were skipped, were blocked, or failed."""

    ran: tuple[str, ...]
    skipped: tuple[str, ...]
    blocked: tuple[str, ...]
    failures: tuple[tuple[str, KitError], ...]


def run(stages: Sequence[Stage], stamps: StampFolder, show: Show) -> Outcome:
    """Bring every stage up to date; a failure stops only the stages that need its outcome."""
    ran: list[str] = []
    skipped: list[str] = []
    blocked: dict[str, str] = {}
    failures: list[tuple[str, KitError]] = []
    for number, stage in enumerate(stages, start=1):
        cause = _failed_need(stage, dict(failures), blocked)
        if cause:
            blocked[stage.name] = cause
            show.stage_blocked(number, len(stages), stage.name, cause)
            continue
        action = decide(stage, stamps)
        show.stage_begins(number, len(stages), action)
        if action.verb is Verb.SKIP:
            skipped.append(stage.name)
            continue
        error = _run_one(stage, stamps, show)
        if error is None:
            ran.append(stage.name)
        else:
            failures.append((stage.name, error))
    return Outcome(
        ran=tuple(ran), skipped=tuple(skipped), blocked=tuple(blocked), failures=tuple(failures)
    )


def _failed_need(stage: Stage, failed: dict[str, KitError], blocked: dict[str, str]) -> str | None:
    for need in stage.needs:
        if need in failed:
            return need
        if need in blocked:
            return blocked[need]
    return None


def _run_one(stage: Stage, stamps: StampFolder, show: Show) -> KitError | None:
    """Run the stage, then write its stamp; raises UserStopError.

    The old stamp stays until then. Stamps are compared with settings and files, so a run that
    stops or fails under other settings does not invalidate the earlier outcome.
    """
    begun = time.monotonic()
    try:
        seen = seen_by(stage, stamps.base)
        stage.run(show)
        _demand_outputs(stage)
        write_stamp(stamps.path, stage, seen, base=stamps.base)
    except (KeyboardInterrupt, UserStopError) as stop:
        raise UserStopError(
            "the work was stopped",
            detail=f"in the middle of {stage.name}",
            hint="run the same command again to resume",
        ) from stop
    except KitError as error:
        show.stage_ends(stage.name, time.monotonic() - begun, error)
        return error
    except OSError as error:
        worded = _disk_error(stage, error)
        show.stage_ends(stage.name, time.monotonic() - begun, worded)
        return worded
    show.stage_ends(stage.name, time.monotonic() - begun, None)
    return None


def _demand_outputs(stage: Stage) -> None:
    missing = [path for path in stage.outputs() if not path.exists()]
    if missing:
        raise StageError(
            f"{stage.name} ended without its outputs",
            detail="missing: " + ", ".join(path.name for path in missing),
            hint="this is a bug of the kit: please report it with the command you ran",
        )


def _disk_error(stage: Stage, error: OSError) -> StageError:
    where = f": {error.filename}" if error.filename else ""
    return StageError(
        f"{stage.name} could not read or write a file",
        detail=f"{error.strerror or error}{where}",
        hint="free some space, or make the workspace writable (or choose another one: WORKSPACE=…)",
    )
