"""What a tree asks to be run: LoadGen's settings by its conf files, the plan by its metadata."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

from submission.errors import StageError
from submission.loadgen import Conf, read_conf
from submission.policy import Benchmark, Policy
from submission.terms import LoadgenSettings, Mode, Scenario, SutPlan
from submission.tree.finished import Cell

NS_PER_MS = 1_000_000
# a quick run: long enough to be past the first samples, short enough to wait for
QUICK_MS = 10_000
QUICK_SAMPLES = 24
QUICK_QUERIES = 100


def conf_files(cell: Cell) -> tuple[Path, Path]:
    """``mlperf.conf`` and ``user.conf`` of the result."""
    return cell.measurements / "mlperf.conf", cell.measurements / "user.conf"


def rules_of(cell: Cell, policy: Policy, mlperf_model: str | None) -> Benchmark:
    """The round's terms for the result; raises StageError if the round has none."""
    name = mlperf_model or policy.resolve(cell.benchmark).benchmark
    rules = policy.benchmarks.get(name)
    if rules is None:
        raise StageError(
            f"round {policy.round} has no benchmark {name!r}",
            detail=f"{cell} follows its rules, as the model's manifest or its name says",
            hint="give the round as --version, or mend mlperf_model in the manifest",
        )
    return rules


def claimed_settings(cell: Cell, policy: Policy, loadgen_model: str) -> LoadgenSettings:
    """The settings of the tree's own conf files; seeds are the round's.

    Raises StageError for a file that cannot be read or a number that neither file has.
    """
    values = _Values(cell, loadgen_model)
    offline = cell.scenario is Scenario.OFFLINE
    count = round(values.need("min_query_count"))
    return LoadgenSettings(
        **policy.seeds.by_key(),
        performance_sample_count=round(values.need("performance_sample_count_override")),
        min_duration_ms=round(values.need("min_duration")),
        # Offline has one query; LoadGen takes the number for the samples in it
        min_query_count=1 if offline else count,
        samples_per_query=count if offline else None,
        target_qps=values.need("target_qps"),
        target_latency_ns=None if offline else round(values.need("target_latency") * NS_PER_MS),
        target_latency_percentile=None
        if offline
        else round(values.need("target_latency_percentile") / 100, 8),
    )


def quick_settings(settings: LoadgenSettings, rate: float) -> LoadgenSettings:
    """The same for a run of some ten seconds at ``rate`` (samples a second, as claimed)."""
    if settings.samples_per_query is not None:
        samples = max(QUICK_SAMPLES, round(rate * QUICK_MS / 1000))
        return replace(
            settings,
            min_duration_ms=1,
            samples_per_query=min(settings.samples_per_query, samples),
        )
    return replace(
        settings,
        min_duration_ms=min(settings.min_duration_ms, QUICK_MS),
        min_query_count=min(settings.min_query_count, QUICK_QUERIES),
    )


def claimed_plan(cell: Cell) -> SutPlan:
    """How the SUT spread the samples in the claimed performance run."""
    asked = cell.metadata(Mode.PERFORMANCE)["harness"].get("plan", {}).get("asked", {})
    try:
        return SutPlan(**{**asked, "buckets": tuple(asked["buckets"])})
    except (KeyError, TypeError) as error:
        raise StageError(
            f"the metadata of {cell} does not say how samples were spread",
            detail=f"harness.plan.asked: {type(error).__name__}: {error}",
            hint="only trees that this kit laid out can be reproduced",
        ) from error


class _Values:
    """Numbers of the two files: user.conf before mlperf.conf, as LoadGen reads them."""

    def __init__(self, cell: Cell, loadgen_model: str) -> None:
        self._cell, self._model = cell, loadgen_model
        self._files = [_read(path) for path in reversed(conf_files(cell))]

    def need(self, key: str) -> float:
        for conf in self._files:
            entry = conf.find((self._model,), self._cell.scenario, key)
            number = entry.number() if entry else None
            if number is not None and math.isfinite(number):
                return number
        raise StageError(
            f"neither user.conf nor mlperf.conf says {key}",
            detail=f"of {self._model}.{self._cell.scenario} in {self._cell.measurements}",
            hint="run the check: it names what is wrong with the conf files",
        )


def _read(path: Path) -> Conf:
    conf = read_conf(path)
    if isinstance(conf, Conf):
        return conf
    raise StageError(
        f"{path.name} cannot be read",
        detail=f"{path}: {conf.why}",
        hint="run the check: it names what is wrong with the tree",
    )
