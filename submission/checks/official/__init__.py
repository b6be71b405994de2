"""A model of the official checker of the round: its verdict on the same facts."""

from submission.checks.official.outcome import OfficialResult
from submission.checks.official.parts import CrashError
from submission.checks.official.verdict import (
    enters,
    judge_benchmark,
    judge_division,
    judge_result,
    judge_submitter,
    judge_system,
    missing_scenarios,
    root_faults,
    submitter_faults,
)

__all__ = [
    "CrashError",
    "OfficialResult",
    "enters",
    "judge_benchmark",
    "judge_division",
    "judge_result",
    "judge_submitter",
    "judge_system",
    "missing_scenarios",
    "root_faults",
    "submitter_faults",
]
