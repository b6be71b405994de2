"""From the collected facts of a profile's runs to what its READMEs say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from submission.errors import StageError
from submission.files import read_json
from submission.runs.context import Context
from submission.runs.planning import plan_words
from submission.runs.spec import NS_PER_MS, loadgen_settings, mlperf_model
from submission.squad.dataset import load_dataset
from submission.stages.base import submission_names
from submission.stages.features import dataset_file
from submission.stages.reviewing import Reviewed, review_commands
from submission.stages.score import SCORE
from submission.terms import Mode, RunId, Scenario
from submission.tree.grammar import MODEL, Area
from submission.tree.order import SubmissionNames
from submission.tree.texts import (
    Command,
    MeasurementReadme,
    ModelRow,
    PointerFacts,
    ReadmeFacts,
    RunStory,
    ServerFigures,
    WaivedRule,
    published_recipe,
)
from submission.workspace.profile import Benchmark, F1Of, Profile

BUILD = Command(title="Build the image (needs a Docker engine)", lines=("make image",))
SEEN_RESULTS: Mapping[Scenario, Mapping[str, str]] = {
    Scenario.OFFLINE: {"result_samples_per_second": "samples/s"},
    Scenario.SERVER: {
        "result_scheduled_samples_per_sec": "scheduled samples/s",
        "result_completed_samples_per_sec": "completed samples/s",
        "result_99.00_percentile_latency_ns": "99th percentile latency [ns]",
        "result_query_count": "queries",
    },
}


def model_mirror(profile: Profile, model: str) -> str:
    """Where a model lies in the tree, as seen from the folder that carries the kit's sources."""
    if model == profile.benchmarks[0].model:
        return MODEL
    return f"../../{model}/{profile.implementation}/{MODEL}"


