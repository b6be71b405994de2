"""Lays out the submission tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submission.artifacts.catalogue import private_names
from submission.artifacts.manifest import CALIBRATION, MANIFEST
from submission.container.sbom import SBOM
from submission.errors import StageError
from submission.files import dated_name, read_json
from submission.harness.files import LATENCIES_FILE
from submission.loadgen.names import (
    ACCURACY_FILE,
    DETAIL_FILE,
    MLPERF_CONF,
    SCORE_FILE,
    SUMMARY_FILE,
    USER_CONF,
)
from submission.pipeline.stage import Reporter
from submission.runs.numbers import mlperf_model
from submission.runs.tuned import plan_in_tree
from submission.stages.base import StageBase, submission_names
from submission.stages.readme import CODE, text_path
from submission.stages.score import QUESTION_SCORES
from submission.stages.trees import set_aside
from submission.terms import Mode, RunId, Scenario
from submission.tree.build import build_tree
from submission.tree.grammar import KIT_MODELS, README
from submission.tree.kit import kit_sources
from submission.tree.order import (
    BenchmarkOrder,
    KitFile,
    MeasurementFields,
    ModelPart,
    RunFiles,
    ScenarioOrder,
    TreeOrder,
)
from submission.tree.plan import tree_plan
from submission.tree.sums import sums_differences
from submission.wording import counted
from submission.workspace.profile import Benchmark


@dataclass(frozen=True)
class LayOutTree(StageBase):
    """``out/submission``: the tree with its texts and SHA256SUMS."""

    name = "layout"

    @property
    def needs(self) -> tuple[str, ...]:
        """Every text that the tree holds."""
        return ("readme",)

    def settings(self) -> Mapping[str, Any]:
        """The round, which decides the layout, and names of folders."""
        context = self.context
        return {
            "round": context.profile.round,
            "submitter": context.workspace.submitter,
            "system_desc_id": context.workspace.system_desc_id,
            "implementation": context.profile.implementation,
            "profile": context.profile.name,
        }

    def inputs(self) -> tuple[Path, ...]:
        """Logs, scores, texts, model parts with manifests, and the kit's own sources."""
        context = self.context
        benchmarks = context.profile.benchmarks
        runs = [context.workspace.run_folder(run) for item in benchmarks for run in item.run_ids]
        scores = [
            context.workspace.score_folder(b.model, s) for b in benchmarks for s in b.scenarios
        ]
        parts = [context.tree_parts_folder(b.model) / p for b in benchmarks for p in self._parts(b)]
        kit = [file.source for file in self._sources()]
        manifests = [context.manifest(b.model).path for b in benchmarks]
        own = (context.workspace.system_file(), text_path(context), *manifests)
        return (*runs, *scores, *parts, *own, *kit, context.workspace.sbom_file())

    def outputs(self) -> tuple[Path, ...]:
        return (self.context.workspace.tree_folder(),)

    def run(self, report: Reporter) -> None:
        """Plan the tree, write it beside its place, and swap; raises StageError."""
        context = self.context
        for benchmark in context.profile.benchmarks:
            self._refuse_made_up(benchmark.model)
        order = TreeOrder(
            names=submission_names(context),
            system_json=read_json(context.workspace.system_file()),
            benchmarks=tuple(self._benchmark(b) for b in context.profile.benchmarks),
            readme=self._text(README),
            kit=(
                *self._sources(),
                KitFile(name=SBOM, source=context.workspace.sbom_file()),
            ),
        )
        placements = tree_plan(order, max_file_bytes=context.policy.max_file_bytes)
        kept = keep_edited(context.workspace.tree_folder())
        if kept:
            report.line(f"the tree was edited by hand: moved to {kept}")
            report.line("texts of yours that stay go into measurements/notes/ (its README.md)")
        if aside := set_aside(context):
            report.line(f"the tree that was here holds other results: moved to {aside}")
        build_tree(placements, context.workspace.tree_folder())
        if private := private_names(context.workspace.root / KIT_MODELS):
            report.line(f"private, so their files stay out: {', '.join(sorted(private))}")
        report.figure(counted(len(placements), "file"))

    def _sources(self) -> tuple[KitFile, ...]:
        profile = self.context.profile
        shown = {profile.dataset, *(benchmark.model for benchmark in profile.benchmarks)}
        return (*kit_sources(self.context.workspace.root, shown=shown), *self._own_plans())

    def _own_plans(self) -> Iterator[KitFile]:
        """The plans of a folder that TUNED names."""
        workspace = self.context.workspace
        if workspace.settings.tuned is not None:
            for path in sorted(workspace.tuned_folder().rglob("*.json")):
                yield KitFile(name=plan_in_tree(workspace, path), source=path)

    def _text(self, *parts: str) -> str:
        return text_path(self.context, *parts).read_text(encoding="utf-8")

    def _parts(self, benchmark: Benchmark) -> list[str]:
        return [part.name for _, part in self.context.manifest(benchmark.model).parts()]

    def _benchmark(self, benchmark: Benchmark) -> BenchmarkOrder:
        model = benchmark.model
        return BenchmarkOrder(
            benchmark=model,
            mlperf_model=mlperf_model(self.context, model),
            model_files=self._model_files(model),
            code_readme=self._text(model, CODE),
            calibration_text=self._text(model, CALIBRATION),
            fields=self._fields(model),
            runs={scenario: self._scenario(model, scenario) for scenario in benchmark.scenarios},
        )

    def _refuse_made_up(self, model: str) -> None:
        if self.context.manifest(model).synthetic:
            raise StageError(
                f"{model} has synthetic weights and may not be laid out",
                detail="its manifest sets made_up",
                hint="fetch the real weights; synthetic ones are for timing only",
            )

    def _model_files(self, model: str) -> tuple[ModelPart, ...]:
        manifest = self.context.manifest(model)
        folder = self.context.tree_parts_folder(model)
        parts = tuple(
            ModelPart(name=part.name, source=folder / part.name, sha256=part.checksums.sha256)
            for _, part in manifest.parts()
        )
        return (*parts, ModelPart(name=MANIFEST, source=manifest.path))

    def _fields(self, model: str) -> MeasurementFields:
        context = self.context
        manifest = context.manifest(model)
        known = manifest.measurement
        if not known or manifest.weight_data_types is None:
            raise StageError(
                f"the manifest of {model} lacks what a measurement file needs",
                detail="measurement or weight_data_types is missing",
                hint="add them to the manifest (see models/minilm-squad/manifest.json)",
            )
        return MeasurementFields(
            **known,
            weight_data_types=manifest.weight_data_types,
            weight_transformations=submission_names(context).calibration_readme(model),
        )

    def _scenario(self, model: str, scenario: Scenario) -> ScenarioOrder:
        return ScenarioOrder(
            performance=self._run_files(model, scenario, Mode.PERFORMANCE),
            accuracy=self._run_files(model, scenario, Mode.ACCURACY),
            readme=self._text(model, f"{scenario}.md"),
        )

    def _run_files(self, model: str, scenario: Scenario, mode: Mode) -> RunFiles:
        run = RunId(benchmark=model, scenario=scenario, mode=mode)
        folder = self.context.workspace.run_folder(run)
        scored = (
            self.context.workspace.score_folder(model, scenario) if mode is Mode.ACCURACY else None
        )
        return RunFiles(
            detail=folder / DETAIL_FILE,
            summary=folder / SUMMARY_FILE,
            user_conf=folder / USER_CONF,
            mlperf_conf=folder / MLPERF_CONF,
            metadata=self.context.workspace.metadata_file(run),
            accuracy_json=scored / ACCURACY_FILE if scored else None,
            accuracy_txt=scored / SCORE_FILE if scored else None,
            question_scores=scored / QUESTION_SCORES if scored else None,
            latencies=folder / LATENCIES_FILE if _has_latencies(run) else None,
        )


def keep_edited(tree: Path) -> Path | None:
    """Move a tree that is not as its SHA256SUMS says aside; returns its new place."""
    if not tree.is_dir():
        return None
    try:
        if not sums_differences(tree):
            return None
    except StageError:  # no sums, or links: not as it was written
        if not any(tree.iterdir()):
            return None
    kept = dated_name(tree.with_name(f"{tree.name}.edited"))
    tree.rename(kept)
    return kept


def _has_latencies(run: RunId) -> bool:
    """Whether single latencies go into the tree: for Server, LoadGen logs percentiles only."""
    return run.scenario is Scenario.SERVER and run.mode is Mode.PERFORMANCE
