"""Renders the texts of the tree from what was measured; a missing value is an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from submission.artifacts.manifest import CALIBRATION, Manifest
from submission.artifacts.private import is_beside
from submission.errors import StageError
from submission.files import read_json, replacing_folder, write_text
from submission.loadgen.squad_text import SquadAccuracy
from submission.pipeline.stage import Reporter
from submission.policy.model import Policy
from submission.readmes.notes import faults, with_notes
from submission.readmes.texts import Texts
from submission.runs.context import Context
from submission.runs.spec import launched_settings
from submission.squad.dataset import load_dataset
from submission.squad.question_scores import QuestionScores, read_question_scores
from submission.stages.base import StageBase, submission_names
from submission.stages.features import dataset_file
from submission.stages.score import QUESTION_SCORES, SCORE
from submission.terms import LoadgenSettings, RunId, Scenario
from submission.tree.grammar import README
from submission.tree.order import SubmissionNames
from submission.tree.texts import TEMPLATES
from submission.workspace.profile import Benchmark, Profile

#: faults of notes that an error names
SHOWN = 3
#: the README of a benchmark's code folder, among the texts
CODE = "code.md"


def text_path(context: Context, *parts: str) -> Path:
    """The path of a rendered text before it is laid out."""
    return context.workspace.texts_folder().joinpath(*parts)


def notes_file(context: Context, *parts: str) -> Path:
    """What a person adds to a text of the tree: the README, or of a benchmark, or of a scenario.

    ``measurements/notes/<system_desc_id>/README.md``, ``…/<benchmark>/README.md``,
    ``…/<benchmark>/<Scenario>.md``.
    """
    folder = context.workspace.root / "measurements" / "notes" / context.workspace.system_desc_id
    return folder.joinpath(*parts)


def calibration_file(context: Context, model: str) -> Path:
    """The optional description of the weights (calibration.md) beside a model's manifest."""
    return context.manifest_path(model).with_name(CALIBRATION)


def read_notes(path: Path) -> str:
    """A person's notes, empty if there are none; StageError if they look like measurements."""
    if not path.is_file():
        return ""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise StageError(
            "notes for a README cannot be read",
            detail=f"{path}: {error}",
            hint="write them as text in UTF-8",
        ) from error
    found = list(faults(text))
    if found:
        raise StageError(
            "notes for a README look like what the kit writes",
            detail=f"{path}: {'; '.join(found[:SHOWN])}",
            hint="verify refuses them too: write prose, lists, headings from ### on, no results",
        )
    return text


