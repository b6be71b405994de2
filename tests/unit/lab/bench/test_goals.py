"""Goals are reached or missed by the figures that stand beside them."""

from typing import Any

import pytest

from submission.lab.bench.goals import goals

ROW = {
    "speedup_cpu": 2.5,
    "speedup_wall": 2.6,
    "of_limit_cpu": 0.95,
    "of_limit_wall": 0.96,
    "overhead": 0.0199,
}
MOVED = {"samples": 40, "largest": 0.25, "questions": 39, "changed": 0}
HIGH, LOW = {"qps": 30.0}, {"qps": 10.0}


def result(best: dict[str, float] | None, **other: Any) -> dict[str, Any]:
    bounds = {"highest_valid_short_qps": 9.5, "lowest_invalid_short_qps": 10.5}
    return {"best": best, "bound_ms": 130.0, "percentile": 0.99} | bounds | other


FOUND: dict[str, Any] = {
    "model": "m",
    "precisions": {"f32": ROW},
    "baseline_of_queue_cpu": 0.95,
    "baseline_of_app_wall": 0.95,
    "null_samples_per_s": [30_000.0, 19_000.0, 20_000.0],
    "null_cpu_us": [10.0, 50.0, 60.0],
    "memory_bytes": 1_999_999_999,
    "granted_bytes": 0,
    "moved": {"f32": MOVED},
    "server": {
        "f32": {
            "130ms": {"ours": result(HIGH), "published": result(LOW)},
            "idle4": {
                "ours": result(HIGH, bound_ms=516.0),
                "published": result(LOW, bound_ms=516.0),
            },
        }
    },
}


def missed(found: dict[str, Any]) -> list[str]:
    return [goal.measured for goal in goals(found) if not goal.reached]


def server(bound: str, **ways: dict[str, Any]) -> dict[str, Any]:
    """FOUND with other results of find-qps at one bound."""
    before: Any = FOUND["server"]
    found = before["f32"]
    return {**FOUND, "server": {"f32": {**found, bound: found[bound] | ways}}}


def test_goals_on_the_edge_are_reached() -> None:
    assert missed(FOUND) == []
    assert [str(goal) for goal in goals(FOUND)][:2] == [
        "reached  f32: at least 2.5x the reference implementation by CPU time: 2.50x",
        "reached  f32: at least 2.5x the reference implementation by the clock: 2.60x",
    ]


@pytest.mark.parametrize(
    ("change", "reported"),
    [
        ({"speedup_cpu": 2.49}, "2.49x"),
        ({"speedup_wall": 2.4}, "2.40x"),
        ({"of_limit_cpu": 0.949}, "94.9%"),
        ({"of_limit_wall": 0.94}, "94.0%"),
        ({"overhead": 0.02}, "2.00%"),
    ],
)
def test_a_ratio_below_its_goal_is_missed(change: dict[str, float], reported: str) -> None:
    assert missed({**FOUND, "precisions": {"bf16": ROW | change}}) == [reported]


@pytest.mark.parametrize(
    ("change", "reported"),
    [
        ({"baseline_of_queue_cpu": 0.94}, "94.0%"),
        ({"baseline_of_app_wall": 0.93}, "93.0%"),
        ({"baseline_of_app_wall": None}, "not measured: --no-app"),
        ({"null_cpu_us": [50.1]}, "19,960"),
        ({"null_samples_per_s": [19_999.0]}, "19,999"),
        ({"memory_bytes": 2_000_000_000}, "2.00 GB at the peak"),
    ],
)
def test_a_figure_beside_its_goal_is_missed(change: dict[str, Any], reported: str) -> None:
    assert missed(FOUND | change) == [reported]


STACK = {"speedup_cpu": 2.5, "speedup_wall": 2.99}


@pytest.mark.parametrize(
    ("model", "reported"), [("m", []), ("minilm-squad_jpqd-50", ["2.50x", "2.99x"])]
)
def test_the_published_software_is_a_higher_goal_for_the_default_model(
    model: str, reported: list[str]
) -> None:
    found = FOUND | {"model": model, "published_stack": {"bf16": STACK}}
    assert missed(found) == reported
    words = [goal.words for goal in goals(found) if "published software" in goal.words]
    assert words[0].startswith(f"bf16: at least {3 if reported else 2.5:g}x the published software")


