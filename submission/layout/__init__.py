"""Which file belongs where in the submission tree."""

from submission.layout.build import build_tree
from submission.layout.kit import kit_sources
from submission.layout.order import (
    BenchmarkOrder,
    KitFile,
    MeasurementFields,
    ModelFile,
    Placement,
    RunFiles,
    ScenarioOrder,
    TreeOrder,
)
from submission.layout.pack import pack
from submission.layout.plan import tree_plan
from submission.layout.sums import SUMS_NAME, SumsDifference, sha256sums, sums_differences

__all__ = [
    "SUMS_NAME",
    "BenchmarkOrder",
    "KitFile",
    "MeasurementFields",
    "ModelFile",
    "Placement",
    "RunFiles",
    "ScenarioOrder",
    "SumsDifference",
    "TreeOrder",
    "build_tree",
    "kit_sources",
    "pack",
    "sha256sums",
    "sums_differences",
    "tree_plan",
]
