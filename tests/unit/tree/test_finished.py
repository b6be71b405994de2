"""The reader of a finished tree finds results, models, sources and descriptions by the grammar."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from submission.errors import StageError, UsageError
from submission.policy import default_round, load_policy
from submission.terms import Mode, Scenario
from submission.tree.finished import ClaimedCell, FinishedTree
from tests.fakes.submission_tree import SubmissionTree, build

CODE = "open/Kit/code/sparse-bert/kit"


@pytest.fixture
def made(tmp_path: Path) -> SubmissionTree:
    return build("open", tmp_path, load_policy(default_round()))


@pytest.fixture
def tree(made: SubmissionTree) -> FinishedTree:
    return FinishedTree(root=made.root, round=default_round())


def test_every_result_is_found_in_the_order_of_its_path(tree: FinishedTree) -> None:
    assert list(map(str, tree.cells)) == ["sparse-bert/Offline", "sparse-bert/Server"]
    cell = tree.cells[0]
    assert (cell.place.owner, cell.system) == ("open/Kit", "node")
    assert cell.claimed_accuracy.f1 == 90.2
    assert cell.claimed_log.get("result_validity") == "VALID"
    assert cell.log(Mode.ACCURACY).get("effective_test_mode") == "AccuracyOnly"
    for path in (cell.user_conf, cell.mlperf_conf, cell.accuracy_log):
        assert path.is_file()


def test_scenarios_in_lower_case_are_results_and_other_folders_are_none(
    made: SubmissionTree, tree: FinishedTree
) -> None:
    made.write("open/Kit/results/node/sparse-bert/multistream/x", "")
    made.write("open/Kit/results/node/sparse-bert/OFFLINE/x", "")
    made.write("open/Kit/results/node/sparse-bert/SingleStream", "a file")
    assert [cell.scenario for cell in tree.cells] == [
        Scenario.OFFLINE,
        Scenario.SERVER,
        Scenario.MULTI_STREAM,
    ]
    found = tree.choose(benchmark="sparse-bert", scenario="MultiStream")
    assert found.results.name == "multistream"


def test_a_result_is_chosen_by_its_names_or_the_error_says_what_there_is(
    made: SubmissionTree, tree: FinishedTree
) -> None:
    made.write("open/Kit/results/other/sparse-bert/Server/x", "")
    assert tree.choose(benchmark="sparse-bert", scenario="offline").scenario is Scenario.OFFLINE
    with pytest.raises(UsageError, match="2 results of sparse-bert Server") as caught:
        tree.choose(benchmark="sparse-bert", scenario="Server")
    assert "node Server, other Server" in caught.value.detail
    chosen = tree.choose(benchmark="sparse-bert", scenario="Server", system="other")
    assert chosen.system == "other"
    with pytest.raises(UsageError, match="no benchmark 'sparse-brt'") as caught:
        tree.choose(benchmark="sparse-brt", scenario="Server")
    assert "sparse-bert" in caught.value.hint


def test_what_the_tree_does_not_hold_is_an_error_that_names_it(
    made: SubmissionTree, tree: FinishedTree
) -> None:
    cell = tree.cells[0]
    with pytest.raises(UsageError, match="carries no model of sparse-bert") as caught:
        cell.model()
    assert "no open/Kit/code/sparse-bert/<implementation>/model" in caught.value.detail
    with pytest.raises(StageError, match=r"run_metadata_accuracy\.json of sparse-bert/Offline"):
        cell.metadata(Mode.ACCURACY)
    (cell.results / "accuracy/accuracy.txt").unlink()
    with pytest.raises(StageError, match=r"accuracy\.txt of sparse-bert/Offline"):
        _ = cell.claimed_accuracy


def test_models_and_sources_lie_in_the_code_of_a_benchmark(
    made: SubmissionTree, tree: FinishedTree
) -> None:
    made.write(f"{CODE}/model/manifest.json", "{}")
    made.write(f"{CODE}/submission/__main__.py", "")
    assert tree.model_folders() == [made.root / CODE / "model"]
    assert tree.kit_folders() == [made.root / CODE]
    assert tree.carried_models("squad-mini") == [made.root / CODE / "models/squad-mini"]


def test_descriptions_that_cannot_be_read_are_left_out(
    made: SubmissionTree, tree: FinishedTree
) -> None:
    assert tree.systems()["node"]["status"] == "available"
    made.write("open/Kit/systems/node.json", json.dumps(["no object"]))
    assert tree.systems() == {}
    made.write("open/Kit/systems/node.json", "{")
    assert tree.systems() == {}


def test_a_tree_of_others_names_no_profile_of_ours(tree: FinishedTree) -> None:
    assert tree.own_profile() is None


@pytest.mark.parametrize(
    ("profile", "expected"), [("demo", "demo"), ("demo-mymodel", "demo"), ("demonstration", None)]
)
def test_a_model_of_ones_own_ran_by_the_profile_that_its_own_was_made_of(
    made: SubmissionTree,
    tree: FinishedTree,
    monkeypatch: pytest.MonkeyPatch,
    profile: str,
    expected: str | None,
) -> None:
    made.write(f"{CODE}/submission/__main__.py", "")
    for name in ("demo", "official"):
        made.write(f"{CODE}/measurements/profiles/{name}.json", "{}")
    monkeypatch.setattr(ClaimedCell, "metadata", lambda *_: {"profile": profile})
    found = tree.own_profile()
    assert (found.stem if found else None) == expected
