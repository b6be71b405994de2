"""Where everything lies."""

from dataclasses import replace
from pathlib import Path

import pytest

from submission.terms import Mode, RunId, Scenario
from submission.workspace.folders import Workspace
from submission.workspace.resolve import resolve

RUN = RunId(benchmark="m", scenario=Scenario.SERVER, mode=Mode.ACCURACY)


@pytest.fixture
def workspace(repo: Path, tmp_path: Path) -> Workspace:
    return resolve(repo, environment={}, arguments={"workspace": str(tmp_path)})


def test_everything_that_the_kit_makes_lies_in_its_folder_at_a_place_of_its_own(
    workspace: Workspace, tmp_path: Path
) -> None:
    made = [
        workspace.parts_folder("m"),
        workspace.joined_folder("m"),
        workspace.converted_folder("m"),
        workspace.fetched_data_folder("m"),
        workspace.features_file("m"),
        workspace.adopted_file("m"),
        workspace.stamps_folder(),
        workspace.image_file(),
        workspace.probe_folder("m"),
        workspace.probe_file("m"),
        workspace.run_folder(RUN),
        workspace.metadata_file(RUN),
        workspace.failed_folder("m"),
        workspace.score_folder("m", Scenario.SERVER),
        workspace.profile_file("m"),
        workspace.results_file(),
        workspace.system_file(),
        workspace.texts_folder(),
        workspace.check_file("txt"),
        workspace.check_file("json"),
        workspace.tree_folder(),
        workspace.waivers_file(),
        workspace.archive_file(),
        workspace.report_file("html"),
        workspace.training_folder("m"),
        workspace.trained_folder("m"),
        workspace.topology_folder("m"),
        workspace.synthetic_folder(),
        workspace.bench_folder("tune"),
    ]
    assert len(set(made)) == len(made)
    assert all(path.is_relative_to(tmp_path) for path in made)


def test_a_persons_models_and_data_are_read_where_they_are_and_never_fetched_to(
    workspace: Workspace, tmp_path: Path
) -> None:
    given = replace(workspace.settings, model_dir=Path("/models"), data_dir=Path("/data"))
    own = replace(workspace, settings=given)
    assert own.model_folder("m") == Path("/models/m")
    assert own.data_folder("squad") == Path("/data")
    assert own.joined_folder("m") == workspace.model_folder("m") == tmp_path / "models/m"
    assert own.fetched_data_folder("squad") == workspace.data_folder("squad")


def test_two_workspaces_label_their_containers_apart(workspace: Workspace) -> None:
    other = replace(workspace, settings=replace(workspace.settings, workspace=Path("/other")))
    assert workspace.id != other.id


def test_runs_of_two_profiles_do_not_meet(workspace: Workspace) -> None:
    official = replace(workspace, settings=replace(workspace.settings, profile="official"))
    assert workspace.run_folder(RUN) != official.run_folder(RUN)
    assert workspace.tree_folder() == official.tree_folder()
