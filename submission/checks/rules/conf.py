"""CNF: mlperf.conf and user.conf against the round and against what LoadGen says it ran."""

from __future__ import annotations

import math
from collections.abc import Iterator

from submission.checks.model import Breach, Scope, Severity, rule
from submission.checks.result_facts import ResultFacts
from submission.checks.rules.references import LOADGEN
from submission.checks.words import shown
from submission.loadgen import Conf, ConfEntry, DetailLog
from submission.policy import BenchmarkTerms, Policy, Tolerances
from submission.terms import NS_PER_MS, Scenario

CONF = "mlperf.conf of the round"
USER_CONF = LOADGEN + ", user.conf"
ANY = "*"
PERCENT = 100.0
# Key in user.conf, key in the log, factor from one to the other, in which scenarios
SETTINGS: tuple[tuple[str, str, float, frozenset[Scenario]], ...] = (
    ("min_duration", "effective_min_duration_ms", 1.0, frozenset(Scenario)),
    ("max_duration", "effective_max_duration_ms", 1.0, frozenset(Scenario)),
    # of Offline's one query LoadGen logs the samples, of which it may want more
    (
        "min_query_count",
        "effective_min_query_count",
        1.0,
        frozenset(Scenario) - {Scenario.OFFLINE},
    ),
    ("target_qps", "effective_target_qps", 1.0, frozenset({Scenario.SERVER, Scenario.OFFLINE})),
    (
        "target_latency",
        "effective_target_latency_ns",
        float(NS_PER_MS),
        frozenset({Scenario.SERVER}),
    ),
    (
        "target_latency_percentile",
        "effective_target_latency_percentile",
        1 / PERCENT,
        frozenset({Scenario.SERVER}),
    ),
    (
        "performance_sample_count_override",
        "effective_performance_sample_count",
        1.0,
        frozenset(Scenario),
    ),
    ("qsl_rng_seed", "effective_qsl_rng_seed", 1.0, frozenset(Scenario)),
    ("sample_index_rng_seed", "effective_sample_index_rng_seed", 1.0, frozenset(Scenario)),
    ("schedule_rng_seed", "effective_schedule_rng_seed", 1.0, frozenset(Scenario)),
)
_FILES_READ = frozenset({"MEA001", "MEA004"})


