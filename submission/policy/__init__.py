"""What a round fixes: numbers, names and file lists, one JSON table for each round."""

from submission.policy.loader import load_policy
from submission.policy.model import (
    AccuracyLog,
    AccuracyMetric,
    BenchmarkTerms,
    CheckerKind,
    ComplianceTest,
    FileLists,
    MetricTarget,
    OfficialChecker,
    Policy,
    Resolution,
    ScenarioTerms,
    Seeds,
    SystemFields,
    Tolerances,
)
from submission.policy.tables import default_round, rounds

__all__ = [
    "AccuracyLog",
    "AccuracyMetric",
    "BenchmarkTerms",
    "CheckerKind",
    "ComplianceTest",
    "FileLists",
    "MetricTarget",
    "OfficialChecker",
    "Policy",
    "Resolution",
    "ScenarioTerms",
    "Seeds",
    "SystemFields",
    "Tolerances",
    "default_round",
    "load_policy",
    "rounds",
]
