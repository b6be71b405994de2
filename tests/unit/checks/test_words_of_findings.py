"""The words of findings that a table of rule ids does not show."""

from pathlib import Path

import pytest

from submission.checks.tree import check_tree
from submission.policy import load_policy
from tests.fakes.submission_tree import build
from tests.tree.edits import GONE, Edit, both, copied, fields, moved, put, removed

C = "closed/Kit/compliance/node/bert-99/Offline"
SYSTEMS = "closed/Kit/systems"


def found(root: Path, edit: Edit, rule: str) -> list[tuple[str, str]]:
    """(found, expected) of a rule's findings in the closed tree after an edit."""
    edit(build("closed", root, load_policy("v3.0")))
    return [(f.found, f.expected) for f in check_tree(root).findings if f.rule == rule]


def test_a_missing_test_is_not_taken_for_a_misspelling_of_another(tmp_path: Path) -> None:
    assert found(tmp_path, removed(f"{C}/TEST01"), "CMP002") == [("no such folder", "TEST01")]


@pytest.mark.parametrize("name", ["TEST1", "test01", "TEST_01"])
def test_a_misspelt_test_is_named(tmp_path: Path, name: str) -> None:
    words = (f"no such folder; did you mean {name!r}?", "TEST01")
    assert found(tmp_path, moved(f"{C}/TEST01", f"{C}/{name}"), "CMP002") == [words]


def test_a_description_without_results_is_not_taken_for_one_that_has_them(tmp_path: Path) -> None:
    edit = copied(f"{SYSTEMS}/node.json", f"{SYSTEMS}/node2.json")
    (words,) = found(tmp_path, edit, "TRE032")
    assert words[1] == "closed/Kit/results/node2"


def test_the_finding_on_a_misspelt_description_names_the_system(
    tmp_path: Path,
) -> None:
    edit = moved(f"{SYSTEMS}/node.json", f"{SYSTEMS}/nodes.json")
    (words,) = found(tmp_path, edit, "TRE032")
    assert words[1] == "closed/Kit/results/nodes; did you mean 'node'?"


def test_a_missing_field_is_not_taken_for_a_misspelling_of_another(tmp_path: Path) -> None:
    path = "closed/Kit/measurements/node/bert-99/Offline/node_kit_Offline.json"
    edit = fields(path, weight_data_types=GONE)
    assert found(tmp_path, edit, "MEA007") == [("no such field", "a text")]


def test_the_hint_for_a_mapping_to_another_name_of_a_benchmark_is_its_own(tmp_path: Path) -> None:
    edit = put("open/Kit/model_mapping.json", '{"tiny": "resnet50"}')
    moves = [
        moved(f"open/Kit/{area}/node/sparse-bert", f"open/Kit/{area}/node/tiny")
        for area in ("results", "measurements")
    ]
    tree = build("open", tmp_path, load_policy("v3.0"))
    both(edit, *moves)(tree)
    (words,) = [f.expected for f in check_tree(tmp_path).findings if f.rule == "BEN001"]
    assert "(did you mean resnet?)" in words
