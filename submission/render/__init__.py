"""READMEs and other texts from templates."""

from submission.render.conf import (
    ConfDefaults,
    MlperfConfFacts,
    mlperf_conf,
    user_conf,
)
from submission.render.engine import TEMPLATES, render
from submission.render.facts import (
    CalibrationFacts,
    Command,
    MeasurementFacts,
    ModelRow,
    PointerFacts,
    ReadmeFacts,
    RunStory,
    ServerFigures,
    Waiver,
)
from submission.render.recipe import Recipe, published_recipe
from submission.render.text import (
    calibration_readme,
    code_pointer,
    code_readme,
    measurement_readme,
    tree_readme,
)

__all__ = [
    "TEMPLATES",
    "CalibrationFacts",
    "Command",
    "ConfDefaults",
    "MeasurementFacts",
    "MlperfConfFacts",
    "ModelRow",
    "PointerFacts",
    "ReadmeFacts",
    "Recipe",
    "RunStory",
    "ServerFigures",
    "Waiver",
    "calibration_readme",
    "code_pointer",
    "code_readme",
    "measurement_readme",
    "mlperf_conf",
    "published_recipe",
    "render",
    "tree_readme",
    "user_conf",
]
