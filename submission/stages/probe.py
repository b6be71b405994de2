"""Short Offline runs that show how fast this machine is, for profiles that ask for a share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from submission.files import write_json
from submission.host.busy import NOTABLE
from submission.host.facts import read_machine
from submission.host.probes import LiveProbes
from submission.host.quiet import others_now
from submission.loadgen.keys import OFFLINE_RATE
from submission.pipeline.stage import Reporter
from submission.runs.numbers import ProbedRate, read_probe, sample_count, terms_of
from submission.runs.planning import run_place
from submission.runs.profile_run import run_processors, run_profile
from submission.stages.base import StageBase, ready_stage
from submission.terms import LoadgenSettings, Mode, RunId, Scenario

# ten seconds each on two cores without VNNI, one where there is AMX
PASSES = 3
SAMPLES = 400
# of the cores: load that came or went since the probe
CHANGED = 0.25


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
        """Samples, passes, plan, and where it runs."""
        return {
            "samples": SAMPLES,
            "passes": PASSES,
            **run_place(self.context, self._run),
        }

    def inputs(self) -> tuple[Path, ...]:
        folder = self.context.workspace.model_folder(self.benchmark)
        files = [folder / file.name for file in self.context.manifest(self.benchmark).files]
        return (self.context.workspace.image_file(), self.context.features_file(), *files)

    def outputs(self) -> tuple[Path, ...]:
        return (self.context.workspace.probe_file(self.benchmark),)

    def probe(self) -> str | None:
        """Whether the load or the governor differ from then, while a run still needs the rate."""
        known = read_probe(self.context, self.benchmark)
        if known is None:
            return "the rate cannot be read"
        folder = self.context.workspace.run_folder
        if all(folder(run).is_dir() for run in self.context.benchmark(self.benchmark).run_ids):
            return None
        governor = read_machine(LiveProbes()).governor
        if governor != known.governor:
            return f"the governor was {known.governor} and is {governor}"
        now = self._others_now
        if known.others_share is None or now is None or abs(now - known.others_share) < CHANGED:
            return None
        return (
            f"others took {known.others_share:.0%} of the processors then, and take {now:.0%} now"
        )

    @cached_property
    def _others_now(self) -> float | None:
        """One look, which takes a second, for a plan and the run that follows it."""
        return others_now(run_processors(self.context))

    def run(self, report: Reporter) -> None:
        """Run and record the rate of each pass; raises StageError as a measurement does."""
        folder = self.context.workspace.probe_folder(self.benchmark)
        passes = []
        for number in range(1, PASSES + 1):
            name = f"{self.name}-{number}"
            done = run_profile(self.context, self._run, self._settings(), folder, report, name=name)
            passes.append(done)
        shares = [done.disturbance.others_share for done in passes if done.disturbance]
        probed = ProbedRate(
            passes=tuple(float(done.results[OFFLINE_RATE]) for done in passes),
            cores=len(passes[0].cpus),
            others_share=max(shares, default=None),
            governor=read_machine(LiveProbes()).governor,
        )
        write_json(self.context.workspace.probe_file(self.benchmark), asdict(probed))
        words = f"{probed.slowest:.4g} to {probed.fastest:.4g} samples/s on {probed.cores} cores"
        if probed.others_share is not None and probed.others_share >= NOTABLE:
            words += f", while others took {probed.others_share:.0%} of them"
        report.figure(words)

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
