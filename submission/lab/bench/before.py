"""``tune`` and ``find-qps`` as stages of a profile, for a system that does them before it measures.

What they make lies in the folders that TUNED and RATES name, and is used by the profile's runs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from submission.campaign.before import KINDS
from submission.errors import FindingsError, StageError
from submission.lab.bench.find_qps import Bound, RateSearch, find_qps
from submission.lab.bench.setup import BenchSetup
from submission.lab.bench.tune import Tuning, tune
from submission.pipeline.stage import Reporter, Stage
from submission.runs.context import Context
from submission.runs.decide import MEMORY_BYTES, budget_bytes
from submission.runs.numbers import loadgen_settings
from submission.runs.planning import asked_plan, place_of
from submission.runs.rates import bound_of, rate_file, read_rate
from submission.runs.tuned import Place, read_tuned, why_untuned
from submission.stages.base import StageBase, ready_stage
from submission.terms import Mode, PlanRequest, RunId, Scenario


@dataclass(frozen=True)
class BeforeStage(StageBase, ABC):
    """A measurement of one model that its runs then use; ``asked`` are the command's numbers."""

    model: str = ""
    asked: Mapping[str, Any] = field(default_factory=dict)
    after: tuple[str, ...] = ()

    word = ""

    @property
    def name(self) -> str:
        """``tune[<model>]``, ``find-qps[<model>]``."""
        return f"{self.word}[{self.model}]"

    @abstractmethod
    def outputs(self) -> tuple[Path, ...]:
        """What is made, and the runs of the profile use."""

    @abstractmethod
    def run(self, report: Reporter) -> None:
        """Measure with the numbers that were asked for; raises KitError."""

    @abstractmethod
    def figure(self) -> str:
        """What was found, in a few words, once it has run."""

    @property
    def needs(self) -> tuple[str, ...]:
        """What a measurement needs, and what is measured for this model before."""
        dataset = self.context.profile.dataset
        return (
            ready_stage(self.context, self.model),
            f"features[{dataset}]",
            "image",
            *self.after,
        )

    def inputs(self) -> tuple[Path, ...]:
        """The image, and the features of the profile's data set."""
        return (self.context.workspace.image_file(), self.context.features_file())

    def _setup(self, command: str, request: PlanRequest) -> BenchSetup:
        """What the profile runs, as the bench takes it; cores are those of this process."""
        workspace = self.context.workspace
        settings = replace(workspace.settings, cpuset=None, dataset=self.context.profile.dataset)
        room = budget_bytes(request)
        return BenchSetup(
            workspace=replace(workspace, settings=settings),
            folder=workspace.bench_folder(command),
            precision=request.inference_precision,
            memory_gb=0.0 if room == MEMORY_BYTES else room / 1e9,
        )

    def _run_id(self, scenario: Scenario) -> RunId:
        return RunId(benchmark=self.model, scenario=scenario, mode=Mode.PERFORMANCE)

    def _place(self, request: PlanRequest) -> Place:
        return place_of(
            self.context, self.model, request.inference_precision, budget_bytes(request)
        )


@dataclass(frozen=True)
class TunePlans(BeforeStage):
    """The fastest plan of each scenario; raises StageError if the runs could not use it."""

    word = "tune"

    @property
    def _scenario(self) -> Scenario:
        return self.context.benchmark(self.model).scenarios[0]

    def settings(self) -> Mapping[str, Any]:
        """Its numbers, and what the plan holds for."""
        request = asked_plan(self.context, self._run_id(self._scenario))
        return {"asked": dict(self.asked), "place": asdict(self._place(request))}

    def outputs(self) -> tuple[Path, ...]:
        """The plans of the model."""
        return (self.context.workspace.tuned_folder() / self.model,)

    def run(self, report: Reporter) -> None:
        """Measure plans, and see that the runs of the profile will find them."""
        request = asked_plan(self.context, self._run_id(self._scenario))
        numbers = {"budget_s": "budget"}
        asked = Tuning(
            setup=self._setup("tune", request),
            model=self.model,
            into=self.context.workspace.tuned_folder(),
            **{numbers.get(key, key): value for key, value in self.asked.items()},
        )
        tune(asked, say=report.line, warn=lambda text: report.progress(None, text))
        report.figure(self.figure())

    def figure(self) -> str:
        """Why each winner won; StageError if the runs of the profile would not find one."""
        folder, words = self.context.workspace.tuned_folder(), []
        for scenario in self.context.benchmark(self.model).scenarios:
            place = self._place(asked_plan(self.context, self._run_id(scenario)))
            found = read_tuned(folder, place, scenario)
            if found is None:
                raise StageError(
                    f"the plan of {self.model} is not for the runs of the profile",
                    detail=f"{scenario}: {why_untuned(folder, place, scenario)}",
                    hint="give OPENVINO a version that this Python and the image's can both have",
                )
            words.append(f"{scenario}: {found.reason}")
        return "; ".join(words)


