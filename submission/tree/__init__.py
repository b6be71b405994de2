"""Which file belongs where in the submission tree."""

from submission.tree.build import build_tree
from submission.tree.kit import kit_sources
from submission.tree.order import (
    BenchmarkOrder,
    KitFile,
    MeasurementFields,
    ModelFile,
    Placement,
    RunFiles,
    ScenarioOrder,
    TreeOrder,
)
from submission.tree.pack import pack
from submission.tree.plan import tree_plan
from submission.tree.sums import SUMS_NAME, SumsDifference, sha256sums, sums_differences

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
