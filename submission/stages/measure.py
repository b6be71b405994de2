"""One LoadGen run in a container of its own; its logs are kept only if it is VALID."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from submission.files import write_json
from submission.pipeline.stage import Reporter
from submission.runs.numbers import loadgen_settings
from submission.runs.outcome import RunReport
from submission.runs.planning import plan_settings, sut_plan
from submission.runs.profile_run import Launched, run_profile
from submission.stages.base import StageBase, ready_stage
from submission.stages.metadata import run_metadata
from submission.terms import NS_PER_MS, Mode, RunId, Scenario
from submission.workspace.folders import METADATA


@dataclass(frozen=True)
class Measure(StageBase):
    """The logs of one VALID run, with the configuration and metadata that explain them."""

    run_id: RunId | None = None

    @property
    def name(self) -> str:
        """``measure[<benchmark>/<scenario>/<mode>]``, with the profile's own folder."""
        return f"measure[{self._run}]"

    @property
    def needs(self) -> tuple[str, ...]:
        """The image, the model, and the features."""
        dataset = self.context.profile.dataset
        probed = self.context.benchmark(self._run.benchmark).probed
        before = (f"probe[{self._run.benchmark}]",) if probed else ()
        ready = ready_stage(self.context, self._run.benchmark)
        return (ready, f"features[{dataset}]", "image", *before)

    def settings(self) -> Mapping[str, Any]:
        """The round, LoadGen's settings, the plan, and where it runs; not the profile's texts."""
        settings = self.context.settings
        return {
            "round": self.context.profile.round,
            "profile": self.context.profile.name,
            "submittable": self.context.profile.submittable,
            "loadgen": asdict(loadgen_settings(self.context, self._run)),
            "plan": plan_settings(sut_plan(self.context, self._run)),
            "runner": settings.runner,
            "cpuset": settings.cpuset,
            "memory_bytes": settings.memory_bytes,
        }

    def inputs(self) -> tuple[Path, ...]:
        """Image id, model files and features."""
        folder = self.context.workspace.model_folder(self._run.benchmark)
        names = [file.name for file in self.context.manifest(self._run.benchmark).files]
        files = tuple(folder / name for name in names)
        return (self.context.workspace.image_file(), self.context.features_file(), *files)

    def outputs(self) -> tuple[Path, ...]:
        """The folder of the run."""
        return (self._folder,)

    def run(self, report: Reporter) -> None:
        """Run LoadGen in a new process; a run that is not VALID is kept elsewhere."""
        done = run_profile(
            self.context,
            self._run,
            loadgen_settings(self.context, self._run),
            self._folder,
            report,
            complete=self._describe,
        )
        report.figure(result_words(done, self._run))

    def _describe(self, launched: Launched) -> None:
        metadata = run_metadata(self.context, self._run, launched)
        write_json(launched.report.folder / METADATA, metadata)

    @property
    def _run(self) -> RunId:
        assert self.run_id is not None
        return self.run_id

    @property
    def _folder(self) -> Path:
        return self.context.workspace.run_folder(self._run)


def result_words(report: RunReport, run: RunId) -> str:
    """The run's figure in a few words: rate, Server latency against its bound, verdict."""
    results, effective = report.results, report.values.get("effective", {})
    if run.mode is Mode.ACCURACY:
        return f"{report.answered} samples answered"
    server = run.scenario is Scenario.SERVER
    rate = report.number(
        "result_scheduled_samples_per_sec" if server else "result_samples_per_second"
    )
    words = [] if rate is None else [f"{rate:.4g} {'queries' if server else 'samples'}/s"]
    latency = report.number("result_99.00_percentile_latency_ns")
    bound = effective.get("effective_target_latency_ns")
    if server and latency is not None:
        of = f" of {bound / NS_PER_MS:.5g}" if isinstance(bound, int | float) else ""
        words.append(f"99th percentile {latency / NS_PER_MS:.4g}{of} ms")
    return ", ".join([*words, str(results.get("result_validity", "no verdict"))])
