"""``user.conf`` and ``mlperf.conf`` as LoadGen's parser reads them.

A line is ``model.scenario.key = value`` with blanks around the sign (without them LoadGen drops the
line in silence); times are whole milliseconds, percentiles percent. Tried with LoadGen 5.0.15,
``FromConfig(path, model, scenario, 2)``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from submission.errors import UsageError
from submission.terms import LoadgenSettings, Scenario

NS_PER_MS = 1_000_000
FORMAT = "The format is 'model.scenario.key = value'; times are milliseconds, percentiles percent."
WRITTEN = "Written from the settings that were run. The seeds are mlperf.conf's."
CONF_WORD = re.compile(r"[A-Za-z0-9_-]+|\*")


@dataclass(frozen=True, kw_only=True)
class ConfLine:
    """One setting of a conf file."""

    model: str
    scenario: str
    key: str
    value: str

    def __str__(self) -> str:
        return f"{self.model}.{self.scenario}.{self.key} = {self.value}"


@dataclass(frozen=True, kw_only=True)
class ConfDefaults:
    """What the round sets for one scenario, before a user changes what he may."""

    scenario: Scenario
    min_duration_ms: int
    min_query_count: int
    target_latency_percentile: float
    target_latency_ns: int | None = None
    target_qps: float | None = None


@dataclass(frozen=True, kw_only=True)
class MlperfConfFacts:
    """The numbers of a round for one LoadGen model, as ``mlperf.conf`` states them."""

    round: str
    loadgen_model: str
    performance_sample_count: int
    qsl_rng_seed: int
    sample_index_rng_seed: int
    schedule_rng_seed: int
    defaults: tuple[ConfDefaults, ...]


def user_conf(
    settings: LoadgenSettings, *, scenario: Scenario, loadgen_model: str, about: str
) -> str:
    """The ``user.conf`` of one run; ``about`` is a comment (benchmark, profile).

    Raises UsageError for a latency that is not a whole number of milliseconds, which LoadGen
    would cut, and for a model name that its parser would not find again.
    """
    count = settings.min_query_count
    if scenario is Scenario.OFFLINE and settings.samples_per_query is not None:
        # Offline has one query; LoadGen takes this count for the samples in it
        count = settings.samples_per_query
    defaults = ConfDefaults(
        scenario=scenario,
        min_duration_ms=settings.min_duration_ms,
        min_query_count=count,
        target_latency_percentile=settings.target_latency_percentile or 0.0,
        target_latency_ns=settings.target_latency_ns,
        target_qps=settings.target_qps,
    )
    lines = _scenario_lines(_checked(loadgen_model), defaults)
    sample_count = ConfLine(
        model=loadgen_model,
        scenario="*",
        key="performance_sample_count_override",
        value=str(settings.performance_sample_count),
    )
    return _text((_comment(about), FORMAT, WRITTEN), [[sample_count, *lines]])


def mlperf_conf(facts: MlperfConfFacts) -> str:
    """The ``mlperf.conf`` of the round, reduced to the benchmark's LoadGen model."""
    model = _checked(facts.loadgen_model)
    every = ConfLine(
        model=model,
        scenario="*",
        key="performance_sample_count_override",
        value=str(facts.performance_sample_count),
    )
    seeds = [
        ConfLine(model="*", scenario="*", key=key, value=str(value))
        for key, value in (
            ("qsl_rng_seed", facts.qsl_rng_seed),
            ("sample_index_rng_seed", facts.sample_index_rng_seed),
            ("schedule_rng_seed", facts.schedule_rng_seed),
        )
    ]
    scenarios = [_scenario_lines(model, defaults) for defaults in facts.defaults]
    head = f"Rules of MLPerf Inference {facts.round} for the benchmark that was run."
    return _text((head, FORMAT), [[every], ["# The seeds of the round", *seeds], *scenarios])


def _text(comments: Iterable[str], blocks: Iterable[Iterable[ConfLine | str]]) -> str:
    """Comments first, then blocks of lines with an empty line before each."""
    lines = [f"# {comment}" for comment in comments]
    for block in blocks:
        lines += ["", *map(str, block)]
    return "\n".join(lines) + "\n"


def _scenario_lines(model: str, defaults: ConfDefaults) -> list[ConfLine]:
    values: dict[str, float | None] = {
        "target_qps": defaults.target_qps,
        "target_latency": _whole_ms(defaults.target_latency_ns),
        "target_latency_percentile": _percent(defaults.target_latency_percentile),
        "min_duration": defaults.min_duration_ms,
        "min_query_count": defaults.min_query_count,
    }
    return [
        ConfLine(model=model, scenario=str(defaults.scenario), key=key, value=_plain(value))
        for key, value in values.items()
        if value is not None
    ]


def _percent(percentile: float) -> float | None:
    """99.9 for 0.999, without the dust of binary fractions; ``None`` for LoadGen's default."""
    return round(percentile * 100, 6) or None


def _whole_ms(latency_ns: int | None) -> int | None:
    if latency_ns is None:
        return None
    if latency_ns % NS_PER_MS or latency_ns <= 0:
        raise UsageError(
            "A target latency is not a whole number of milliseconds",
            detail=f"{latency_ns} ns; LoadGen would take {latency_ns // NS_PER_MS} ms",
            hint="set target_latency_ms to a whole number above zero in the profile",
        )
    return latency_ns // NS_PER_MS


def _plain(value: float) -> str:
    """Digits without an exponent, and no ``.0`` behind a whole number."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _checked(model: str) -> str:
    if CONF_WORD.fullmatch(model) is None:
        raise UsageError(
            f"LoadGen's parser cannot take the model name {model!r}",
            detail="the name may hold letters, digits, '-' and '_'; a dot ends it",
            hint="use the name whose rules mlperf.conf has: bert",
        )
    return model


def _comment(text: str) -> str:
    return " ".join(text.split())
