"""READMEs and other texts from templates."""

from submission.tree.texts.engine import TEMPLATES, render
from submission.tree.texts.facts import (
    CalibrationFacts,
    ShellCommand,
    MeasurementReadme,
    ModelRow,
    PointerFacts,
    ReadmeFacts,
    RunRecord,
    ServerFigures,
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
    "ShellCommand",
    "MeasurementReadme",
    "ModelRow",
    "PointerFacts",
    "ReadmeFacts",
    "Recipe",
    "RunRecord",
    "ServerFigures",
    "WaivedRule",
    "calibration_readme",
    "code_pointer",
    "code_readme",
    "measurement_readme",
    "published_recipe",
    "render",
    "tree_readme",
]
