"""The figures of a profile's runs for the READMEs, from logs and scores alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from submission.errors import StageError
from submission.loadgen.keys import COMPLETED_RATE, OFFLINE_RATE, SCHEDULED_RATE
from submission.readmes.source import ReadmeSource, mapped_model
from submission.runs.planning import plan_words
from submission.terms import NS_PER_MS, Mode, RunId, Scenario
from submission.tree.texts import ModelRow, RunRecord, ServerFigures, published_recipe
from submission.tree.texts.labels import EXACT_MATCH, F1, SEEN_RESULTS
from submission.workspace.profile import Benchmark, F1Of


@dataclass(frozen=True)
class Figures:
    """The results of the profile's runs."""

    source: ReadmeSource

    def _row(self, benchmark: Benchmark) -> ModelRow:
        manifest = self.source.manifest(benchmark.model)
        score = self.source.accuracy(benchmark.model, benchmark.scenarios[0])
        sparsity = manifest.structured_sparsity_percent
        if sparsity is None:
            raise StageError(
                f"the manifest of {benchmark.model} does not say how sparse the model is",
                detail="structured_sparsity_percent is missing; the README's table needs it",
                hint="write it into the manifest; 0 for a dense model",
            )
        return ModelRow(
            benchmark=benchmark.model,
            mlperf_model=mapped_model(self.source, benchmark.model),
            about=manifest.origin,
            published_jpqd=published_recipe(benchmark.model) is not None,
            f1=score.f1,
            exact_match=score.exact_match,
            structured_sparsity_percent=sparsity,
            server=self._server(benchmark),
            offline=self._offline(benchmark),
            f1_interval=self._f1_interval(benchmark),
        )

    def _f1_interval(self, benchmark: Benchmark) -> tuple[float, float] | None:
        """How sure the share of the reference's F1 is: the same questions, drawn again in pairs."""
        profile = self.source.profile
        if self.fp32_f1() is not None or profile.reference is None:
            return None
        models = [each for each in profile.benchmarks if each.model == profile.reference.model]
        if not models or benchmark.model == profile.reference.model:
            return None
        own, other = (
            self.source.question_scores(each.model, each.scenarios[0])
            for each in (benchmark, models[0])
        )
        found = None if own is None else own.f1_ratio(other)
        return None if found is None else (found.low, found.high)

    def rows(self) -> tuple[ModelRow, ...]:
        """The reference first, as in the published table, then the profile's order."""
        profile = self.source.profile
        first = profile.reference.model if profile.reference else ""
        ordered = sorted(profile.benchmarks, key=lambda benchmark: benchmark.model != first)
        return tuple(self._row(benchmark) for benchmark in ordered)

    def fp32_f1(self) -> float | None:
        """The round's FP32 F1 in percent, None if relative F1 is a share of the reference's."""
        profile = self.source.profile
        if profile.reference and profile.reference.f1_of is F1Of.REFERENCE:
            return None
        mapped = mapped_model(self.source, profile.benchmarks[0].model)
        return self.source.policy.benchmarks[mapped].float_accuracy

    def _performance_log(
        self, benchmark: Benchmark, scenario: Scenario
    ) -> Mapping[str, Any] | None:
        if scenario not in benchmark.scenarios:
            return None
        run = RunId(benchmark=benchmark.model, scenario=scenario, mode=Mode.PERFORMANCE)
        return self.source.log(run)

    def _offline(self, benchmark: Benchmark) -> float | None:
        log = self._performance_log(benchmark, Scenario.OFFLINE)
        return None if log is None else float(log[OFFLINE_RATE])

    def _server(self, benchmark: Benchmark) -> ServerFigures | None:
        log = self._performance_log(benchmark, Scenario.SERVER)
        if log is None:
            return None
        return ServerFigures(
            scheduled=log[SCHEDULED_RATE],
            completed=log[COMPLETED_RATE],
            target_latency_ms=log["effective_target_latency_ns"] / NS_PER_MS,
            percentile=log["effective_target_latency_percentile"],
        )

    def record(self, run: RunId, command: str) -> RunRecord:
        """How a run was made and its results; ``command`` repeats it."""
        metadata, log = self.source.metadata(run), self.source.log(run)
        if run.mode is Mode.PERFORMANCE:
            labels = SEEN_RESULTS[run.scenario]
            results = {label: str(log[key]) for key, label in labels.items() if key in log}
            validity = str(log["result_validity"])
        else:
            score = self.source.accuracy(run.benchmark, run.scenario)
            results = {F1: str(score.f1), EXACT_MATCH: str(score.exact_match)}
            validity = "no errors; accuracy runs have no verdict"
        plan = metadata["harness"]["plan"]
        return RunRecord(
            command=(command,),
            settings=self.source.settings(run),
            started=metadata["started"],
            ended=metadata["ended"],
            validity=validity,
            results=results,
            plan=plan_words(plan),
            cpuset=metadata.get("cpuset") or "",
            seen="\n".join(f"{label}: {value}" for label, value in results.items()),
        )
