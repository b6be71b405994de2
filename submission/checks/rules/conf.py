"""CNF: mlperf.conf and user.conf against the round and against what LoadGen says it ran."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from submission.checks.arithmetic import six_digits
from submission.checks.model import Breach, Scope, Severity, rule
from submission.checks.result_facts import ResultFacts
from submission.checks.rules.references import LOADGEN
from submission.checks.words import shown, suggested
from submission.loadgen import Conf, ConfEntry, DetailLog
from submission.loadgen.conf import ANY, ConfFault, Trouble
from submission.loadgen.conf_keys import KEYS
from submission.loadgen.names import MLPERF_CONF, USER_CONF
from submission.policy import BenchmarkTerms, Policy
from submission.terms import NS_PER_MS, Scenario

CONF = "mlperf.conf of the round"
CONF_FILES = LOADGEN + ", user.conf"
PERCENT = 100.0
# Key in user.conf, what the log calls it, factor from one to the other; in any scenario
COMMON: tuple[tuple[str, str, float], ...] = (
    ("min_duration", "min_duration_ms", 1.0),
    ("max_duration", "max_duration_ms", 1.0),
    ("min_query_count", "min_query_count", 1.0),
    ("max_query_count", "max_query_count", 1.0),
    ("performance_sample_count_override", "performance_sample_count_override", 1.0),
    ("qsl_rng_seed", "qsl_rng_seed", 1.0),
    ("sample_index_rng_seed", "sample_index_rng_seed", 1.0),
    ("schedule_rng_seed", "schedule_rng_seed", 1.0),
)
# The same for keys that LoadGen looks up for one scenario
OWN: Mapping[Scenario, tuple[tuple[str, str, float], ...]] = {
    Scenario.OFFLINE: (("target_qps", "offline_expected_qps", 1.0),),
    Scenario.SERVER: (
        ("target_qps", "server_target_qps", 1.0),
        ("target_latency", "server_target_latency_ns", float(NS_PER_MS)),
        ("target_latency_percentile", "server_target_latency_percentile", 1 / PERCENT),
        ("max_async_queries", "server_max_async_queries", 1.0),
    ),
    Scenario.SINGLE_STREAM: (
        ("target_latency", "single_stream_expected_latency_ns", float(NS_PER_MS)),
        ("target_latency_percentile", "single_stream_target_latency_percentile", 1 / PERCENT),
    ),
    Scenario.MULTI_STREAM: (
        ("target_latency", "multi_stream_expected_latency_ns", float(NS_PER_MS)),
        ("target_latency_percentile", "multi_stream_target_latency_percentile", 1 / PERCENT),
        ("samples_per_query", "multi_stream_samples_per_query", 1.0),
    ),
}
# The round's own mlperf.conf has keys that LoadGen does not know
KNOWN_IN_MLPERF_CONF = (Trouble.UNKNOWN_KEY, Trouble.UNKNOWN_SCENARIO)
WANTED = {
    Trouble.NO_EQUALS: "model.scenario.key = value, with spaces around the equals sign",
    Trouble.NO_NUMBER: "numbers only; a remark has a line of its own",
    Trouble.TIGHT: "spaces on both sides of the equals sign",
    Trouble.NO_VALUE: "model.scenario.key = value",
    Trouble.NOT_A_KEY: "model.scenario.key; LoadGen looks nothing else up",
    Trouble.UNKNOWN_KEY: "a key that LoadGen looks up",
    Trouble.UNKNOWN_SCENARIO: f"one of {', '.join(Scenario)}, or *",
    Trouble.BYTE_ORDER_MARK: "plain UTF-8; LoadGen takes the mark for a part of the key",
    Trouble.TWO_VALUES: "one value; LoadGen takes the last",
}
_FILES_READ = frozenset({"MEA001", "MEA004"})


@rule(
    id="CNF001",
    title="Lines of the conf files do what they say",
    fault="A line of a conf file does not do what it says",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=CONF_FILES,
    hint="write 'model.scenario.key = value' with spaces; LoadGen ignores other lines silently",
    requires=_FILES_READ,
)
def _ignored_lines(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    for name, conf in _files(facts):
        for fault in conf.faults:
            known = name == MLPERF_CONF and fault.trouble in KNOWN_IN_MLPERF_CONF
            if not fault.trouble.is_refused and not known:
                yield _fault(facts, name, fault)


@rule(
    id="CNF002",
    title="mlperf.conf is that of the round",
    fault="mlperf.conf is not that of the round",
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
        elif entry.taken(scenario) != (int(wanted) if wanted.isdigit() else float(wanted)):
            yield _entry(facts, "mlperf.conf", entry, wanted)


def _wanted(policy: Policy, terms: BenchmarkTerms, scenario: Scenario) -> dict[str, str]:
    """What mlperf.conf must say for a benchmark in a scenario, as text (seeds are exact)."""
    wanted = {name: str(seed) for name, seed in policy.seeds.by_key().items()}
    wanted["min_duration"] = str(policy.min_duration(terms))
    if scenario is Scenario.OFFLINE:
        wanted["min_query_count"] = str(policy.offline_samples(terms))
    if scenario is Scenario.SERVER and terms.server_latency_bound_ns is not None:
        if not terms.uses_token_latencies:
            wanted["target_latency"] = str(terms.server_latency_bound_ns // NS_PER_MS)
        percentile = policy.percentile(scenario, terms)
        wanted["target_latency_percentile"] = str(round(percentile * PERCENT))
    return wanted


@rule(
    id="CNF003",
    title="user.conf says what was run",
    fault="user.conf does not say what was run",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=CONF_FILES,
    hint="submit the user.conf of the run",
    requires=_FILES_READ,
)
def _as_run(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    """Against what was requested of LoadGen.

    Of a setting that stands there several times one must be that of the run: some harnesses write
    the settings of all their runs into one file, one behind the other.
    """
    conf, log = facts.measurement.user_conf, _log(facts)
    scenario = _scenario_run(facts)
    if not isinstance(conf, Conf) or conf.is_refused or log is None or scenario is None:
        return
    models = _models(facts)
    for key, logged, factor in (*COMMON, *OWN[scenario]):
        entries = conf.settings(models, scenario, key)
        value = log.number(f"requested_{logged}")
        if value is None or any(_same(e.taken(scenario), factor, value) for e in entries):
            continue
        for entry in entries[-1:]:
            wanted = value if factor == 1 else value / factor
            expected = f"{wanted:.10g} as in requested_{logged}"
            yield _entry(facts, USER_CONF, entry, expected)


def _same(taken: float, factor: float, logged: float) -> bool:
    """Whether LoadGen logs a value so: whole numbers as they are, others with six digits."""
    if isinstance(taken, int):
        return taken * int(factor) == logged
    low, high = six_digits(logged)
    return low <= taken * factor <= high


@rule(
    id="CNF004",
    title="user.conf is about the benchmark",
    fault="user.conf is about another benchmark",
    scope=Scope.RESULT,
    severity=Severity.NOTE,
    reference=CONF_FILES,
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
    fault="A conf file is not UTF-8",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=CONF_FILES,
    hint="save the file as UTF-8; comments in another encoding cannot be read",
    requires=_FILES_READ,
)
def _encoding(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    for name, conf in _files(facts):
        if conf.fault is not None:
            yield Breach(at=facts.measurement.path(name), found=conf.fault, expected="UTF-8")


@rule(
    id="CNF006",
    title="LoadGen takes the conf files",
    fault="LoadGen does not take a conf file",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=CONF_FILES,
    hint="correct the line; LoadGen sets nothing from a file in which it finds one such line",
    requires=_FILES_READ,
)
def _refused_lines(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    for name, conf in _files(facts):
        for fault in conf.faults:
            if fault.trouble.is_refused:
                yield _fault(facts, name, fault)


@rule(
    id="CNF007",
    title="A whole number of a conf file is read as it looks",
    fault="A whole number of a conf file is read as another one",
    scope=Scope.RESULT,
    severity=Severity.WARNING,
    reference=CONF_FILES,
    hint="write the number with decimal digits alone: LoadGen stops at a dot or an exponent, and"
    " takes a leading 0 for an octal number",
    requires=_FILES_READ,
)
def _read_otherwise(facts: ResultFacts, _policy: Policy) -> Iterator[Breach]:
    for name, conf in _files(facts):
        for entry in conf.misread:
            yield _entry(facts, name, entry, f"LoadGen reads {entry.integer()}")


def _files(facts: ResultFacts) -> Iterator[tuple[str, Conf]]:
    """The conf files that can be read, by name."""
    measurement = facts.measurement
    for name, conf in ((MLPERF_CONF, measurement.mlperf_conf), (USER_CONF, measurement.user_conf)):
        if isinstance(conf, Conf):
            yield name, conf


def _fault(facts: ResultFacts, name: str, fault: ConfFault) -> Breach:
    near = ""
    if fault.trouble is Trouble.UNKNOWN_KEY:
        near = suggested(fault.word.rpartition(".")[2], KEYS)
    return Breach(
        at=facts.measurement.path(name),
        line=fault.line,
        found=f"{shown(fault.text)} ({fault.trouble})",
        expected=f"{WANTED[fault.trouble]}{near}",
    )


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
