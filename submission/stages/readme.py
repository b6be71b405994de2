"""Renders the texts of the tree from what was measured; a missing value is an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from submission.artifacts.manifest import CALIBRATION
from submission.files import replacing_folder, write_text
from submission.pipeline.stage import Reporter
from submission.runs.context import Context
from submission.stages.base import StageBase
from submission.stages.readme_facts import ReadmeSource
from submission.stages.score import SCORE
from submission.terms import Scenario
from submission.tree.grammar import README
from submission.tree.texts import (
    TEMPLATES,
    CalibrationFacts,
    calibration_readme,
    code_pointer,
    code_readme,
    measurement_readme,
    published_recipe,
    tree_readme,
)
from submission.workspace.profile import Benchmark

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


def _noted(text: str, notes: Path) -> str:
    """The text with the person's notes at its end, if there are any."""
    if not notes.is_file():
        return text
    own = notes.read_text(encoding="utf-8").strip()
    return f"{text.rstrip()}\n\n## Notes of the submitter\n\n{own}\n"


def calibration_file(context: Context, model: str) -> Path:
    """The optional description of the weights (calibration.md) beside a model's manifest."""
    return context.manifest_path(model).with_name(CALIBRATION)


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
        report.line(f"{sum(1 for _ in text_path(self.context).rglob('*.md'))} texts")

    def _write(self, work: Path) -> None:
        source = ReadmeSource(self.context)
        facts = source.readme()
        write_text(work / README, _noted(tree_readme(facts), notes_file(self.context, README)))
        for number, benchmark in enumerate(self.context.profile.benchmarks):
            folder = work / benchmark.model
            text = code_readme(facts) if number == 0 else code_pointer(source.pointer(benchmark))
            notes = notes_file(self.context, benchmark.model, README)
            write_text(folder / CODE, _noted(text, notes))
            write_text(folder / CALIBRATION, self._calibration(benchmark))
            for scenario in benchmark.scenarios:
                name = f"{scenario}.md"
                text = measurement_readme(source.measurement(benchmark, scenario))
                notes = notes_file(self.context, benchmark.model, name)
                write_text(folder / name, _noted(text, notes))

    def _notes(self) -> list[Path]:
        found = [notes_file(self.context, README)]
        for benchmark in self.context.profile.benchmarks:
            names = [README, *(f"{scenario}.md" for scenario in benchmark.scenarios)]
            found += [notes_file(self.context, benchmark.model, name) for name in names]
        return found

    def _calibration(self, benchmark: Benchmark) -> str:
        own = calibration_file(self.context, benchmark.model)
        recipe = None if own.is_file() else published_recipe(benchmark.model)
        return calibration_readme(
            CalibrationFacts(
                submitter=self.context.workspace.submitter,
                benchmark=benchmark.model,
                implementation=self.context.profile.implementation,
                recipe=recipe,
                text=own.read_text(encoding="utf-8") if own.is_file() else "",
            )
        )


def _scenarios(context: Context) -> list[tuple[Benchmark, Scenario]]:
    benchmarks = context.profile.benchmarks
    return [(benchmark, scenario) for benchmark in benchmarks for scenario in benchmark.scenarios]
