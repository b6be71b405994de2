"""READMEs and other texts from templates."""

from submission.tree.texts.engine import TEMPLATES, render
from submission.tree.texts.facts import (
    CalibrationFacts,
    MeasurementReadme,
    ModelRow,
    PointerFacts,
    ReadmeFacts,
    RunRecord,
    ServerFigures,
    ShellCommand,
    WaivedRule,
)
from submission.tree.texts.recipe import Recipe, published_recipe
from submission.tree.texts.text import (
    calibration_readme,
    code_pointer,
    code_readme,
    measurement_readme,
    tree_readme,
)

__all__ = [
    "TEMPLATES",
    "CalibrationFacts",
    "MeasurementReadme",
    "ModelRow",
    "PointerFacts",
    "ReadmeFacts",
    "Recipe",
    "RunRecord",
    "ServerFigures",
    "ShellCommand",
    "WaivedRule",
    "calibration_readme",
    "code_pointer",
    "code_readme",
    "measurement_readme",
    "published_recipe",
    "render",
    "tree_readme",
]
