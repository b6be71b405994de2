"""Turns what is known of a profile's runs into the facts of its READMEs."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from submission.readmes.commands import Reviewed, review_commands
from submission.readmes.figures import Figures
from submission.readmes.source import ReadmeSource, mapped_model
from submission.terms import Mode, RunId, Scenario
from submission.tree.grammar import MODEL, Area
from submission.tree.order import SubmissionNames
from submission.tree.texts import (
    MeasurementReadme,
    PointerFacts,
    ReadmeFacts,
    RunRecord,
    ShellCommand,
    WaivedRule,
    published_recipe,
)
from submission.workspace.profile import Benchmark
from submission.workspace.settings import Runner


def model_mirror(names: SubmissionNames, kit: str, model: str) -> str:
    """The path of a model, relative to the code folder of ``kit``, which carries the sources."""
    return posixpath.relpath(f"{names.code_folder(model)}/{MODEL}", names.code_folder(kit))


@dataclass(frozen=True)
class Readmes:
    """The facts of every README of one tree."""

    source: ReadmeSource

    @property
    def _figures(self) -> Figures:
        return Figures(self.source)

    @property
    def names(self) -> SubmissionNames:
        """The names and paths of the tree."""
        return self.source.names

    @property
    def kit_folder(self) -> str:
        """The folder of the kit's sources in the tree: that of the first benchmark."""
        return self.names.code_folder(self.source.profile.benchmarks[0].model)

    def readme(self) -> ReadmeFacts:
        """The README of the tree and of the folder that carries the kit."""
        source, profile, names = self.source, self.source.profile, self.names
        first = source.metadata(profile.benchmarks[0].run_ids[0])
        return ReadmeFacts(
            submitter=names.submitter,
            division=names.division,
            round=profile.round,
            system_desc_id=names.system_desc_id,
            implementation=profile.implementation,
            profile=profile.name,
            profile_about=profile.about,
            submittable=profile.submittable,
            waivers=tuple(WaivedRule(rule=w.rule, reason=w.reason) for w in profile.waivers),
            dataset=profile.dataset,
            dataset_about=self.source.manifest(profile.dataset).origin,
            question_count=source.question_count(),
            sample_count=first["harness"]["samples"],
            reference=profile.reference.model if profile.reference else "",
            fp32_f1=self._figures.fp32_f1(),
            rows=self._figures.rows(),
            kit_folder=self.kit_folder,
            system_file=names.below_owner(names.system_file()),
            results_folder=names.below_owner(names.system_folder(Area.RESULTS)),
            measurements_folder=names.below_owner(names.system_folder(Area.MEASUREMENTS)),
            calibration_folder=names.below_owner(names.layout.path(Area.CALIBRATION, names.owner)),
            image=first["image"]["reference"],
            image_id=first["image"]["id"],
            versions=first["harness"]["versions"],
            openvino_reason=_openvino(first).get("reason", ""),
            machine=source.system["system_name"],
            setup_source=(self._set_up(),),
            setup_docker=(_build(first),),
            performance=self._commands(profile.benchmarks[0], Mode.PERFORMANCE),
            accuracy=self._commands(profile.benchmarks[0], Mode.ACCURACY),
            review=self._review(profile.benchmarks[0], profile.benchmarks[0].scenarios[0]),
        )

    def _set_up(self) -> ShellCommand:
        return ShellCommand(
            title="Set up .venv with pinned dependencies; this needs only Python 3.11 and make",
            lines=(f"cd {self.kit_folder}", "make setup"),
        )

    def pointer(self, benchmark: Benchmark) -> PointerFacts:
        """The README of a further benchmark's code folder."""
        profile = self.source.profile
        return PointerFacts(
            submitter=self.names.submitter,
            benchmark=benchmark.model,
            implementation=profile.implementation,
            kit_folder=self.kit_folder,
            model_about=self.source.manifest(benchmark.model).origin,
            published_jpqd=published_recipe(benchmark.model) is not None,
            submittable=profile.submittable,
            performance=self._commands(benchmark, Mode.PERFORMANCE),
            accuracy=self._commands(benchmark, Mode.ACCURACY),
            review=self._review(benchmark, benchmark.scenarios[0]),
        )

    def measurement(self, benchmark: Benchmark, scenario: Scenario) -> MeasurementReadme:
        """The README of one measurements folder."""
        source, profile = self.source, self.source.profile
        runs = {
            mode: RunId(benchmark=benchmark.model, scenario=scenario, mode=mode) for mode in Mode
        }
        metadata = source.metadata(runs[Mode.PERFORMANCE])
        mapped = mapped_model(source, benchmark.model)
        return MeasurementReadme(
            submitter=self.names.submitter,
            system_desc_id=self.names.system_desc_id,
            benchmark=benchmark.model,
            mlperf_model=mapped,
            implementation=profile.implementation,
            scenario=scenario,
            profile=profile.name,
            submittable=profile.submittable,
            published_jpqd=published_recipe(benchmark.model) is not None,
            dataset=profile.dataset,
            loadgen_model=source.policy.benchmarks[mapped].loadgen_model,
            image=metadata["image"]["reference"],
            image_id=metadata["image"]["id"],
            versions=metadata["harness"]["versions"],
            openvino_reason=_openvino(metadata).get("reason", ""),
            machine=source.system["system_name"],
            kit_folder=self.kit_folder,
            model_files=metadata["model"]["sha256"],
            performance=self._record(runs[Mode.PERFORMANCE]),
            accuracy=self._record(runs[Mode.ACCURACY]),
            review=self._review(benchmark, scenario),
        )

    def _record(self, run: RunId) -> RunRecord:
        return self._figures.record(run, self._command(run))

    def _command(self, run: RunId) -> str:
        profile = self.source.profile
        mirror = model_mirror(self.names, profile.benchmarks[0].model, run.benchmark)
        data = f"DATA={profile.own_dataset} " if profile.own_dataset else ""
        return (
            f"make run MODEL={run.benchmark} SCENARIO={run.scenario} MODE={run.mode} "
            f"PROFILE={profile.base or profile.name} {data}"
            f"{_same_openvino(self.source.metadata(run))}"
            f"{_same_limits(self.source.metadata(run))}MIRROR={mirror}"
        )

    def _commands(self, benchmark: Benchmark, mode: Mode) -> tuple[ShellCommand, ...]:
        commands = []
        for scenario in benchmark.scenarios:
            run = RunId(benchmark=benchmark.model, scenario=scenario, mode=mode)
            record = self._record(run)
            commands.append(
                ShellCommand(title=str(scenario), lines=(self._command(run),), seen=record.seen)
            )
        return tuple(commands)

    def _review(self, benchmark: Benchmark, scenario: Scenario) -> tuple[ShellCommand, ...]:
        accuracy, performance = (
            RunId(benchmark=benchmark.model, scenario=scenario, mode=mode)
            for mode in (Mode.ACCURACY, Mode.PERFORMANCE)
        )
        seen = self._record(accuracy).seen
        digest = self.source.accuracy(benchmark.model, scenario).log_sha256
        return review_commands(
            self.source,
            Reviewed(
                accuracy=accuracy,
                performance_seen=f"{self._record(performance).seen}\n{seen}",
                accuracy_seen=f"{seen}\nhash: {digest}",
            ),
        )


def _openvino(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """Which OpenVINO was chosen for the run's image, and why; trees of before lack it."""
    found: Mapping[str, Any] = metadata["image"].get("openvino", {})
    return found


def _same_openvino(metadata: Mapping[str, Any]) -> str:
    """The setting that gives another machine the run's version; on the host there is no choice."""
    chosen = _openvino(metadata).get("version")
    return f"OPENVINO={chosen} " if chosen and metadata["runner"] != Runner.HOST else ""


def _same_limits(metadata: Mapping[str, Any]) -> str:
    """The settings that kept the run to some of the machine's processors and memory."""
    limits = {"CPUSET": metadata.get("cpuset"), "MEMORY_BYTES": metadata.get("memory_bytes")}
    return "".join(f"{name}={value} " for name, value in limits.items() if value)


def _build(metadata: Mapping[str, Any]) -> ShellCommand:
    command = f"make image {_same_openvino(metadata)}".rstrip()
    return ShellCommand(title="Build the image (needs a Docker engine)", lines=(command,))
