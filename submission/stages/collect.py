"""Collects what the logs of a profile's runs say in one file, for the later stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submission.errors import StageError
from submission.files import read_json, write_json
from submission.harness.digests import refuse_changed
from submission.loadgen.detail import DetailLog, read_detail_log
from submission.loadgen.names import DETAIL_FILE
from submission.loadgen.reading import Unreadable
from submission.pipeline.stage import Reporter
from submission.runs.context import Context
from submission.stages.base import StageBase
from submission.terms import Mode, RunId
from submission.wording import counted


def profile_runs(context: Context) -> tuple[RunId, ...]:
    """Every run of the profile, in its order."""
    return tuple(run for item in context.profile.benchmarks for run in item.run_ids)


@dataclass(frozen=True)
class Collect(StageBase):
    """The facts of every run, read from LoadGen's logs and compared with the harness' record."""

    name = "collect"

    @property
    def needs(self) -> tuple[str, ...]:
        """Every run of the profile."""
        return tuple(f"measure[{run}]" for run in profile_runs(self.context))

    def settings(self) -> Mapping[str, Any]:
        """Which runs there are."""
        return {"runs": [str(run) for run in profile_runs(self.context)]}

    def inputs(self) -> tuple[Path, ...]:
        """Each run's detail log and metadata."""
        workspace = self.context.workspace
        return tuple(
            path
            for run in profile_runs(self.context)
            for path in (workspace.run_folder(run) / DETAIL_FILE, workspace.metadata_file(run))
        )

    def outputs(self) -> tuple[Path, ...]:
        return (self.context.workspace.results_file(),)

    def run(self, report: Reporter) -> None:
        """Collect; raises StageError if a log is damaged or differs from the harness' record."""
        runs = {str(run): self._facts(run) for run in profile_runs(self.context)}
        write_json(self.context.workspace.results_file(), {"version": 1, "runs": runs})
        report.figure(counted(len(runs), "run"))

    def _facts(self, run: RunId) -> dict[str, Any]:
        folder = self.context.workspace.run_folder(run)
        log = read_detail_log(folder / DETAIL_FILE)
        if isinstance(log, Unreadable):
            raise StageError(
                f"the log of {run} cannot be read",
                detail=f"{folder / DETAIL_FILE}: {log.why}",
                hint=f"remove {folder} and run it again",
            )
        metadata = read_json(self.context.workspace.metadata_file(run))
        refuse_changed(folder, metadata["harness"].get("digests", {}), str(run))
        _agree(run, log, metadata["harness"])
        return {"log": dict(log.values), "metadata": metadata}


def _agree(run: RunId, log: DetailLog, harness: Mapping[str, Any]) -> None:
    """Compare the log with the harness' record, since it may have changed after the run."""
    if run.mode is Mode.PERFORMANCE and log.get("result_validity") != "VALID":
        raise StageError(
            f"{run} is not VALID",
            detail=f"result_validity: {log.get('result_validity')}",
            hint="run it again: the log was changed after the run",
        )
    recorded = {**harness["results"], **harness["effective"]}
    for key, value in log.values.items():
        if key in recorded and recorded[key] != value:
            raise StageError(
                f"the log of {run} differs from what the harness recorded",
                detail=f"{key} is {value!r}, recorded was {recorded[key]!r}",
                hint="run it again: the log was changed after the run",
            )
