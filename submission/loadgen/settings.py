"""A run's settings as ``user.conf``, a round's as ``mlperf.conf``, and both read back.

A line is ``model.scenario.key = value`` with blanks around the sign (without them LoadGen drops the
line in silence); times are whole milliseconds, percentiles percent. Tried with LoadGen 5.0.15,
``FromConfig(path, model, scenario, 2)``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from submission.errors import UsageError
from submission.loadgen.conf import Conf
from submission.loadgen.counts import counts_of, loadgen_count, settings_count
from submission.policy.model import BenchmarkTerms, Policy, Seeds
from submission.terms import NS_PER_MS, LoadgenSettings, Scenario

FORMAT = "The format is 'model.scenario.key = value'; times are milliseconds, percentiles percent."
WRITTEN = "Written from the settings that were run. The seeds are mlperf.conf's."
SAMPLE_COUNT = "performance_sample_count_override"
COMMON_KEYS = ("min_query_count", SAMPLE_COUNT, "min_duration", "target_qps")
BOUND_KEYS = ("target_latency", "target_latency_percentile")
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


def user_conf(
    settings: LoadgenSettings, *, scenario: Scenario, loadgen_model: str, about: str
) -> str:
    """The ``user.conf`` of one run; ``about`` is a comment (benchmark, profile).

    Raises UsageError for a latency that is not a whole number of milliseconds, which LoadGen
    would cut, and for a model name that its parser would not find again.
    """
    model = _checked(loadgen_model)
    values = {
        "target_qps": settings.target_qps,
        "target_latency": _whole_ms(settings.target_latency_ns),
        "target_latency_percentile": _percent(settings.target_latency_percentile),
        "min_duration": settings.min_duration_ms,
        "min_query_count": settings_count(settings, scenario),
    }
    lines = [
        _sample_count(model, settings.performance_sample_count),
        *_scenario_lines(model, scenario, values),
    ]
    return _text((_comment(about), FORMAT, WRITTEN), [lines])


def mlperf_conf(policy: Policy, rules: BenchmarkTerms) -> str:
    """The ``mlperf.conf`` of a round, reduced to the LoadGen model of one benchmark.

    It has the scenarios Offline and Server as far as the round has them for the benchmark. Raises
    UsageError as ``user_conf`` does.
    """
    model = _checked(rules.loadgen_model)
    seeds = [
        ConfLine(model="*", scenario="*", key=key, value=str(value))
        for key, value in policy.seeds.by_key().items()
    ]
    scenarios: list[list[ConfLine | str]] = [
        [*_scenario_lines(model, scenario, _round_values(policy, rules, scenario))]
        for scenario in (Scenario.OFFLINE, Scenario.SERVER)
        if scenario in rules.min_query_count
    ]
    blocks: list[list[ConfLine | str]] = [
        [_sample_count(model, rules.performance_sample_count)],
        ["# The seeds of the round", *seeds],
        *scenarios,
    ]
    head = f"Rules of MLPerf Inference {policy.round} for the benchmark that was run."
    return _text((head, FORMAT), blocks)


def settings_of(
    files: Sequence[Conf], scenario: Scenario, loadgen_model: str, seeds: Seeds
) -> LoadgenSettings | str:
    """The settings that LoadGen takes from these files, or the first key that none of them has.

    A later file counts before an earlier one; of a file that LoadGen refuses nothing does, nor does
    ``inf``. LoadGen reads no seed from a file: ``seeds`` are those of the round.
    """
    values: dict[str, float] = {}
    keys: tuple[str, ...] = BOUND_KEYS if scenario is Scenario.SERVER else ()
    for key in (*COMMON_KEYS, *keys):
        taken = (conf for conf in reversed(files) if not conf.is_refused)
        found = (conf.find((loadgen_model,), scenario, key) for conf in taken)
        written = (entry for entry in found if entry and math.isfinite(entry.number() or 0.0))
        numbers = (entry.taken(scenario) for entry in written)
        number = next((n for n in numbers if math.isfinite(n)), None)
        if number is None:
            return key
        values[key] = number
    bound_ms = values.get("target_latency")
    percent = values.get("target_latency_percentile")
    return LoadgenSettings(
        **seeds.by_key(),
        **counts_of(scenario, round(values["min_query_count"])),
        performance_sample_count=round(values[SAMPLE_COUNT]),
        min_duration_ms=round(values["min_duration"]),
        target_qps=values["target_qps"],
        target_latency_ns=None if bound_ms is None else round(bound_ms * NS_PER_MS),
        target_latency_percentile=None if percent is None else round(percent / 100, 8),
    )


def _round_values(
    policy: Policy, rules: BenchmarkTerms, scenario: Scenario
) -> dict[str, float | None]:
    offline = scenario is Scenario.OFFLINE
    percentile = policy.percentile(scenario, rules)
    return {
        "target_latency": None if offline else _whole_ms(rules.server_latency_bound_ns),
        "target_latency_percentile": _percent(percentile),
        "min_duration": policy.min_duration_ms,
        "min_query_count": loadgen_count(
            scenario,
            queries=rules.min_query_count[scenario],
            samples=policy.offline_min_samples,
        ),
    }


def _sample_count(model: str, count: int) -> ConfLine:
    return ConfLine(model=model, scenario="*", key=SAMPLE_COUNT, value=str(count))


def _text(comments: Iterable[str], blocks: Iterable[Iterable[ConfLine | str]]) -> str:
    """Comments first, then blocks of lines with an empty line before each."""
    lines = [f"# {comment}" for comment in comments]
    for block in blocks:
        lines += ["", *map(str, block)]
    return "\n".join(lines) + "\n"


def _scenario_lines(
    model: str, scenario: Scenario, values: Mapping[str, float | None]
) -> list[ConfLine]:
    return [
        ConfLine(model=model, scenario=str(scenario), key=key, value=_plain(value))
        for key, value in values.items()
        if value is not None
    ]


def _percent(percentile: float | None) -> float | None:
    """99.9 for 0.999, rounded; ``None`` for LoadGen's default."""
    return None if percentile is None else round(percentile * 100, 6) or None


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
