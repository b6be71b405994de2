"""The mAP of accuracy.txt against the table that its script prints above it."""

from pathlib import Path

import pytest

from submission.checks.tree import check_tree
from submission.policy import load_policy
from submission.terms import Scenario
from tests.fakes.submission_tree import SubmissionTree

TEXT = "open/Kit/results/node/retinanet/Offline/accuracy/accuracy.txt"
ROW = " Average Precision  (AP) @[ IoU={} | area=   all | maxDets=100 ] = {}\n"


@pytest.mark.parametrize(
    ("precision", "raised"), [("0.375", set()), ("0.376", {"ACC029"}), ("0.385", {"ACC029"})]
)
def test_the_average_precision_of_the_table_is_the_accuracy_rounded(
    precision: str, raised: set[str], tmp_path: Path
) -> None:
    table = ROW.format("0.50:0.95", precision) + ROW.format("0.50     ", "0.571")
    assert _raised(table, tmp_path) == raised


@pytest.mark.parametrize(
    ("half", "three_quarters", "recall", "raised"),
    [
        ("0.571", "0.401", "0.525", set()),
        ("0.371", "0.377", "0.374", set()),
        ("0.351", "0.361", "0.525", {"ACC029"}),
        ("0.571", "0.401", "0.325", {"ACC029"}),
    ],
)
def test_an_average_precision_is_below_the_recall_and_between_its_parts(
    half: str, three_quarters: str, recall: str, raised: set[str], tmp_path: Path
) -> None:
    table = (
        ROW.format("0.50:0.95", "0.375")
        + ROW.format("0.50     ", half)
        + ROW.format("0.75     ", three_quarters)
        + ROW.format("0.50:0.95", recall).replace("Precision  (AP)", "Recall     (AR)")
    )
    assert _raised(table, tmp_path) == raised


def _raised(table: str, tmp_path: Path) -> set[str]:
    """What the table raises above the accuracy of retinanet."""
    tree = SubmissionTree(tmp_path, load_policy("v3.0"))
    tree.system("open/Kit", "node", system_type="datacenter")
    scenarios = {name: Scenario(name) for name in ("Offline", "Server")}
    tree.benchmark("open/Kit", "node", "retinanet", "retinanet", scenarios)
    tree.write(TEXT, table + tree.read(TEXT))
    found = {finding.rule for finding in check_tree(tmp_path).findings if finding.path == TEXT}
    return found - {"ACC022"}
