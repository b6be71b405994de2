"""Server rates that ``find-qps`` found: one file for each model, which RATES makes runs use."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path

from submission.errors import UsageError
from submission.files import read_json, write_json
from submission.terms import NS_PER_MS, LoadgenSettings


@dataclass(frozen=True, kw_only=True)
class FoundRate:
    """The highest target rate that was VALID, in queries/s, and what it holds for.

    ``queries`` and ``seconds`` are those of the run that confirmed it.
    """

    model: str
    target_qps: float
    bound_ms: float
    percentile: float
    cores: int
    openvino: str
    queries: int
    seconds: float


def rate_file(folder: Path, model: str) -> Path:
    return folder / f"{model}.json"


def write_rate(folder: Path, rate: FoundRate) -> Path:
    path = rate_file(folder, rate.model)
    write_json(path, {"version": 1, **asdict(rate)})
    return path


def read_rate(folder: Path, model: str) -> FoundRate | None:
    """The rate of a model; None if none was found. UsageError for a damaged file."""
    path = rate_file(folder, model)
    if not path.is_file():
        return None
    try:
        value = dict(read_json(path))
        value.pop("version")
        return _of_model(FoundRate(**value), model)
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise UsageError(
            f"the rate in {path.name} cannot be used",
            detail=f"{path}: {type(error).__name__}: {error}",
            hint="remove the file, and find the rate again with find-qps",
        ) from error


def _of_model(rate: FoundRate, model: str) -> FoundRate:
    if rate.model != model or not 0 < rate.target_qps < math.inf:
        raise ValueError(f"it has {rate.target_qps} queries/s of {rate.model}")
    return rate


def bound_of(settings: LoadgenSettings) -> tuple[float, float | None]:
    """The latency bound of a Server run in ms, and its percentile."""
    return (settings.target_latency_ns or 0) / NS_PER_MS, settings.target_latency_percentile


def refuse_other_bound(rate: FoundRate, settings: LoadgenSettings) -> None:
    """UsageError if the rate was found at another latency bound or percentile than the run's."""
    asked = bound_of(settings)
    if (rate.bound_ms, rate.percentile) != asked:
        raise UsageError(
            f"the rate of {rate.model} was found at another latency bound",
            detail=f"{rate.bound_ms:g} ms at percentile {rate.percentile:g}; the run has "
            f"{asked[0]:g} ms at {asked[1]:g}",
            hint=f"find-qps {rate.model} --bound {asked[0]:g} --percentile {asked[1]:g}, or leave "
            "RATES out",
        )
