"""What the harness saw when a run ended, against the log that the tree holds."""

from submission.review.evidence.runs import log_facts
from submission.terms import Mode
from submission.tree.finished import ClaimedCell


def facts(cell: ClaimedCell, **results: object) -> dict[str, tuple[str, str]]:
    metadata = {"harness": {"results": results}}
    found = log_facts(cell, Mode.PERFORMANCE, metadata)
    return {key: (seen, in_log) for key, seen, in_log in found}


def test_a_line_that_the_log_holds_is_compared(cell: ClaimedCell) -> None:
    reported = facts(cell, result_scheduled_samples_per_sec=100.0)
    assert reported == {"result_scheduled_samples_per_sec": ("100.0", "100.0")}


def test_a_line_that_was_taken_out_of_the_log_is_a_difference(cell: ClaimedCell) -> None:
    reported = facts(cell, result_mean_latency_ns=5)
    assert reported == {"result_mean_latency_ns": ("5", "not in the log")}


def test_a_key_that_is_never_read_from_logs_is_left_out(cell: ClaimedCell) -> None:
    assert facts(cell, result_of_a_later_loadgen=1) == {}
