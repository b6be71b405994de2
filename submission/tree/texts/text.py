"""The documents of a tree, each from its facts."""

from __future__ import annotations

from submission.errors import StageError
from submission.tree.texts.engine import render
from submission.tree.texts.facts import (
    CalibrationFacts,
    MeasurementReadme,
    PointerFacts,
    ReadmeFacts,
)


def tree_readme(facts: ReadmeFacts) -> str:
    """``<division>/<submitter>/README.md``: what this submission is, and where things lie."""
    _refuse_empty_table(facts)
    return render("tree_readme", facts)


def code_readme(facts: ReadmeFacts) -> str:
    """The README of the code folder that carries the kit: models, results, set-up, runs."""
    _refuse_empty_table(facts)
    return render("code_readme", facts)


def code_pointer(facts: PointerFacts) -> str:
    """The README of a further code folder: its model is there, the kit is elsewhere."""
    return render("code_pointer", facts)


def measurement_readme(facts: MeasurementReadme) -> str:
    """The README of one system, benchmark and scenario: settings, commands, output seen."""
    return render("measurement_readme", facts)


def calibration_readme(facts: CalibrationFacts) -> str:
    """How the weights came about. Raises StageError unless there is one account, not two."""
    if (facts.recipe is None) == (not facts.text.strip()):
        raise StageError(
            f"Nothing says how the weights of {facts.benchmark} were made",
            detail="exactly one of a published recipe and a text is needed",
            hint="put a calibration text beside the model's manifest",
        )
    return render("calibration_text" if facts.recipe is None else "calibration_jpqd", facts)


def _refuse_empty_table(facts: ReadmeFacts) -> None:
    if not facts.rows:
        raise StageError(
            "A README without results cannot be written",
            detail="the table has no row",
            hint="run the measurements first",
        )
