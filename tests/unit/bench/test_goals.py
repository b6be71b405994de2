"""Goals are reached or missed by the figures that stand beside them."""

import pytest

from submission.bench.goals import goals

ROW = {"speedup_cpu": 2.5, "speedup_wall": 2.6, "of_limit_cpu": 0.95, "overhead": 0.0199}
FOUND = {
    "precisions": {"f32": ROW},
    "baseline_of_queue_cpu": 0.95,
    "null_samples_per_s": [30_000.0, 19_000.0],
    "null_cpu_us": [10.0, 50.0, 60.0],
    "memory_bytes": 1_999_999_999,
}


def missed(found: dict[str, object]) -> list[str]:
    return [goal.measured for goal in goals(found) if not goal.reached]


def test_goals_on_the_edge_are_reached() -> None:
    assert missed(FOUND) == []
    assert str(goals(FOUND)[0]) == (
        "reached  f32: at least 2.5x the published way: 2.50x by CPU time, 2.60x by the clock"
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"speedup_cpu": 2.49}, "2.49x by CPU time, 2.60x by the clock"),
        ({"of_limit_cpu": 0.949}, "94.9%"),
        ({"overhead": 0.02}, "2.00%"),
    ],
)
def test_a_ratio_below_its_goal_is_missed(change: dict[str, float], told: str) -> None:
    assert missed({**FOUND, "precisions": {"bf16": ROW | change}}) == [told]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"baseline_of_queue_cpu": 0.94}, "94.0%"),
        (
            {"null_cpu_us": [50.1]},
            "19,960 a second of CPU time, 19,000 by the clock in the slowest round",
        ),
        ({"memory_bytes": 2_000_000_000}, "2.00 GB at the peak"),
    ],
)
def test_a_figure_beside_its_goal_is_missed(change: dict[str, object], told: str) -> None:
    assert missed(FOUND | change) == [told]
