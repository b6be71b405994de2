"""Plans and their reasons."""

from dataclasses import replace

import numpy as np
import pytest

from submission.runs.decide import Subject, bounded_buckets, make_plan
from submission.terms import PlanRequest, Scenario

SUBJECT = Subject(
    lengths=np.array([40, 60, 80, 200], np.int32),
    longest=384,
    trailing_pad=0,
    weight_bytes=20_000_000,
)


def test_offline_runs_samples_of_like_length_together() -> None:
    plan = make_plan(SUBJECT, Scenario.OFFLINE, PlanRequest())
    assert (plan.batch, plan.late_last) == (2, False)
    assert "2 samples of like length together" in plan.reason


def test_server_lets_no_sample_wait_for_another() -> None:
    plan = make_plan(SUBJECT, Scenario.SERVER, PlanRequest(batch=4, late_last=True))
    assert (plan.batch, plan.late_last) == (1, True)
    assert "only add to its latency" in plan.reason


def test_the_reason_says_how_much_is_padding() -> None:
    reason = make_plan(SUBJECT, Scenario.OFFLINE, PlanRequest(shapes=2)).reason
    assert "2 buckets" in reason
    assert "156.0 tokens a sample are run of which 95.0 are real, against 384 padded" in reason


@pytest.mark.parametrize(("memory", "count"), [(10**12, 20), (450_000_000, 5), (1, 1)])
def test_shapes_are_bounded_by_memory(memory: int, count: int) -> None:
    assert bounded_buckets(20, 40_000_000, memory)[0] == count


def test_a_plan_that_memory_bounds_says_so() -> None:
    plan = make_plan(SUBJECT, Scenario.OFFLINE, PlanRequest(memory_bytes=340_000_000))
    assert len(plan.buckets) == 2
    assert "no more within 0.3 GB" in plan.reason


def test_a_large_graph_counts_beside_its_weights() -> None:
    mobilebert = replace(SUBJECT, weight_bytes=14_120_660, graph_bytes=2_437_651)
    assert 180_000_000 < mobilebert.bucket_bytes < 230_000_000


def test_a_limit_that_is_given_is_handed_to_the_harness() -> None:
    plan = make_plan(SUBJECT, Scenario.OFFLINE, PlanRequest(limit_bytes=340_000_000))
    assert (len(plan.buckets), plan.memory_bytes) == (2, 340_000_000)
    assert make_plan(SUBJECT, Scenario.OFFLINE, PlanRequest()).memory_bytes == 0


def test_a_step_fixes_the_buckets_up_to_the_models_own_length() -> None:
    request = PlanRequest(bucket_step=100, requests=3, reason="few buckets")
    plan = make_plan(SUBJECT, Scenario.OFFLINE, request)
    assert plan.buckets == (100, 200, 300, 384)
    assert (plan.batch, plan.requests, plan.reason) == (1, 3, "few buckets")


def test_what_a_plan_does_not_decide_is_as_requested() -> None:
    request = PlanRequest(streams=2, threads=4, inference_precision="bf16", per_node=False)
    plan = make_plan(SUBJECT, Scenario.SERVER, request)
    assert (plan.streams, plan.threads, plan.requests) == (2, 4, 0)
    assert (plan.inference_precision, plan.per_node) == ("bf16", False)
