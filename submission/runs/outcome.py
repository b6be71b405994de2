"""The outcome of a run, read from the harness' files in its folder."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from submission.container.order import CommandOutcome
from submission.errors import StageError
from submission.files import read_json
from submission.harness.failure import FailureKind, HarnessError
from submission.harness.files import ERROR_FILE, LATENCIES_FILE, REPORT_FILE
from submission.harness.latencies import read_latencies
from submission.host.busy import Disturbance

NOT_VALID = frozenset({FailureKind.INVALID})


@dataclass(frozen=True, kw_only=True)
class RunFailure:
    """Why the harness gave a run up (``error.json``)."""

    kind: str
    what: str
    detail: str
    hint: str

    @classmethod
    def of(cls, error: HarnessError) -> RunFailure:
        """The error of a harness in this process."""
        return cls(kind=error.kind, what=error.what, detail=error.detail, hint=error.hint)


@dataclass(frozen=True, kw_only=True)
class RunReport:
    """What the harness recorded of a run (``harness.json``).

    ``failure`` is None for a good run. Of a run that it gave up before LoadGen's end, ``values``
    is empty.
    """

    folder: Path
    values: Mapping[str, Any]
    failure: RunFailure | None = None

    @property
    def invalid(self) -> str | None:
        """Why LoadGen calls the run INVALID; None for a good run."""
        return self.failure.detail if self.failure else None

    @property
    def answered(self) -> int:
        """Samples that were answered."""
        return int(self.values.get("answered", 0))

    @property
    def cpus(self) -> tuple[int, ...]:
        """The processors that the harness could use."""
        return tuple(self.values["machine"]["affinity"])

    @property
    def loadgen_cpu_s(self) -> float:
        """CPU time from LoadGen's start to its end, workers included."""
        used = self.values["loadgen_cpu_s"]
        return float(used["cpu_user_s"] + used["cpu_system_s"])

    @property
    def disturbance(self) -> Disturbance | None:
        """What others took of its processors; None where that is not known."""
        found = self.values.get("disturbance")
        return Disturbance(**found) if found else None

    @property
    def results(self) -> Mapping[str, Any]:
        """LoadGen's ``result_*`` and ``early_stopping_*``."""
        results: Mapping[str, Any] = self.values.get("results", {})
        return results

    def number(self, key: str) -> float | None:
        """A number of LoadGen's results; None if there is none."""
        value = self.results.get(key)
        return float(value) if isinstance(value, int | float) else None


def sample_indices(folder: Path) -> list[int]:
    """The samples that LoadGen asked for in the run of ``folder``, in its order.

    Raises StageError where the file of latencies cannot be read.
    """
    path = folder / LATENCIES_FILE
    latencies = read_latencies(path)
    if latencies is None:
        raise StageError(
            "the samples of a run cannot be read",
            detail=f"{path} is missing or damaged",
            hint="check whether the disk is full, then run it again",
        )
    indices: list[int] = latencies.sample_index.tolist()
    return indices


@dataclass(frozen=True, kw_only=True)
class RunEnd:
    """How the process of a run ended; ``folder`` holds what it wrote."""

    name: str
    folder: Path
    outcome: CommandOutcome

    @cached_property
    def failure(self) -> RunFailure | None:
        """What the harness says; None for a good run, and for a harness that died."""
        if self.outcome.ok:
            return None
        try:
            words = read_json(self.folder / ERROR_FILE)
            return RunFailure(**{key: str(words[key]) for key in RunFailure.__dataclass_fields__})
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def report(self, allowed: Collection[str] = ()) -> RunReport:
        """The harness's record; StageError unless the run is good or of an ``allowed`` failure."""
        failure = self.failure
        if not self.outcome.ok and (failure is None or failure.kind not in allowed):
            raise self.error()
        try:
            values = read_json(self.folder / REPORT_FILE)
        except (OSError, ValueError) as error:
            if failure is None or failure.kind in NOT_VALID:
                raise StageError(
                    f"{self.name} left no report",
                    detail=f"{self.folder / REPORT_FILE}: {error}",
                    hint="check whether the disk is full, then run it again",
                ) from error
            values = {}
        return RunReport(folder=self.folder, values=values, failure=failure)

    def error(self) -> StageError:
        """Why the run failed: the harness's own words, or what became of its process."""
        if self.failure is None:
            died = self.outcome.failure(self.name)
            return StageError(died.what, detail=died.detail, hint=died.hint)
        return StageError(
            f"{self.name}: {self.failure.what}",
            detail=self.failure.detail,
            hint=self.failure.hint,
        )


class FailedRunError(StageError):
    """A run that failed, and how; ``end.folder`` is where its files were moved to."""

    def __init__(self, end: RunEnd) -> None:
        error = end.error()
        super().__init__(
            error.what, detail=f"{error.detail}; kept in {end.folder}", hint=error.hint
        )
        self.end = end
