"""What the report tells of each run's plan."""

from pathlib import Path
from typing import Any

import pytest

from submission.checks import check_tree
from submission.report.facts import TreeFacts
from submission.report.tables import runs

PLAN = {
    "asked": {"batch": 2, "inference_precision": "f32", "reason": "tuned here"},
    "used": {"buckets": [64, 384], "streams": 4},
}


def plan_rows(tree: Path, plan: Any) -> tuple[tuple[str, ...], ...]:
    run = {
        **dict.fromkeys(("started", "ended", "runner", "submittable"), ""),
        "image": {"id": ""},
        "host": {},
        "harness": {"plan": plan},
    }
    (tree / "open" / "Demo").mkdir(parents=True)
    report = check_tree(tree, version="v3.0", waivers=())
    facts = TreeFacts(
        label="A", title="A", path=tree, report=report, rows=(), runs={"m/Server": run}
    )
    table = runs(facts)[1]
    assert table.caption.startswith("How samples were spread")  # type: ignore[union-attr]
    return table.rows  # type: ignore[union-attr]


def test_the_plan_of_a_run_is_told_with_its_reason(tmp_path: Path) -> None:
    told = ("m/Server", "64, 384", "2", "4", "f32", "tuned here")
    assert plan_rows(tmp_path, PLAN) == (told,)


@pytest.mark.parametrize("plan", [None, [], "x", {"asked": 3, "used": None}])
def test_a_plan_that_is_none_is_a_row_of_dashes(tmp_path: Path, plan: Any) -> None:
    assert plan_rows(tmp_path, plan) == (("m/Server", *["-"] * 5),)