@dataclass(frozen=True)
class WorkspaceSource:
    """What a workspace has measured, for its READMEs."""

    context: Context

    @property
    def names(self) -> SubmissionNames:
        """The names and paths of the tree."""
        return submission_names(self.context)

    @property
    def profile(self) -> Profile:
        """The profile of the workspace."""
        return self.context.profile

    @property
    def policy(self) -> Policy:
        """What the round fixes."""
        return self.context.policy

    @property
    def image(self) -> str:
        """The name of the image."""
        return self.context.workspace.image

    @cached_property
    def system(self) -> Mapping[str, str]:
        """The description of the system."""
        found: Mapping[str, str] = read_json(self.context.workspace.system_file())
        return found

    @cached_property
    def _runs(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = read_json(self.context.workspace.results_file())["runs"]
        return found

    def manifest(self, name: str) -> Manifest:
        """The manifest of a model as it ran, or of a data set."""
        return self.context.manifest(name)

    def calibration(self, model: str) -> str | None:
        """The model's calibration.md, if it has one."""
        own = calibration_file(self.context, model)
        return own.read_text(encoding="utf-8") if own.is_file() else None

    def metadata(self, run: RunId) -> Mapping[str, Any]:
        """The metadata of a run."""
        found: Mapping[str, Any] = self._runs[str(run)]["metadata"]
        return found

    def log(self, run: RunId) -> Mapping[str, Any]:
        """The values of a run's detail log."""
        found: Mapping[str, Any] = self._runs[str(run)]["log"]
        return found

    def settings(self, run: RunId) -> LoadgenSettings:
        """The settings that a run was launched with."""
        return launched_settings(self.context.workspace.run_folder(run))

    def accuracy(self, benchmark: str, scenario: Scenario) -> SquadAccuracy:
        """The score of one accuracy run."""
        folder = self.context.workspace.score_folder(benchmark, scenario)
        return SquadAccuracy(**read_json(folder / SCORE))

    def question_scores(self, benchmark: str, scenario: Scenario) -> QuestionScores | None:
        """What each question scored in one accuracy run."""
        folder = self.context.workspace.score_folder(benchmark, scenario)
        return read_question_scores(folder / QUESTION_SCORES)

    def question_count(self) -> int:
        """The questions of the profile's data set."""
        return len(load_dataset(dataset_file(self.context, "data")).examples)

    def data_is_carried(self) -> bool:
        """Whether the data set's files lie beside its manifest, and go into the tree with it."""
        manifest = self.context.manifest(self.context.profile.dataset)
        return not manifest.private and is_beside(manifest)


@dataclass(frozen=True)
class Readme(StageBase):
    """Every README of the tree."""

    name = "readme"

    @property
    def needs(self) -> tuple[str, ...]:
        """What was measured and scored, and on which machine."""
        scores = tuple(f"score[{b.model}/{s}]" for b, s in _scenarios(self.context))
        return ("collect", "system", *scores)

    def settings(self) -> Mapping[str, Any]:
        """Names that the texts carry."""
        context = self.context
        reference = context.profile.reference
        return {
            "submitter": context.workspace.submitter,
            "system_desc_id": context.workspace.system_desc_id,
            "implementation": context.profile.implementation,
            "reference": asdict(reference) if reference else None,
            "about": context.profile.about,
            "waivers": [asdict(waiver) for waiver in context.profile.waivers],
        }

    def inputs(self) -> tuple[Path, ...]:
        """Results, scores, system, templates, and the accounts of the weights."""
        context = self.context
        models = [benchmark.model for benchmark in context.profile.benchmarks]
        calibrations = [calibration_file(context, model) for model in models]
        return (
            context.workspace.results_file(),
            context.workspace.system_file(),
            TEMPLATES,
            *(context.manifest_path(model) for model in models),
            *(path for path in calibrations if path.is_file()),
            *(path for path in self._notes() if path.is_file()),
            *(context.workspace.score_folder(b.model, s) / SCORE for b, s in _scenarios(context)),
        )

    def outputs(self) -> tuple[Path, ...]:
        """One folder of texts."""
        return (text_path(self.context),)

    def run(self, report: Reporter) -> None:
        """Render all texts, then put the folder in place."""
        with replacing_folder(text_path(self.context)) as work:
            self._write(work)
        report.figure(f"{sum(1 for _ in text_path(self.context).rglob('*.md'))} texts")

    def _write(self, work: Path) -> None:
        texts = Texts(WorkspaceSource(self.context))
        self._put(work / README, texts.tree(), README)
        for benchmark in self.context.profile.benchmarks:
            model, folder = benchmark.model, work / benchmark.model
            self._put(folder / CODE, texts.code(benchmark), model, README)
            write_text(folder / CALIBRATION, texts.calibration(benchmark))
            for scenario in benchmark.scenarios:
                name = f"{scenario}.md"
                self._put(folder / name, texts.measurement(benchmark, scenario), model, name)

    def _put(self, path: Path, text: str, *notes: str) -> None:
        """Write a text with the person's notes at its end, if there are any."""
        write_text(path, with_notes(text, read_notes(notes_file(self.context, *notes))))

    def _notes(self) -> list[Path]:
        found = [notes_file(self.context, README)]
        for benchmark in self.context.profile.benchmarks:
            names = [README, *(f"{scenario}.md" for scenario in benchmark.scenarios)]
            found += [notes_file(self.context, benchmark.model, name) for name in names]
        return found


def _scenarios(context: Context) -> list[tuple[Benchmark, Scenario]]:
    benchmarks = context.profile.benchmarks
    return [(benchmark, scenario) for benchmark in benchmarks for scenario in benchmark.scenarios]
