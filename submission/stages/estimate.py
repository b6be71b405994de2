"""How long the measurements of a profile will take, from its numbers and from what was measured.

The whole is known before the first run, and better after each: a model's Offline rate on this
machine replaces the profile's guess. What else there is (an image, a tree) takes little beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from submission.errors import KitError
from submission.files import read_json
from submission.loadgen.counts import planned_samples
from submission.loadgen.keys import OFFLINE_RATE
from submission.pipeline.plan import Action, Verb
from submission.runs.context import Context
from submission.runs.numbers import loadgen_settings, read_probe
from submission.stages.fetch import Fetch
from submission.stages.measure import Measure
from submission.terminal import duration
from submission.terms import Mode, RunId, Scenario
from submission.wording import counted

#: reading and compiling the model, loading the samples
START_S = 3.0


@dataclass(frozen=True)
class Outlook:
    """The measurements that are still to be made, in their order."""

    context: Context
    actions: Sequence[Action]

    @cached_property
    def _runs(self) -> dict[str, RunId]:
        return {
            action.stage.name: action.stage.run_id
            for action in self.actions
            if isinstance(action.stage, Measure)
            and action.stage.run_id is not None
            and action.verb is not Verb.SKIP
        }

    def to_fetch(self) -> str:
        """``squad (4.9 MB)``: what has to come from another machine; empty for nothing."""
        stages = [action.stage for action in self.actions if action.verb is not Verb.SKIP]
        found = [each.from_afar() for each in stages if isinstance(each, Fetch)]
        return ", ".join(filter(None, found))

    def whole(self) -> str:
        """``4 measurements, about 2 min``; empty where there is none."""
        return self._words(self._runs.values()) if self._runs else ""

    def after(self, stage: str) -> str:
        """What is left behind a measurement, or behind the probe; empty after other stages."""
        names = list(self._runs)
        if stage.startswith("probe["):
            return self.whole()
        if stage not in names:
            return ""
        left = names[names.index(stage) + 1 :]
        return f"left: {self._words(self._runs[name] for name in left)}" if left else ""

    def _words(self, runs: Iterable[RunId]) -> str:
        whole, least, known = 0, 0.0, True
        for run in runs:
            time = run_s(self.context, run)
            whole, known = whole + 1, known and time is not None
            least += least_s(self.context, run) if time is None else time
        words = counted(whole, "measurement")
        if not least:
            return words
        return f"{words}, {'about' if known else 'at least'} {duration(round(least))}"


def least_s(context: Context, run: RunId) -> float:
    """What a run takes whatever its rate: the least that LoadGen is asked for, in seconds."""
    if run.mode is Mode.ACCURACY:
        return 0.0
    try:
        return loadgen_settings(context, run).min_duration_ms / 1000
    except KitError:
        return 0.0


def run_s(context: Context, run: RunId) -> float | None:
    """About how long a run takes, in seconds; None before its rate is known."""
    try:
        settings = loadgen_settings(context, run)
    except KitError:
        return None
    rate = _rate(context, run)
    if run.scenario is Scenario.SERVER:
        # queries come as they are scheduled, however fast the machine is
        rate = settings.target_qps or rate
    if not rate:
        return None
    if run.mode is Mode.ACCURACY:
        samples = context.manifest(context.profile.dataset).samples
        return START_S + (samples or settings.performance_sample_count) / rate
    planned = planned_samples(settings, run.scenario)
    if run.scenario is Scenario.SERVER:
        return START_S + max(settings.min_duration_ms / 1000, planned / rate)
    return START_S + planned / rate


def _rate(context: Context, run: RunId) -> float | None:
    """Samples a second of a model here: its last Offline run, its probe, or the profile's guess."""
    offline = RunId(benchmark=run.benchmark, scenario=Scenario.OFFLINE, mode=Mode.PERFORMANCE)
    try:
        metadata = read_json(context.workspace.metadata_file(offline))
        return float(metadata["harness"]["results"][OFFLINE_RATE])
    except (OSError, ValueError, LookupError, TypeError):
        pass
    probe = read_probe(context, run.benchmark)
    if probe is not None:
        return probe.slowest
    numbers = context.benchmark(run.benchmark).runs.get((run.scenario, run.mode))
    return numbers.target_qps if numbers else None
