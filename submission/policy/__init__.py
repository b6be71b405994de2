"""What a round fixes: numbers, names and file lists, one JSON table for each round."""

from submission.policy.loader import load_policy
from submission.policy.model import (
    AccuracyLog,
    AccuracyMetric,
    Benchmark,
    FileLists,
    MetricTarget,
    Policy,
    Resolution,
    ScenarioTerms,
    Seeds,
    SystemFields,
    Tolerances,
)
from submission.policy.tables import rounds

__all__ = [
    "AccuracyLog",
    "AccuracyMetric",
    "Benchmark",
    "FileLists",
    "MetricTarget",
    "Policy",
    "Resolution",
    "ScenarioTerms",
    "Seeds",
    "SystemFields",
    "Tolerances",
    "load_policy",
    "rounds",
]
