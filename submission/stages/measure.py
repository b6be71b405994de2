"""One LoadGen run in a container of its own; its logs are kept only if it is VALID.

A run that is INVALID for a reason that a setting mends is repeated with that setting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from submission.errors import StageError
from submission.files import write_json
from submission.loadgen.keys import OFFLINE_RATE, RATES, percentile_key
from submission.pipeline.stage import Reporter
from submission.runs.mend import MENDABLE, Lessons, Mend, mend_of, mended
from submission.runs.numbers import found_rate, loadgen_settings
from submission.runs.outcome import FailedRunError, RunReport
from submission.runs.planning import run_place
from submission.runs.profile_run import Launched, run_profile
from submission.stages.base import StageBase, ready_stage
from submission.stages.metadata import run_metadata
from submission.terms import NS_PER_MS, LoadgenSettings, Mode, RunId, Scenario
from submission.workspace.folders import METADATA

#: how often a run is repeated with a mended setting
REPEATS = 2


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
        """The round, LoadGen's settings, the plan, and where it runs; not the profile's texts.

        A rate that follows from the probe stands there as its share: a probe that is made again
        is no reason to repeat a VALID run.
        """
        asked = asdict(loadgen_settings(self.context, self._run))
        if self._share is not None:
            asked["target_qps"] = {"share_of_probed_rate": self._share}
        return {
            "round": self.context.profile.round,
            "profile": self.context.profile.name,
            "submittable": self.context.profile.submittable,
            "loadgen": asked,
            **run_place(self.context, self._run),
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
        """Run LoadGen in a new process, at most REPEATS times more with mended settings.

        Every run that is not VALID is kept elsewhere. Raises StageError for the last one.
        """
        base, lessons = loadgen_settings(self.context, self._run), self._lessons()
        for mend in lessons.read():
            report.line(f"an earlier run has shown: {mend}")
        done = self._attempt(base, lessons, report)
        for number in range(1, REPEATS + 1):
            if not isinstance(done, FailedRunError):
                break
            report.line(f"{done.what}; repeated ({number} of {REPEATS}): {lessons.read()[-1]}")
            done = self._attempt(base, lessons, report)
        if isinstance(done, FailedRunError):
            raise done
        report.figure(result_words(done, self._run))
        if done.disturbance:
            for words in done.disturbance.words():
                report.line(f"disturbed: {words}")

    def _attempt(
        self, base: LoadgenSettings, lessons: Lessons, report: Reporter
    ) -> RunReport | FailedRunError:
        """One run; the failure where a setting mends it, which is then among the lessons."""
        settings = mended(self._run.scenario, base, lessons.read())
        # before the run: while it runs, watching would disturb it
        fleet = self.context.fleet_idle()
        try:
            return run_profile(
                self.context,
                self._run,
                settings,
                self._folder,
                report,
                complete=lambda launched: self._describe(launched, fleet),
            )
        except FailedRunError as error:
            mend = self._mend(settings, error)
            if mend is None:
                raise
            self._demand_own_choice(mend, error)
            lessons.add(mend)
            return error

    def _mend(self, settings: LoadgenSettings, error: FailedRunError) -> Mend | None:
        if self._run.mode is not Mode.PERFORMANCE or error.end.failure is None:
            return None
        if error.end.failure.kind not in MENDABLE:
            return None
        return mend_of(self._run, settings, error.end.report(MENDABLE), error.end.folder)

    def _demand_own_choice(self, mend: Mend, error: FailedRunError) -> None:
        """Raise StageError where the profile itself names the rate: that is a person's choice."""
        is_rate = self._run.scenario is Scenario.SERVER and mend.setting == "target_qps"
        if is_rate and self._share is None and found_rate(self.context, self._run) is None:
            raise StageError(
                error.what,
                detail=error.detail,
                hint=f"the profile {self.context.profile.name} names the rate itself: set "
                f"target_qps to {mend.after:g} there, or a share_of_probed_rate in its place",
            ) from error

    @property
    def _share(self) -> float | None:
        if found_rate(self.context, self._run) is not None:
            return None
        numbers = self.context.benchmark(self._run.benchmark).runs[
            self._run.scenario, self._run.mode
        ]
        return numbers.share_of_probed_rate if numbers.target_qps is None else None

    def _lessons(self) -> Lessons:
        """What earlier INVALID runs have shown, of this image, plan, place, and found rate."""
        rate = found_rate(self.context, self._run)
        workspace = self.context.workspace
        name = f"{self._run.benchmark}-{self._run.scenario}-{self._run.mode}.json"
        return Lessons(
            file=workspace.lessons_folder() / name,
            place={
                "image": self.context.image_id(),
                **run_place(self.context, self._run),
                **({"found_rate": rate.target_qps} if rate else {}),
            },
        )

    def _describe(self, launched: Launched, fleet: Mapping[str, Any] | None) -> None:
        mends = self._lessons().read()
        metadata = run_metadata(self.context, self._run, launched, mends=mends, fleet=fleet)
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
    rate = report.number(RATES.get(run.scenario, OFFLINE_RATE))
    words = [] if rate is None else [f"{rate:.4g} {'queries' if server else 'samples'}/s"]
    latency = report.number(percentile_key(99))
    bound = effective.get("effective_target_latency_ns")
    if server and latency is not None:
        of = f" of {bound / NS_PER_MS:.5g}" if isinstance(bound, int | float) else ""
        words.append(f"99th percentile {latency / NS_PER_MS:.4g}{of} ms")
    return ", ".join([*words, str(results.get("result_validity", "no verdict"))])
