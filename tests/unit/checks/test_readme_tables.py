"""DOC001: which README speaks of which result."""

from pathlib import Path

import pytest

from submission.checks.tree import check_tree
from submission.policy import load_policy
from tests.fakes.submission_tree import DATACENTER, SubmissionTree, build

README = "open/Kit/README.md"
TABLE = "| System | Model | Offline |\n|---|---|---|\n| {} | sparse-bert | {} |\n"


def tree_of_two_systems(root: Path, system: str, figure: str) -> SubmissionTree:
    tree = build("open", root, load_policy("v3.0"))
    tree.system("open/Kit", "twin", system_type="datacenter")
    tree.benchmark("open/Kit", "twin", "sparse-bert", "bert-99", DATACENTER)
    tree.write(README, TABLE.format(system, figure))
    return tree


def paths(root: Path) -> list[str]:
    return [f.path for f in check_tree(root).findings if f.rule == "DOC001"]


def test_a_row_that_names_no_system_is_of_no_result_where_two_ran_the_benchmark(
    tmp_path: Path,
) -> None:
    tree_of_two_systems(tmp_path, "ours", "1")
    assert paths(tmp_path) == []


def test_a_row_that_names_a_system_is_about_its_result(tmp_path: Path) -> None:
    tree_of_two_systems(tmp_path, "twin", "1")
    assert paths(tmp_path) == [README]


def test_a_row_in_the_measurements_is_about_its_own_result(tmp_path: Path) -> None:
    own = "open/Kit/measurements/twin/sparse-bert/Offline/README.md"
    tree_of_two_systems(tmp_path, "x", "1").write(own, TABLE.format("ours", "1"))
    assert paths(tmp_path) == [own]


@pytest.mark.parametrize(
    ("header", "found"), [("F1", [README]), ("of reference F1", []), ("of FP32 F1 (90.874)", [])]
)
def test_a_share_of_another_models_f1_is_no_f1(
    tmp_path: Path, header: str, found: list[str]
) -> None:
    tree = build("open", tmp_path, load_policy("v3.0"))
    tree.write(README, TABLE.replace("Offline", header).format("ours", "0.975"))
    assert paths(tmp_path) == found
