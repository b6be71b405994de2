"""The numbers a round fixes, one JSON file each."""

from submission.policy.loader import load_policy, rounds
from submission.policy.model import (
    AccuracyLog,
    AccuracyMetric,
    Benchmark,
    FileLists,
    Policy,
    Resolution,
    ScenarioTerms,
    Seeds,
    SystemFields,
)

__all__ = [
    "AccuracyLog",
    "AccuracyMetric",
    "Benchmark",
    "FileLists",
    "Policy",
    "Resolution",
    "ScenarioTerms",
    "Seeds",
    "SystemFields",
    "load_policy",
    "rounds",
]
