"""The facts that the texts give: numbers from logs, names from settings, commands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from submission.squad.bootstrap import RESAMPLES
from submission.terms import LoadgenSettings, Scenario
from submission.tree.texts.recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class ShellCommand:
    """Commands to type, and the output that they gave (may be empty).

    ``seen_is`` introduces ``seen`` where it is not the output of these very lines.
    """

    title: str
    lines: tuple[str, ...]
    seen: str = ""
    seen_is: str = "Seen"


@dataclass(frozen=True, kw_only=True)
class ServerFigures:
    """Server's two rates, samples a second; the official metric is ``scheduled``.

    ``target_latency_ms`` and ``percentile`` (0.99 for the 99th) are the bound of the run.
    """

    scheduled: float
    completed: float
    target_latency_ms: float
    percentile: float


@dataclass(frozen=True, kw_only=True)
class ModelRow:
    """One line of the benchmark table; all figures come from logs.

    ``f1`` and ``exact_match`` are percent; ``server`` or ``offline`` (samples a second) is
    ``None`` where the scenario was not run. ``about`` is one sentence on the model;
    ``f1_interval`` is the 95 % interval of F1 over the reference's, None where that is no share of
    this row. ``published_jpqd`` is true only for the four models that Intel published in the round.
    """

    benchmark: str
    mlperf_model: str
    about: str
    published_jpqd: bool
    f1: float
    exact_match: float
    structured_sparsity_percent: float
    server: ServerFigures | None
    offline: float | None
    f1_interval: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class WaivedRule:
    """A rule that the profile's runs break knowingly, and why."""

    rule: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ReadmeFacts:
    """The README of the tree (its root) and of the code folder that carries the kit.

    ``reference`` names the dense model that the others are compared with, empty for none;
    ``fp32_f1`` is the F1 (percent) of the round's FP32 model if relative F1 is a share of that,
    None if of the reference's. ``kit_folder`` is the code folder relative to the tree's root;
    ``system_file`` and the folders of results, measurements and calibration are relative to the
    submitter's folder. ``versions`` are name to version (OpenVINO, LoadGen, Python); an
    ``image_id`` that begins with ``host:`` stands for runs without a container.
    ``setup_source``, ``setup_docker``, ``performance``, ``accuracy`` and ``review`` are the
    commands of the sections so named; only ``review`` may be empty. ``resamples`` are those of the
    intervals of relative F1. ``openvino_reason`` says why that OpenVINO, where it was recorded.
    """

    submitter: str
    division: str
    round: str
    system_desc_id: str
    implementation: str
    profile: str
    profile_about: str
    submittable: bool
    waivers: tuple[WaivedRule, ...]
    dataset: str
    dataset_about: str
    question_count: int
    sample_count: int
    reference: str
    fp32_f1: float | None
    rows: tuple[ModelRow, ...]
    kit_folder: str
    system_file: str
    results_folder: str
    measurements_folder: str
    calibration_folder: str
    image: str
    image_id: str
    versions: Mapping[str, str]
    machine: str
    setup_source: tuple[ShellCommand, ...]
    setup_docker: tuple[ShellCommand, ...]
    performance: tuple[ShellCommand, ...]
    accuracy: tuple[ShellCommand, ...]
    review: tuple[ShellCommand, ...] = ()
    resamples: int = RESAMPLES
    openvino_reason: str = ""

    @property
    def reference_row(self) -> ModelRow | None:
        """The row that the others are compared with, if the reference was measured here."""
        return next((row for row in self.rows if row.benchmark == self.reference), None)

    def relative_f1(self, row: ModelRow) -> float | None:
        """F1 over the FP32 model's or the reference's, 1.0 for equal; None if not measured."""
        if self.fp32_f1 is not None:
            return row.f1 / self.fp32_f1
        reference = self.reference_row
        return None if reference is None else row.f1 / reference.f1

    def server_ratio(self, row: ModelRow) -> float | None:
        """Completed Server rate over the reference's, if both were measured."""
        reference = self.reference_row
        if reference is None or reference.server is None or row.server is None:
            return None
        return row.server.completed / reference.server.completed

    def offline_ratio(self, row: ModelRow) -> float | None:
        """Offline rate over the reference's, if both were measured."""
        reference = self.reference_row
        if reference is None or reference.offline is None or row.offline is None:
            return None
        return row.offline / reference.offline


@dataclass(frozen=True, kw_only=True)
class PointerFacts:
    """The README of a further code folder: its model lies there, the kit elsewhere."""

    submitter: str
    benchmark: str
    implementation: str
    kit_folder: str
    model_about: str
    published_jpqd: bool
    submittable: bool
    performance: tuple[ShellCommand, ...]
    accuracy: tuple[ShellCommand, ...]
    review: tuple[ShellCommand, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One run: how it was made, and what came of it.

    ``started`` and ``ended`` are ISO times; ``results`` maps a label to a figure as text, from
    LoadGen's log or the score; ``seen`` is the output as it was seen; ``plan`` says how the SUT
    spread the samples and why. ``cpuset`` lists the processors that the run was kept to; empty
    where it might use all.
    """

    command: tuple[str, ...]
    settings: LoadgenSettings
    started: str
    ended: str
    validity: str
    results: Mapping[str, str]
    plan: str
    seen: str
    cpuset: str = ""


@dataclass(frozen=True, kw_only=True)
class MeasurementReadme:
    """The README of the measurements of one result.

    ``model_files`` maps a file name to its sha256; an ``image_id`` that begins with ``host:``
    stands for runs without a container. ``openvino_reason`` says why the version of OpenVINO is the
    one of ``versions``; empty where that was not recorded.
    """

    submitter: str
    system_desc_id: str
    benchmark: str
    mlperf_model: str
    implementation: str
    scenario: Scenario
    profile: str
    submittable: bool
    published_jpqd: bool
    dataset: str
    loadgen_model: str
    image: str
    image_id: str
    versions: Mapping[str, str]
    machine: str
    kit_folder: str
    model_files: Mapping[str, str]
    performance: RunRecord
    accuracy: RunRecord
    review: tuple[ShellCommand, ...] = ()
    openvino_reason: str = ""


@dataclass(frozen=True, kw_only=True)
class CalibrationFacts:
    """How the weights were made: a published recipe, or the text of their makers."""

    submitter: str
    benchmark: str
    implementation: str
    recipe: Recipe | None = None
    text: str = ""