@dataclass(frozen=True)
class FindRate(BeforeStage):
    """The highest VALID Server rate at the bound of the profile."""

    word = "find-qps"

    def settings(self) -> Mapping[str, Any]:
        """Its numbers, bound and percentile, and where it was found."""
        request = asked_plan(self.context, self._run_id(Scenario.SERVER))
        bound_ms, percentile = self._bound()
        return {
            "asked": dict(self.asked),
            "bound_ms": bound_ms,
            "percentile": percentile,
            "place": asdict(self._place(request)),
        }

    def inputs(self) -> tuple[Path, ...]:
        """Also the plan that it searches with."""
        return (*super().inputs(), self.context.workspace.tuned_folder() / self.model)

    def outputs(self) -> tuple[Path, ...]:
        """The rate of the model."""
        return (rate_file(self.context.workspace.rates_folder(), self.model),)

    def run(self, report: Reporter) -> None:
        """Search; StageError if the budget did not suffice, and the next call resumes."""
        request = asked_plan(self.context, self._run_id(Scenario.SERVER))
        bound_ms, percentile = self._bound()
        numbers = {"budget_s": "budget", "short_s": "short", "full_s": "full"}
        asked = RateSearch(
            setup=self._setup("find-qps", request),
            model=self.model,
            bound=Bound(ms=bound_ms),
            percentile=percentile,
            **{numbers.get(key, key): value for key, value in self.asked.items()},
        )
        try:
            find_qps(asked, say=report.line, warn=lambda text: report.progress(None, text))
        except FindingsError as error:
            raise StageError(
                error.what,
                detail=error.detail,
                hint='give "find_qps" a larger "budget_s" in the campaign file, or fewer '
                '"short_queries" and "queries"; the next start resumes the search',
            ) from error
        report.figure(self.figure())

    def figure(self) -> str:
        """The rate, and the bound that it was found at."""
        found = read_rate(self.context.workspace.rates_folder(), self.model)
        return f"{found.target_qps:.4g} queries/s at {found.bound_ms:g} ms" if found else ""

    def _bound(self) -> tuple[float, float | None]:
        # a rate that was found before must not be asked for what it is
        plain = replace(self.context.settings, rates=None)
        workspace = replace(self.context.workspace, settings=plain)
        context = replace(self.context, workspace=workspace)
        return bound_of(loadgen_settings(context, self._run_id(Scenario.SERVER)))


_STAGES: Mapping[str, Callable[..., BeforeStage]] = {"tune": TunePlans, "find_qps": FindRate}


def stages_before(context: Context, asked: Mapping[str, Mapping[str, Any]]) -> list[Stage]:
    """The stages that a system was asked for, for every benchmark that they are for.

    ``asked`` has the keys of a campaign file, in the order in which they run.
    """
    made: list[Stage] = []
    for benchmark in context.profile.benchmarks:
        names: tuple[str, ...] = ()
        for kind in KINDS:
            if kind.key not in asked or kind.unfit(benchmark):
                continue
            stage = _STAGES[kind.key](
                context, model=benchmark.model, asked=asked[kind.key], after=names
            )
            made.append(stage)
            names += (stage.name,)
    return made
