"""From names to paths and back, by the layout of today's rounds and by one that is made up."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from submission.policy import load_policy, rounds
from submission.terms import Mode, Scenario
from submission.tree.grammar import (
    BY_KIND,
    LAYOUTS,
    OF_RESULTS,
    Area,
    Cell,
    Layout,
    run_folder,
    scenario_of,
    submitter_folder,
)

CELL = Cell(
    division="open",
    submitter="Kit",
    system="node",
    benchmark="bert-99",
    scenario_folder="Offline",
)
# all of a result in one folder, as later rounds have it
BY_RESULT = Layout(
    name="by_result",
    templates={
        Area.RESULTS: "results/{system}/{benchmark}/{scenario}",
        Area.MEASUREMENTS: "results/{system}/{benchmark}/{scenario}",
        Area.COMPLIANCE: "results/{system}/{benchmark}/{scenario}/{test}",
        Area.SYSTEMS: "systems/{system}.json",
        Area.CODE: "src/{benchmark}/{implementation}",
        Area.CALIBRATION: "documentation/calibration_{benchmark}.md",
    },
    description="measurements.json",
)


def test_every_round_names_a_layout() -> None:
    assert {load_policy(name).layout for name in rounds()} <= set(LAYOUTS)
    assert {name: layout.name for name, layout in LAYOUTS.items()} == {n: n for n in LAYOUTS}


@pytest.mark.parametrize(
    ("area", "path"),
    [
        (Area.RESULTS, "open/Kit/results/node/bert-99/Offline"),
        (Area.MEASUREMENTS, "open/Kit/measurements/node/bert-99/Offline"),
        (Area.COMPLIANCE, "open/Kit/compliance/node/bert-99/Offline"),
    ],
)
def test_a_cell_has_a_folder_in_each_area_of_results_and_is_found_by_it(
    area: Area, path: str
) -> None:
    assert BY_KIND.of_cell(area, CELL) == path
    assert BY_KIND.cell_of(path) == CELL
    assert BY_KIND.cell_of(f"{path}/accuracy/accuracy.txt") == CELL


@pytest.mark.parametrize(
    ("area", "names", "path"),
    [
        (Area.RESULTS, (), "open/Kit/results"),
        (Area.RESULTS, ("node",), "open/Kit/results/node"),
        (Area.MEASUREMENTS, ("node", "m"), "open/Kit/measurements/node/m"),
        (Area.COMPLIANCE, ("n", "m", "s", "TEST01"), "open/Kit/compliance/n/m/s/TEST01"),
        (Area.SYSTEMS, (), "open/Kit/systems"),
        (Area.SYSTEMS, ("no.de",), "open/Kit/systems/no.de.json"),
        (Area.CODE, ("m",), "open/Kit/code/m"),
        (Area.CODE, ("m", "kit"), "open/Kit/code/m/kit"),
        (Area.CALIBRATION, ("m", "kit"), "open/Kit/calibration/m/kit"),
    ],
)
def test_a_template_is_cut_before_the_first_name_that_is_not_given(
    area: Area, names: tuple[str, ...], path: str
) -> None:
    assert BY_KIND.path(area, submitter_folder("open", "Kit"), *names) == path
    found = BY_KIND.locate(path)
    assert found is not None
    assert (found.owner, found.area, found.names, found.below) == ("open/Kit", area, names, ())


def test_the_error_says_what_a_path_looks_like() -> None:
    words = "<division>/<submitter>/results/<system>/<benchmark>/<scenario>"
    assert BY_KIND.form(Area.RESULTS) == words


def test_a_name_too_many_is_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match="no place for 'b'"):
        BY_KIND.path(Area.SYSTEMS, "open/Kit", "a", "b")


@pytest.mark.parametrize(
    ("path", "area", "names", "below"),
    [
        ("open/Kit", None, (), ()),
        ("open/Kit/README.md", None, (), ("README.md",)),
        ("open/Kit/results/notes.txt", Area.RESULTS, ("notes.txt",), ()),
        ("open/Kit/systems/node.txt", Area.SYSTEMS, (), ("node.txt",)),
        ("open/Kit/code/m/kit/src/a.py", Area.CODE, ("m", "kit"), ("src", "a.py")),
        ("open/Kit/resultsx/a", None, (), ("resultsx", "a")),
    ],
)
def test_any_path_of_a_submitter_is_located(
    path: str, area: Area | None, names: tuple[str, ...], below: tuple[str, ...]
) -> None:
    found = BY_KIND.locate(path)
    assert found is not None
    assert (found.area, found.names, found.below) == (area, names, below)


@pytest.mark.parametrize("path", ["", ".", "open", "SHA256SUMS"])
def test_what_is_no_submitters_is_nowhere(path: str) -> None:
    assert BY_KIND.locate(path) is None
    assert BY_KIND.cell_of(path) is None


@pytest.mark.parametrize("path", ["open/Kit/results/node/bert-99", "open/Kit/systems/node.json"])
def test_what_belongs_to_several_results_is_no_cells(path: str) -> None:
    assert BY_KIND.cell_of(path) is None


def test_a_scenario_may_be_spelt_in_lower_case_and_in_no_other_way() -> None:
    assert scenario_of("SingleStream") is Scenario.SINGLE_STREAM
    assert scenario_of("multistream") is Scenario.MULTI_STREAM
    assert scenario_of("OFFLINE") is None
    assert CELL.scenario is Scenario.OFFLINE


def test_the_two_runs_of_a_result_have_folders() -> None:
    assert run_folder(Mode.ACCURACY) == "accuracy"
    assert run_folder(Mode.PERFORMANCE) == "performance/run_1"


@pytest.mark.parametrize(
    ("files", "found", "implementation"),
    [
        (["node_kit_Offline.json", "node_kit_Server.json"], "node_kit_Offline.json", "kit"),
        (["node_b.json", "node_a.json", "user.conf"], "node_a.json", "a"),
        (["node.json"], "node.json", ""),
        (["other_kit_Offline.json"], None, ""),
    ],
)
def test_a_description_is_known_by_the_system_and_best_by_the_scenario(
    files: list[str], found: str | None, implementation: str
) -> None:
    assert BY_KIND.description_among(files, "node", "Offline") == found
    if found:
        assert BY_KIND.implementation_of(found, "node", "Offline") == implementation
    assert BY_KIND.description_name(CELL, "kit") == "node_kit_Offline.json"


def test_a_layout_with_all_of_a_result_in_one_folder_is_data_alone() -> None:
    folders = {BY_RESULT.of_cell(area, CELL) for area in OF_RESULTS}
    assert folders == {"open/Kit/results/node/bert-99/Offline"}
    assert BY_RESULT.cell_of(f"{folders.pop()}/TEST01/performance/run_1/x") == CELL
    names = (*CELL.names, "TEST01")
    assert BY_RESULT.path(Area.COMPLIANCE, CELL.owner, *names).endswith("/Offline/TEST01")
    assert BY_RESULT.path(Area.CALIBRATION, "open/Kit", "m") == (
        "open/Kit/documentation/calibration_m.md"
    )
    found = BY_RESULT.locate("open/Kit/src/bert-99/kit/a.py")
    assert found is not None
    assert (found.area, found.names) == (Area.CODE, ("bert-99", "kit"))
    assert BY_RESULT.description_name(CELL, "kit") == "measurements.json"
    files = ["measurements.json", "user.conf", "node_x.json"]
    assert BY_RESULT.description_among(files, "node", "Offline") == "measurements.json"
    assert BY_RESULT.implementation_of("measurements.json", "node", "Offline") == ""


@pytest.mark.parametrize(
    ("archive", "layout"),
    [("v5.1_closed_RedHat", BY_KIND), ("v6.0_open_Krai", BY_RESULT)],
)
def test_published_trees_are_of_a_layout(repo: Path, archive: str, layout: Layout) -> None:
    path = repo.parent / "shared" / "published" / "rounds" / f"{archive}.tar.xz"
    if not path.is_file():
        pytest.skip("the published trees are not here")
    with tarfile.open(path) as packed:
        files = [entry.name for entry in packed if entry.isfile()]
    logs = [name for name in files if name.endswith("mlperf_log_detail.txt")]
    cells = {layout.cell_of(name) for name in logs}
    assert len(cells) == 4
    assert None not in cells
    for cell in filter(None, cells):
        measured = layout.of_cell(Area.MEASUREMENTS, cell)
        inside = [name.rpartition("/")[2] for name in files if name.startswith(f"{measured}/")]
        assert layout.description_among(inside, cell.system, cell.scenario_folder)
        assert cell.scenario is not None
