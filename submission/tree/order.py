"""What goes into a tree, and the names that its paths are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submission.terms import Division, Scenario
from submission.tree.grammar import README, Area, Cell, Layout, submitter_folder

# a file to be copied, or the content itself
Content = Path | bytes


@dataclass(frozen=True, kw_only=True)
class Placement:
    """One file of the tree: ``target`` is relative, with slashes; ``source`` is copied.

    ``sha256`` (64 hex digits), where given, must be the digest of what is written.
    """

    target: str
    source: Content
    sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class KitFile:
    """A source file of this kit; ``name`` is its path in the folder of the code."""

    name: str
    source: Path


@dataclass(frozen=True, kw_only=True)
class ModelPart:
    """A part of the model, its topology or its manifest, in the folder of the model."""

    name: str
    source: Path
    sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class MeasurementFields:
    """The five fields that the rules require of a measurement; none may be empty."""

    input_data_types: str
    retraining: str
    starting_weights_filename: str
    weight_data_types: str
    weight_transformations: str


@dataclass(frozen=True, kw_only=True)
class RunFiles:
    """The files of one run.

    ``accuracy_json`` (truncated) and ``accuracy_txt`` are of accuracy runs only. ``latencies`` are
    those of single samples of a Server performance run, of which LoadGen logs percentiles only.
    The tree gets ``user_conf`` and ``mlperf_conf`` of the performance run; the ``metadata`` of the
    accuracy run says what differed there.
    """

    detail: Content
    summary: Content
    user_conf: Content
    mlperf_conf: Content
    metadata: Content
    accuracy_json: Content | None = None
    accuracy_txt: Content | None = None
    latencies: Content | None = None
    question_scores: Content | None = None


@dataclass(frozen=True, kw_only=True)
class ScenarioOrder:
    """Both runs of one scenario, and the README of its measurements folder."""

    performance: RunFiles
    accuracy: RunFiles
    readme: str


@dataclass(frozen=True, kw_only=True)
class BenchmarkOrder:
    """One benchmark folder: ``benchmark`` is its name, ``mlperf_model`` whose rules apply."""

    benchmark: str
    mlperf_model: str
    model_files: tuple[ModelPart, ...]
    code_readme: str
    calibration_text: str
    fields: MeasurementFields
    runs: Mapping[Scenario, ScenarioOrder]


@dataclass(frozen=True, kw_only=True)
class SubmissionNames:
    """The names that the paths of one submission are made of, and the paths.

    ``layout`` is that of the round. Every result is of one submitter, on one system, by one
    implementation.
    """

    layout: Layout
    submitter: str
    system_desc_id: str
    implementation: str
    division: str = Division.OPEN

    @property
    def owner(self) -> str:
        """``<division>/<submitter>``."""
        return submitter_folder(self.division, self.submitter)

    def cell(self, benchmark: str, scenario: Scenario) -> Cell:
        """One result of the submission."""
        return Cell(
            division=self.division,
            submitter=self.submitter,
            system=self.system_desc_id,
            benchmark=benchmark,
            scenario_folder=scenario,
        )

    def system_file(self) -> str:
        return self.layout.path(Area.SYSTEMS, self.owner, self.system_desc_id)

    def system_folder(self, area: Area) -> str:
        """Where an area keeps what was measured on the system."""
        return self.layout.path(area, self.owner, self.system_desc_id)

    def code_folder(self, benchmark: str) -> str:
        """Where the code, the model and the README of a benchmark lie."""
        return self.layout.path(Area.CODE, self.owner, benchmark, self.implementation)

    def calibration_readme(self, benchmark: str) -> str:
        """How the weights came about; ``weight_transformations`` names this file."""
        folder = self.layout.path(Area.CALIBRATION, self.owner, benchmark, self.implementation)
        return f"{folder}/{README}"

    def below_owner(self, path: str) -> str:
        """A path of the tree as seen from the submitter's folder."""
        return path.removeprefix(f"{self.owner}/")


@dataclass(frozen=True, kw_only=True)
class TreeOrder:
    """A whole submission; the kit's sources go with the first benchmark."""

    names: SubmissionNames
    system_json: Mapping[str, Any]
    benchmarks: tuple[BenchmarkOrder, ...]
    readme: str
    kit: tuple[KitFile, ...] = ()
