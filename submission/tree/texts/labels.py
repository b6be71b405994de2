"""The labels of figures in READMEs: who writes a README uses them, and who verifies it."""

from __future__ import annotations

from collections.abc import Mapping

from submission.loadgen.keys import COMPLETED_RATE, OFFLINE_RATE, SCHEDULED_RATE, percentile_key
from submission.terms import Scenario

F1 = "F1"
EXACT_MATCH = "exact match"
HASH = "hash"
SEEN_RESULTS: Mapping[Scenario, Mapping[str, str]] = {
    Scenario.OFFLINE: {OFFLINE_RATE: "samples/s"},
    Scenario.SERVER: {
        SCHEDULED_RATE: "scheduled samples/s",
        COMPLETED_RATE: "completed samples/s",
        percentile_key(99): "99th percentile latency [ns]",
        "result_query_count": "queries",
    },
}
"""Key of LoadGen's log -> its label."""