@pytest.mark.parametrize(
    ("ways", "model", "gain"),
    [
        ({"ours": result(HIGH), "published-stack": result(LOW)}, "m", ""),
        ({"ours": result(HIGH), "published-stack": result(LOW)}, "minilm-squad_jpqd-50", ": 3.00x"),
        ({"ours": result(HIGH), "published-stack": result(LOW, bound_ms=9)}, "m", "different"),
        ({"ours": result(HIGH), "published-stack": {}}, "m", "WAY=published-stack"),
    ],
)
def test_server_against_the_published_software_has_a_goal_of_its_own(
    ways: dict[str, Any], model: str, gain: str
) -> None:
    before: Any = FOUND["server"]
    found = FOUND | {"model": model, "server": {"f32": before["f32"] | {"stack4": ways}}}
    said = missed(found)
    assert len(said) == bool(gain)
    assert gain in "".join(said)


@pytest.mark.parametrize(
    ("granted", "peak", "reported"),
    [
        (4 * 10**9, 3_999_999_999, []),
        (4 * 10**9, 4 * 10**9, ["4.00 GB at the peak"]),
        (10**9, 1_500_000_000, ["1.50 GB at the peak"]),
    ],
)
def test_memory_is_held_to_what_was_granted(granted: int, peak: int, reported: list[str]) -> None:
    found = FOUND | {"memory_bytes": peak, "granted_bytes": granted}
    assert missed(found) == reported
    assert goals(found)[-1].words == f"under {granted // 10**9} GB, as MEMORY says"


def test_the_command_for_a_missing_search_asks_for_the_same_memory() -> None:
    found = server("idle4", ours={}, published={}) | {"granted_bytes": 4 * 10**9}
    (reported,) = missed(found)
    assert "BOUND=idle4 WAY=ours PRECISION=f32 MEMORY=4)" in reported
    assert "BOUND=idle4 WAY=published)" in reported


def test_one_changed_answer_is_missed_and_a_moved_logit_reported() -> None:
    assert missed({**FOUND, "moved": {"f32": MOVED | {"changed": 1}}}) == [
        "1 of 39 best spans changed, largest difference of two logits 0.25 (40 samples)"
    ]


def test_server_goals_without_a_search_name_the_command() -> None:
    (reported,) = missed(server("130ms", published={}))
    assert reported.startswith("ours 30/s (130 ms, percentile 0.99), published not measured (")
    assert "make find-qps MODEL=m BOUND=130 WAY=published)" in reported
    assert "BOUND=idle4 WAY=ours PRECISION=f32" in missed(server("idle4", ours={}))[0]


def test_each_precision_of_ours_is_compared_with_the_published_way() -> None:
    found = server("idle4", ours={})
    both = {**FOUND, "server": {**FOUND["server"], "bf16": found["server"]["f32"]}}
    (reported,) = [goal for goal in goals(both) if not goal.reached]
    assert reported.words.startswith("bf16: Server at 4 idle latencies")
    assert "BOUND=idle4 WAY=ours PRECISION=bf16" in reported.measured


def test_three_times_the_published_rate_is_reached_and_less_is_not() -> None:
    assert str(goals(server("idle4"))[8]).endswith(
        "published 10/s (516 ms, percentile 0.99): 3.00x"
    )
    assert missed(server("idle4", ours=result({"qps": 29.0}, bound_ms=516.0)))[0].endswith("2.90x")


@pytest.mark.parametrize("bound", ["130ms", "idle4"])
def test_a_rate_that_was_not_confirmed_is_none(bound: str) -> None:
    assert (
        "published none confirmed, short runs VALID up to 9.5/s"
        in (missed(server(bound, published=result(None)))[0])
    )


def test_a_way_that_never_meets_the_bound_is_known_to_reach_nothing() -> None:
    never = result(None, highest_valid_short_qps=None, lowest_invalid_short_qps=0.5)
    assert missed(server("130ms", published=never)) == []
    assert len(missed(server("130ms", ours=never))) == 1
    assert "none VALID down to 0.5/s" in goals(server("130ms", published=never))[7].measured


def test_a_search_without_a_run_shows_nothing() -> None:
    none = result(None, highest_valid_short_qps=None, lowest_invalid_short_qps=None)
    assert "published no run in the time" in missed(server("130ms", published=none))[0]


@pytest.mark.parametrize("bound", ["130ms", "idle4"])
def test_rates_under_different_bounds_are_not_held_against_each_other(bound: str) -> None:
    (reported,) = missed(server(bound, ours=result(HIGH, bound_ms=600.0)))
    assert reported.endswith("under different bounds or percentiles")