@dataclass(frozen=True)
class Story:
    """Everything that the texts of one tree say, drawn from files of the workspace."""

    context: Context

    @cached_property
    def names(self) -> SubmissionNames:
        """The names and paths of the tree."""
        return submission_names(self.context)

    @cached_property
    def _runs(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = read_json(self.context.workspace.profile_file("results.json"))[
            "runs"
        ]
        return found

    @cached_property
    def system(self) -> Mapping[str, str]:
        """The system description."""
        found: Mapping[str, str] = read_json(self.context.workspace.profile_file("system.json"))
        return found

    @property
    def kit_folder(self) -> str:
        """Where the kit's sources lie in the tree: with the first benchmark."""
        return self.names.code_folder(self.context.profile.benchmarks[0].model)

    def _metadata(self, run: RunId) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._runs[str(run)]["metadata"]
        return found

    def _log(self, run: RunId) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._runs[str(run)]["log"]
        return found

    def score(self, benchmark: str, scenario: Scenario) -> Mapping[str, Any]:
        """F1 and exact match of one accuracy run."""
        found: Mapping[str, Any] = read_json(
            self.context.workspace.score_folder(benchmark, scenario) / SCORE
        )
        return found

    def readme(self) -> ReadmeFacts:
        """The README of the tree and of the folder that carries the kit."""
        context, profile, names = self.context, self.context.profile, self.names
        first = self._metadata(profile.benchmarks[0].run_ids[0])
        dataset = load_dataset(dataset_file(self.context, "data"))
        return ReadmeFacts(
            submitter=context.workspace.submitter,
            division=names.division,
            round=profile.round,
            system_desc_id=context.workspace.system_desc_id,
            implementation=profile.implementation,
            profile=profile.name,
            profile_about=profile.about,
            submittable=profile.submittable,
            waivers=tuple(WaivedRule(rule=w.rule, reason=w.reason) for w in profile.waivers),
            dataset=profile.dataset,
            dataset_about=self.context.manifest(profile.dataset).origin,
            question_count=len(dataset.examples),
            sample_count=first["harness"]["samples"],
            reference=profile.reference.model if profile.reference else "",
            fp32_f1=self._fp32_f1(),
            rows=self._rows(),
            kit_folder=self.kit_folder,
            system_file=names.below_owner(names.system_file()),
            results_folder=names.below_owner(names.system_folder(Area.RESULTS)),
            measurements_folder=names.below_owner(names.system_folder(Area.MEASUREMENTS)),
            calibration_folder=names.below_owner(names.layout.path(Area.CALIBRATION, names.owner)),
            image=first["image"]["reference"],
            image_id=first["image"]["id"],
            versions=first["harness"]["versions"],
            machine=self.system["system_name"],
            setup_source=(
                Command(
                    title="Python 3.11 and make are all that it needs; it makes .venv with "
                    "every dependency pinned",
                    lines=(f"cd {self.kit_folder}", "make setup"),
                ),
            ),
            setup_docker=(BUILD,),
            performance=self._commands(profile.benchmarks[0], Mode.PERFORMANCE),
            accuracy=self._commands(profile.benchmarks[0], Mode.ACCURACY),
            review=self._review(profile.benchmarks[0], profile.benchmarks[0].scenarios[0]),
        )

    def pointer(self, benchmark: Benchmark) -> PointerFacts:
        """The README of a further benchmark's code folder."""
        profile = self.context.profile
        return PointerFacts(
            submitter=self.context.workspace.submitter,
            benchmark=benchmark.model,
            implementation=profile.implementation,
            kit_folder=self.kit_folder,
            model_about=self.context.manifest(benchmark.model).origin,
            published_jpqd=published_recipe(benchmark.model) is not None,
            submittable=profile.submittable,
            performance=self._commands(benchmark, Mode.PERFORMANCE),
            accuracy=self._commands(benchmark, Mode.ACCURACY),
            review=self._review(benchmark, benchmark.scenarios[0]),
        )

    def measurement(self, benchmark: Benchmark, scenario: Scenario) -> MeasurementReadme:
        """The README of one measurements folder."""
        context, profile = self.context, self.context.profile
        runs = {
            mode: RunId(benchmark=benchmark.model, scenario=scenario, mode=mode) for mode in Mode
        }
        metadata = self._metadata(runs[Mode.PERFORMANCE])
        mapped = mlperf_model(self.context, benchmark.model)
        return MeasurementReadme(
            submitter=context.workspace.submitter,
            system_desc_id=context.workspace.system_desc_id,
            benchmark=benchmark.model,
            mlperf_model=mapped,
            implementation=profile.implementation,
            scenario=scenario,
            profile=profile.name,
            submittable=profile.submittable,
            published_jpqd=published_recipe(benchmark.model) is not None,
            dataset=profile.dataset,
            loadgen_model=self.context.policy.benchmarks[mapped].loadgen_model,
            image=metadata["image"]["reference"],
            image_id=metadata["image"]["id"],
            versions=metadata["harness"]["versions"],
            machine=self.system["system_name"],
            kit_folder=self.kit_folder,
            model_files=metadata["model"]["sha256"],
            performance=self._story(runs[Mode.PERFORMANCE]),
            accuracy=self._story(runs[Mode.ACCURACY]),
            review=self._review(benchmark, scenario),
        )

    def _row(self, benchmark: Benchmark) -> ModelRow:
        manifest = self.context.manifest(benchmark.model)
        score = self.score(benchmark.model, benchmark.scenarios[0])
        sparsity = manifest.structured_sparsity_percent
        if sparsity is None:
            raise StageError(
                f"the manifest of {benchmark.model} does not say how sparse the model is",
                detail="structured_sparsity_percent is missing; the README's table needs it",
                hint="write it into the manifest; 0 for a dense model",
            )
        return ModelRow(
            benchmark=benchmark.model,
            mlperf_model=mlperf_model(self.context, benchmark.model),
            about=manifest.origin,
            published_jpqd=published_recipe(benchmark.model) is not None,
            f1=score["f1"],
            exact_match=score["exact_match"],
            structured_sparsity_percent=sparsity,
            server=self._server(benchmark),
            offline=self._offline(benchmark),
        )

    def _rows(self) -> tuple[ModelRow, ...]:
        """The reference first, as in the published table, then the profile's order."""
        profile = self.context.profile
        first = profile.reference.model if profile.reference else ""
        ordered = sorted(profile.benchmarks, key=lambda benchmark: benchmark.model != first)
        return tuple(self._row(benchmark) for benchmark in ordered)

    def _fp32_f1(self) -> float | None:
        """The round's FP32 F1 in percent, None if F1 is told as a share of the reference's."""
        profile = self.context.profile
        if profile.reference and profile.reference.f1_of is F1Of.REFERENCE:
            return None
        mapped = mlperf_model(self.context, profile.benchmarks[0].model)
        return self.context.policy.benchmarks[mapped].float_accuracy

    def _performance_log(
        self, benchmark: Benchmark, scenario: Scenario
    ) -> Mapping[str, Any] | None:
        if scenario not in benchmark.scenarios:
            return None
        run = RunId(benchmark=benchmark.model, scenario=scenario, mode=Mode.PERFORMANCE)
        return self._log(run)

    def _offline(self, benchmark: Benchmark) -> float | None:
        log = self._performance_log(benchmark, Scenario.OFFLINE)
        return None if log is None else float(log["result_samples_per_second"])

    def _server(self, benchmark: Benchmark) -> ServerFigures | None:
        log = self._performance_log(benchmark, Scenario.SERVER)
        if log is None:
            return None
        return ServerFigures(
            scheduled=log["result_scheduled_samples_per_sec"],
            completed=log["result_completed_samples_per_sec"],
            target_latency_ms=log["effective_target_latency_ns"] / NS_PER_MS,
            percentile=log["effective_target_latency_percentile"],
        )

    def _story(self, run: RunId) -> RunStory:
        metadata, log = self._metadata(run), self._log(run)
        if run.mode is Mode.PERFORMANCE:
            labels = SEEN_RESULTS[run.scenario]
            results = {label: str(log[key]) for key, label in labels.items() if key in log}
            validity = str(log["result_validity"])
        else:
            score = self.score(run.benchmark, run.scenario)
            results = {"F1": str(score["f1"]), "exact match": str(score["exact_match"])}
            validity = "no errors; accuracy runs have no verdict"
        plan = metadata["harness"]["plan"]
        return RunStory(
            command=(self._command(run),),
            settings=loadgen_settings(self.context, run),
            started=metadata["started"],
            ended=metadata["ended"],
            validity=validity,
            results=results,
            plan=plan_words(plan),
            seen="\n".join(f"{label}: {value}" for label, value in results.items()),
        )

    def _command(self, run: RunId) -> str:
        profile = self.context.profile
        return (
            f"make run MODEL={run.benchmark} SCENARIO={run.scenario} MODE={run.mode} "
            f"PROFILE={profile.name} MIRROR={model_mirror(profile, run.benchmark)}"
        )

    def _commands(self, benchmark: Benchmark, mode: Mode) -> tuple[Command, ...]:
        commands = []
        for scenario in benchmark.scenarios:
            run = RunId(benchmark=benchmark.model, scenario=scenario, mode=mode)
            story = self._story(run)
            commands.append(
                Command(title=str(scenario), lines=(self._command(run),), seen=story.seen)
            )
        return tuple(commands)

    def _review(self, benchmark: Benchmark, scenario: Scenario) -> tuple[Command, ...]:
        accuracy, performance = (
            RunId(benchmark=benchmark.model, scenario=scenario, mode=mode)
            for mode in (Mode.ACCURACY, Mode.PERFORMANCE)
        )
        seen = self._story(accuracy).seen
        digest = self.score(benchmark.model, scenario)["log_sha256"]
        return review_commands(
            self.context,
            Reviewed(
                accuracy=accuracy,
                kit_folder=self.kit_folder,
                performance_seen=f"{self._story(performance).seen}\n{seen}",
                accuracy_seen=f"{seen}\nhash: {digest}",
            ),
        )
