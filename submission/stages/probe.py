"""A short Offline run that shows how fast this machine is, for profiles that ask for a share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submission.files import write_json
from submission.pipeline.stage import Reporter
from submission.runs.numbers import sample_count, terms_of
from submission.runs.planning import plan_settings, sut_plan
from submission.runs.profile_run import run_profile
from submission.stages.base import StageBase, ready_stage
from submission.terms import LoadgenSettings, Mode, RunId, Scenario

# half a minute on two cores without VNNI, a few seconds where there is AMX
SAMPLES = 1000


@dataclass(frozen=True)
class Probe(StageBase):
    """Samples/s of one model on this machine; a guide for settings, not a result."""

    benchmark: str = ""

    @property
    def name(self) -> str:
        """``probe[<benchmark>]``."""
        return f"probe[{self.benchmark}]"

    @property
    def needs(self) -> tuple[str, ...]:
        """What a measurement needs."""
        dataset = self.context.profile.dataset
        return (ready_stage(self.context, self.benchmark), f"features[{dataset}]", "image")

    def settings(self) -> Mapping[str, Any]:
        """Samples, plan, and where it runs."""
        settings = self.context.settings
        return {
            "samples": SAMPLES,
            "plan": plan_settings(sut_plan(self.context, self._run)),
            "runner": settings.runner,
            "cpuset": settings.cpuset,
            "memory_bytes": settings.memory_bytes,
        }

    def inputs(self) -> tuple[Path, ...]:
        folder = self.context.workspace.model_folder(self.benchmark)
        files = [folder / file.name for file in self.context.manifest(self.benchmark).files]
        return (self.context.workspace.image_file(), self.context.features_file(), *files)

    def outputs(self) -> tuple[Path, ...]:
        return (self.context.workspace.probe_file(self.benchmark),)

    def run(self, report: Reporter) -> None:
        """Run and record the rate; raises StageError as a measurement does."""
        folder = self.context.workspace.probe_folder(self.benchmark)
        done = run_profile(
            self.context, self._run, self._settings(), folder, report, name=self.name
        )
        rate, cores = done.results["result_samples_per_second"], len(done.cpus)
        write_json(
            self.context.workspace.probe_file(self.benchmark),
            {"samples_per_s": rate, "cores": cores},
        )
        report.figure(f"{rate:.4g} samples/s on {cores} cores")

    @property
    def _run(self) -> RunId:
        return RunId(benchmark=self.benchmark, scenario=Scenario.OFFLINE, mode=Mode.PERFORMANCE)

    def _settings(self) -> LoadgenSettings:
        rules = terms_of(self.context, self.benchmark)
        return LoadgenSettings(
            **self.context.policy.seeds.by_key(),
            performance_sample_count=sample_count(self.context, rules),
            min_duration_ms=1,
            min_query_count=1,
            target_qps=1,
            samples_per_query=SAMPLES,
        )
