"""A model of the official checker of the round: its verdict on the same facts."""

from submission.checks.official.parts import CrashError
from submission.checks.official.verdict import (
    OfficialResult,
    judge_benchmark,
    judge_result,
    judge_submitter,
    judge_system,
    missing_scenarios,
)

__all__ = [
    "CrashError",
    "OfficialResult",
    "judge_benchmark",
    "judge_result",
    "judge_submitter",
    "judge_system",
    "missing_scenarios",
]
