"""What the report says of each run's plan."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from submission.checks import check_tree
from submission.report.facts import ReportedTree
from submission.report.tables import _processor, runs

PLAN = {
    "asked": {"batch": 2, "inference_precision": "f32", "reason": "tuned here"},
    "used": {"buckets": [64, 384], "streams": 4},
}


def tables_of(
    tree: Path,
    plan: Any,
    host: dict[str, str],
    image: Mapping[str, Any] = MappingProxyType({}),
    **more: Any,
) -> list[Any]:
    run = {
        **dict.fromkeys(("started", "ended", "runner", "submittable"), ""),
        "image": {"id": "", **image},
        "host": host,
        "harness": {"plan": plan},
        **more,
    }
    (tree / "open" / "Demo").mkdir(parents=True)
    report = check_tree(tree, version="v3.0", waivers=())
    facts = ReportedTree(
        label="A", title="A", path=tree, report=report, rows=(), runs={"m/Server": run}
    )
    return runs(facts)


def plan_rows(tree: Path, plan: Any) -> Any:
    table = tables_of(tree, plan, host={})[1]
    assert table.caption.startswith("How samples were spread")
    return table.rows


@pytest.mark.parametrize(
    ("host", "reported"),
    [
        ({"cpu_model": "A", "cpu_generation": "family 1, model 2"}, "A (family 1, model 2)"),
        ({"cpu_model": "A"}, "A"),
        ({}, ""),
    ],
)
def test_the_processor_of_a_run_is_reported_with_its_generation(
    tmp_path: Path, host: dict[str, str], reported: str
) -> None:
    table = tables_of(tmp_path, PLAN, host)[0]
    assert table.rows[0][table.head.index("processor")] == reported


def test_a_version_of_openvino_is_reported_with_its_reason(tmp_path: Path) -> None:
    chosen = {"id": "", "openvino": {"version": "2025.4.1", "reason": "given by OPENVINO"}}
    found = tables_of(tmp_path, PLAN, {}, image=chosen)
    assert found[1].text == "OpenVINO 2025.4.1: given by OPENVINO."


def test_what_a_campaigns_engine_took_of_the_systems_is_reported(tmp_path: Path) -> None:
    fleet = {"engine": "ray 2.60.0", "idle_cpu_ms_per_min": 287.4, "sampled_s": 3.0}
    found = tables_of(tmp_path, PLAN, {}, fleet=fleet)
    assert found[1].text == (
        "ray 2.60.0 stayed on the systems during 1 run. Watched for some seconds before each, its "
        "processes took 287 ms of CPU time a minute."
    )


def test_the_plan_of_a_run_is_reported_with_its_reason(tmp_path: Path) -> None:
    reported = ("m/Server", "64, 384", "2", "4", "f32", "tuned here")
    assert plan_rows(tmp_path, PLAN) == (reported,)


@pytest.mark.parametrize("plan", [None, [], "x", {"asked": 3, "used": None}])
def test_a_plan_that_is_none_is_a_row_of_blanks(tmp_path: Path, plan: Any) -> None:
    assert plan_rows(tmp_path, plan) == (("m/Server", *[""] * 5),)


def test_the_processors_that_a_run_was_kept_to_stand_beside_the_name() -> None:
    run = {"host": {"cpu_model": "A", "cpu_generation": None}}
    assert [_processor(run | {"cpuset": each}) for each in (None, "0-3")] == ["A", "A; CPUs 0-3"]
    assert _processor({"host": {}, "cpuset": "0"}) == "CPUs 0"