@rule(
    id="CNF001",
    title="LoadGen reads every line of the conf files",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=USER_CONF,
    hint="write 'model.scenario.key = value' with spaces; LoadGen ignores the line silently",
    requires=_FILES_READ,
)
def _ignored_lines(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    files = (
        ("mlperf.conf", facts.measurement.mlperf_conf),
        ("user.conf", facts.measurement.user_conf),
    )
    for name, conf in files:
        for line, text in conf.ignored if isinstance(conf, Conf) else ():
            yield Breach(
                at=facts.measurement.path(name),
                line=line,
                found=shown(text),
                expected="spaces on both sides of the equals sign",
            )


@rule(
    id="CNF002",
    title="mlperf.conf is that of the round",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=CONF,
    hint="submit the round's file unchanged; own settings belong into user.conf",
    requires=_FILES_READ | {"MEA016"},
)
def _round(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    conf, terms = facts.measurement.mlperf_conf, facts.benchmark.terms
    if not isinstance(conf, Conf) or terms is None or facts.scenario is None:
        return
    scenario = _scenario_run(facts) or facts.scenario
    for key, wanted in _wanted(policy, terms, scenario).items():
        entry = conf.find((terms.loadgen_model,), scenario, key)
        if entry is None:
            at = facts.measurement.path("mlperf.conf")
            yield Breach(at=at, key=key, found="no such entry", expected=wanted)
        elif entry.value != wanted and entry.number() != float(wanted):
            yield _entry(facts, "mlperf.conf", entry, wanted)


def _wanted(policy: Policy, terms: BenchmarkTerms, scenario: Scenario) -> dict[str, str]:
    """What mlperf.conf must say for a benchmark in a scenario, as text (seeds are exact)."""
    wanted = {name: str(seed) for name, seed in policy.seeds.by_key().items()}
    wanted["min_duration"] = str(policy.min_duration_ms)
    if scenario is Scenario.OFFLINE:
        wanted["min_query_count"] = str(policy.offline_min_samples)
    if scenario is Scenario.SERVER and terms.server_latency_bound_ns is not None:
        wanted["target_latency"] = str(terms.server_latency_bound_ns // NS_PER_MS)
        percentile = policy.scenarios[scenario].target_latency_percentile
        wanted["target_latency_percentile"] = str(round(percentile * PERCENT))
    return wanted


@rule(
    id="CNF003",
    title="user.conf says what was run",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=USER_CONF,
    hint="submit the user.conf of the run",
    requires=_FILES_READ,
)
def _as_run(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    conf, log = facts.measurement.user_conf, _log(facts)
    scenario = _scenario_run(facts)
    if not isinstance(conf, Conf) or log is None or scenario is None:
        return
    for key, logged, factor, scenarios in SETTINGS:
        entry = conf.find(_models(facts), scenario, key)
        value = log.number(logged)
        if entry is None or value is None or scenario not in scenarios:
            continue
        if not _same(entry, value, factor, policy.tolerances):
            yield _entry(facts, "user.conf", entry, f"{value / factor:g} as in {logged}")


def _same(entry: ConfEntry, logged: float, factor: float, within: Tolerances) -> bool:
    if entry.value == str(logged):
        return True
    number = entry.number()
    if number is None:
        return False
    if entry.key.endswith("_seed"):
        return False
    return math.isclose(number * factor, logged, rel_tol=within.conf_value)


@rule(
    id="CNF004",
    title="user.conf is about the benchmark",
    scope=Scope.RESULT,
    severity=Severity.NOTE,
    reference=USER_CONF,
    hint="use the name under which LoadGen was given the benchmark, or *",
    requires=_FILES_READ | {"BEN001"},
)
def _unknown_model(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    """A user.conf whose entries LoadGen cannot have used for this benchmark."""
    conf = facts.measurement.user_conf
    if not isinstance(conf, Conf) or not conf.entries:
        return
    known = {*_models(facts), ANY}
    if not any(entry.model in known for entry in conf.entries):
        names = sorted({entry.model for entry in conf.entries})
        yield Breach(
            at=facts.measurement.path("user.conf"),
            line=conf.entries[0].line,
            found=f"entries for {', '.join(map(shown, names[:8]))} only",
            expected=f"entries for {' or '.join(_models(facts))}, or for *",
        )


@rule(
    id="CNF005",
    title="The conf files are UTF-8",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=USER_CONF,
    hint="save the file as UTF-8; comments in another encoding cannot be read",
    requires=_FILES_READ,
)
def _encoding(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    files = (
        ("mlperf.conf", facts.measurement.mlperf_conf),
        ("user.conf", facts.measurement.user_conf),
    )
    for name, conf in files:
        if isinstance(conf, Conf) and conf.fault is not None:
            yield Breach(at=facts.measurement.path(name), found=conf.fault, expected="UTF-8")


def _models(facts: ResultFacts) -> tuple[str, ...]:
    """Names under which LoadGen may have been given the benchmark, the rules' name last."""
    terms = facts.benchmark.terms
    names = (facts.benchmark.folder, facts.benchmark.resolution.benchmark)
    rules = (
        (terms.loadgen_model, terms.name.removesuffix("-99").removesuffix("-99.9")) if terms else ()
    )
    return tuple(dict.fromkeys((*names, *rules)))


def _log(facts: ResultFacts) -> DetailLog | None:
    detail = facts.performance.detail if facts.performance is not None else None
    return detail if isinstance(detail, DetailLog) else None


def _scenario_run(facts: ResultFacts) -> Scenario | None:
    if _log(facts) is None or facts.performance is None:
        return None
    return facts.performance.logged_scenario


def _entry(facts: ResultFacts, name: str, entry: ConfEntry, expected: str) -> Breach:
    return Breach(
        at=facts.measurement.path(name),
        line=entry.line,
        key=f"{entry.model}.{entry.scenario}.{entry.key}",
        found=shown(entry.value),
        expected=expected,
    )
