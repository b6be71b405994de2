"""The labels of figures in READMEs: who writes a README uses them, and who verifies it."""

from __future__ import annotations

from collections.abc import Mapping

from submission.terms import Scenario

F1 = "F1"
EXACT_MATCH = "exact match"
HASH = "hash"
SEEN_RESULTS: Mapping[Scenario, Mapping[str, str]] = {
    Scenario.OFFLINE: {"result_samples_per_second": "samples/s"},
    Scenario.SERVER: {
        "result_scheduled_samples_per_sec": "scheduled samples/s",
        "result_completed_samples_per_sec": "completed samples/s",
        "result_99.00_percentile_latency_ns": "99th percentile latency [ns]",
        "result_query_count": "queries",
    },
}
"""Key of LoadGen's log -> its label."""
