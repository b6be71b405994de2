"""The official verdict as the package gives it that came with the layout by results.

Each result is judged by itself: every check is tried, and one that ends in an exception has failed.
Only what lies outside the checks (reading files, writing the table) ends in a traceback. What the
package does not look at is not looked at here either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from submission.checks.facts import BenchmarkFacts, SubmitterFacts, SystemFacts
from submission.checks.official.outcome import OfficialResult
from submission.checks.official.package_tests import compliance_reasons
from submission.checks.official.parts import (
    PARTIAL_SET,
    TOTAL,
    CrashError,
    accuracy_cell,
    covers_set,
    crash_on_no_json,
    has_accuracy_errors,
    judge_power,
    strict_scores,
)
from submission.checks.official.rows import package_rows
from submission.checks.official.run import (
    LATENCIES,
    MS_PER_S,
    UNCOMMITTED,
    in_table_unit,
    late_tokens,
    parsed,
    result_of_log,
)
from submission.checks.official.strict import missing_accuracy_files
from submission.checks.result_facts import ResultFacts, RunFacts
from submission.checks.results import OfficialVerdict
from submission.loadgen import (
    AccuracyJson,
    AccuracyText,
    DetailLog,
    Document,
    Nameplate,
    Unreadable,
)
from submission.loadgen.names import DETAIL_FILE
from submission.policy import BenchmarkTerms, Policy
from submission.terms import NS_PER_MS, Scenario
from submission.tree.grammar import PERFORMANCE_RUN, Area

SAMPLES = "effective_accuracy_sample_count"
MULTIPLE_CONFS = "Multiple conf files are used"
INFERRED = (
    ("singlestream", "multistream"),
    ("multistream", "offline"),
    ("singlestream", "offline"),
)
SERVED = ("server", "interactive")
NETWORK = {"network": True, "closed": False}


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run to be checked: its log, and the folder that it stands for."""

    log: DetailLog
    facts: RunFacts
    folder: str
    policy: Policy
    is_test: bool

    @property
    def terms(self) -> BenchmarkTerms:
        """The benchmark's terms; raises LookupError where it is unknown."""
        terms = self.facts.benchmark.terms
        if terms is None:
            raise LookupError(f"model not known: {self.facts.benchmark.resolution.benchmark}")
        return terms

    @property
    def logged(self) -> Any:
        """The scenario that the log names."""
        return self.log.get("effective_scenario")

    @property
    def is_inferred(self) -> bool:
        """Whether folder and log name different scenarios."""
        pair = (self.logged.lower(), self.folder.lower())
        return pair[0] != pair[1] and pair != SERVED


Check = Callable[[Run], str | None]


def enter_submitter(facts: SubmitterFacts) -> str | None:
    """Raise CrashError where the package cannot list a submitter's results."""
    if not facts.listing.exists(facts.place(Area.RESULTS)):
        raise CrashError(f"{facts.place(Area.RESULTS)} is missing")
    crash_on_no_json(facts.mapping_path, facts.mapping)
    return None


def enter_system(facts: SystemFacts) -> str | None:
    """Raise CrashError where the package cannot read a system description."""
    if facts.document is None:
        raise CrashError(f"{facts.path} is missing")
    crash_on_no_json(facts.path, facts.document)
    if isinstance(facts.nameplate, Unreadable):
        raise CrashError(f"{facts.nameplate_path}: {facts.nameplate.why}")
    return None


def enter_benchmark(facts: BenchmarkFacts, policy: Policy) -> str | None:
    """Raise CrashError where the package does not know a benchmark, or the system's type."""
    if facts.division == "open":
        return None
    kind = facts.system.fields.get("system_type")
    if kind not in policy.system_types:
        raise CrashError(f"{facts.system.path}: invalid system type")
    name = policy.resolve(facts.resolution.benchmark).benchmark
    if policy.required(facts.system.system_type, name) is None:
        raise CrashError(f"{facts.path}: no scenarios are known for {name}")
    return None


def judge(facts: ResultFacts, policy: Policy) -> OfficialResult:
    """The verdict on a scenario folder; raises CrashError."""
    path = f"./{facts.path}/{PERFORMANCE_RUN}/{DETAIL_FILE}"
    if facts.endpoints:
        reason = "a result of Endpoints, which is not covered here"
        return OfficialResult(verdict=OfficialVerdict.REFUSED, reason=reason, path=path)
    run = _open_logs(facts, policy)
    value, reasons = _performance(facts, run)
    values, why = _accuracy(facts, policy)
    reasons += why
    for check in (_availability, _system_type, _system_network, _fields, _submitter, _division):
        reasons += tried(partial(check, facts.benchmark.system, policy))
    reasons += _measurements(facts, policy)
    reasons += compliance_reasons(facts, policy, lambda test: _test_run(facts, test, policy))
    power = None
    if facts.power is not None:
        power, refusal = judge_power(facts, policy)
        reasons += [refusal] if refusal else []
        reasons += tried(lambda: _nameplate(facts.benchmark.system))
    if reasons:
        return OfficialResult(verdict=OfficialVerdict.REFUSED, reason="; ".join(reasons), path=path)
    inferred = facts.scenario_folder != run.logged and (run.logged, facts.scenario_folder) != SERVED
    rows = package_rows(
        facts,
        policy,
        value=value,
        accuracy=accuracy_cell(values, policy),
        inferred=inferred,
        power=power,
    )
    if not value:
        reason = "a result of 0 counts as none"
        refused = OfficialVerdict.REFUSED
        return OfficialResult(verdict=refused, reason=reason, path=path, listed=False)
    return OfficialResult(
        verdict=OfficialVerdict.OK, value=str(value), rows=rows, path=path, performance_valid=True
    )


def tried(check: Callable[[], str | None]) -> list[str]:
    """Why a check fails; an exception in it is a failure, too."""
    try:
        why = check()
    except Exception as error:  # noqa: BLE001 - the official package does the same
        return [f"exception: {str(error) or type(error).__name__}"]
    return [why] if why else []


def _open_logs(facts: ResultFacts, policy: Policy) -> Run:
    """The performance run; raises CrashError for a file that ends the package's reading."""
    performance = _readable(facts.performance, facts, f"{PERFORMANCE_RUN}/{DETAIL_FILE}")
    _readable(facts.accuracy_run, facts, f"accuracy/{DETAIL_FILE}")
    text = facts.accuracy.text
    if isinstance(text, Unreadable) or (text is not None and text.official_fault is not None):
        raise CrashError(f"{facts.accuracy.text_path} is not UTF-8 text")
    document = facts.measurement.document
    if isinstance(document, Unreadable) or (document is not None and document.has_bom):
        raise CrashError(f"{facts.measurement.folder}: the description is no JSON object")
    for test in facts.compliance:
        unreadable = isinstance(test.verify_accuracy, Unreadable)
        if unreadable or (isinstance(test.verify_accuracy, str) and "�" in test.verify_accuracy):
            raise CrashError(f"{test.verify_accuracy_path} is not UTF-8 text")
        if test.run is not None and test.run.detail is not None:
            _readable(test.run, facts, f"{test.test}/{PERFORMANCE_RUN}/{DETAIL_FILE}")
    assert facts.performance is not None
    return Run(
        log=performance,
        facts=facts.performance,
        folder=facts.scenario_folder,
        policy=policy,
        is_test=False,
    )


def _readable(run: RunFacts | None, facts: ResultFacts, name: str) -> DetailLog:
    """A log that the package can read; raises CrashError."""
    try:
        return parsed(run)
    except ValueError as error:
        raise CrashError(f"{facts.path}/{name}: {error}") from None


def _performance(facts: ResultFacts, run: Run) -> tuple[Any, list[str]]:
    """The result, and why the run is refused."""
    reasons = tried(lambda: _scenarios(facts, run.policy))
    reasons += run_reasons(run)
    try:
        value, why = _value(run)
    except Exception as error:  # noqa: BLE001 - the official package does the same
        return None, [*reasons, f"exception: {str(error) or type(error).__name__}"]
    return value, [*reasons, *([why] if why else [])]


def _test_run(facts: ResultFacts, run: RunFacts | None, policy: Policy) -> list[str]:
    """Why the run of a compliance test is refused; raises where it has no log."""
    test = Run(
        log=parsed(run),
        facts=run or _no_run(),
        folder=facts.scenario_folder,
        policy=policy,
        is_test=True,
    )
    return [*run_reasons(test), *tried(lambda: _value(test)[1])]


def _no_run() -> RunFacts:
    raise ValueError("the run is missing")


def run_reasons(run: Run) -> list[str]:
    """Why a run is refused, apart from its result."""
    return [why for check in CHECKS for why in tried(partial(check, run))]


def _scenarios(facts: ResultFacts, policy: Policy) -> str | None:
    """Whether the benchmark has all its scenarios and no other; open may choose."""
    if facts.division == "open":
        return None
    kind = facts.benchmark.system.system_type
    name = policy.resolve(facts.benchmark.resolution.benchmark).benchmark
    required = {s.lower() for s in policy.required(kind, name) or ()}
    optional = {s.lower() for s in policy.optional(kind, name)}
    there = {folder.lower() for folder in facts.benchmark.scenarios}
    if missing := sorted(required - there):
        return f"required scenarios are missing: {', '.join(missing)}"
    if unknown := sorted(there - required - optional):
        return f"unknown scenarios: {', '.join(unknown)}"
    if {*SERVED} <= optional and there.isdisjoint(SERVED):
        return "one of Interactive and Server is required"
    return None


def _errors(run: Run) -> str | None:
    """LoadGen's errors, which count only if some are to be forgiven."""
    if not run.facts.benchmark.system.submitter.options.forgive_uncommitted:
        return None
    for error in run.log.errors:
        if MULTIPLE_CONFS in error.text:
            if not run.is_test:
                return "LoadGen logged errors"
        elif UNCOMMITTED not in error.text:
            return "LoadGen logged errors"
    return None


def _sample_count(run: Run) -> str | None:
    # by the model alone: the official table has no smaller set for single scenarios
    count: Any = run.log.get("effective_performance_sample_count")
    few = count < run.terms.performance_sample_count
    return "performance_sample_count is too low" if few else None


def _seeds(run: Run) -> str | None:
    seeds = run.policy.seeds.by_key()
    wrong = [name for name, seed in seeds.items() if run.log.get(f"effective_{name}") != seed]
    return f"{wrong[0]} is wrong" if wrong else None


def _latency(run: Run) -> str | None:
    log: Any = run.log
    terms, scenario = run.facts.benchmark.terms, run.logged
    bound = None
    if terms is not None and scenario == Scenario.SERVER:
        bound = terms.server_latency_bound_ns
    if scenario in (*LATENCIES, Scenario.SERVER):
        if not log.get("early_stopping_met"):
            return "early stopping is not met"
        if bound and log.get("effective_target_latency_ns") > bound:
            return "the target latency is over the bound"
    return None


def _counts(run: Run) -> str | None:
    log: Any = run.log
    queries, samples = log.get("effective_min_query_count"), log.get("effective_samples_per_query")
    if run.logged not in (*LATENCIES, Scenario.SERVER):
        wanted = run.terms.min_query_count.get(run.logged)
        if wanted and queries < wanted:
            return "too few queries"
    closed = run.facts.division == "closed"
    if run.logged.lower() != "offline":
        return None
    few = samples < run.policy.offline_samples(run.terms)
    return "too few samples in the query" if few and closed else None


def _duration(run: Run) -> str | None:
    duration: Any = run.log.get("effective_min_duration_ms")
    least = run.policy.min_duration(run.facts.benchmark.terms)
    return "the minimum duration is too short" if duration < least else None


def _network(run: Run) -> str | None:
    system = run.facts.benchmark.system
    stated = system.fields.get("is_network")
    network = stated.lower() == "true" if stated is not None else False
    if NETWORK.get(system.division, network) is not network:
        return "network mode is not that of the division"
    name: Any = run.log.get("sut_name")
    if network and run.policy.network_sut_name not in name:
        return "sut_name is not that of a network SUT"
    return None


def _tokens(run: Run) -> str | None:
    """Token latencies by the limits of the logged scenario: those of Server for Interactive."""
    terms = run.facts.benchmark.terms
    if terms is None or not terms.uses_token_latencies:
        return None
    return next(iter(late_tokens(run.log, run.logged, terms)), None)


def _inference(run: Run) -> str | None:
    if not run.is_inferred:
        return None
    if "edge" not in run.facts.benchmark.system.fields["system_type"].lower():
        return "a result is inferred on a system that is none of edge"
    if (run.logged.lower(), run.folder.lower()) not in INFERRED:
        return f"{run.folder} is not inferred from {run.logged}"
    return None


CHECKS: tuple[Check, ...] = (
    _errors,
    _sample_count,
    _seeds,
    _latency,
    _counts,
    _duration,
    _network,
    _tokens,
    _inference,
)


def _value(run: Run) -> tuple[Any, str | None]:
    """The result in the table's unit, and why there is none."""
    log: Any = run.log
    scenario, folder = Scenario(run.logged), run.folder
    terms = run.facts.benchmark.terms
    if terms is None:
        value: Any = float(log.get(run.policy.scenarios[scenario].result_key))
    else:
        value = result_of_log(run.log, scenario, terms, run.policy)
    value = in_table_unit(value, scenario, terms)
    if not run.is_inferred:
        return value, None
    # the folder's name is compared as it is written: in lower case the value stays that of the log
    if folder == Scenario.OFFLINE and scenario is Scenario.SINGLE_STREAM:
        return log.get("result_qps_without_loadgen_overhead"), None
    if folder == Scenario.OFFLINE and scenario is Scenario.MULTI_STREAM:
        mean_ms = log.get("result_mean_query_latency_ns") / NS_PER_MS
        return log.get("effective_samples_per_query") * MS_PER_S / mean_ms, None
    if folder == Scenario.MULTI_STREAM and scenario is Scenario.SINGLE_STREAM:
        estimate = log.get("early_stopping_latency_ms")
        why = "no early-stopping estimate" if estimate == 0 else None
        return estimate * run.policy.multistream_samples_per_query / NS_PER_MS, why
    if folder == Scenario.INTERACTIVE:
        return value, "Interactive is not inferred"
    return value, None


def _accuracy(facts: ResultFacts, policy: Policy) -> tuple[dict[str, str | None], list[str]]:
    """The values of the metrics, and why the accuracy is refused."""
    text, log = facts.accuracy.text, facts.accuracy.log
    values: dict[str, str | None] = {}
    reasons: list[str] = []
    if not isinstance(text, AccuracyText) or facts.benchmark.terms is None:
        reasons.append("accuracy.txt is missing, or the benchmark unknown")
    else:
        try:
            found, why = strict_scores(facts, text)
        except CrashError as error:
            found, why = {}, [str(error)]
            reasons += why
        values = dict(found)
        reasons += [] if facts.division == "open" else why
    if not isinstance(log, AccuracyJson):
        reasons.append("mlperf_log_accuracy.json is missing")
    elif log.size_bytes > policy.accuracy_log.max_bytes:
        reasons.append("mlperf_log_accuracy.json is not truncated")
    if has_accuracy_errors(facts):
        reasons.append("LoadGen logged errors in the accuracy run")
    reasons += tried(lambda: _whole_set(facts))
    missing = missing_accuracy_files(facts)
    return values, [*reasons, *([missing] if missing else [])]


def _whole_set(facts: ResultFacts) -> str | None:
    log = parsed(facts.accuracy_run)
    key = SAMPLES if SAMPLES in log.values else TOTAL
    return None if covers_set(facts, log, key) else PARTIAL_SET


def _availability(facts: SystemFacts, policy: Policy) -> str | None:
    return None if facts.fields["status"].lower() in policy.statuses else "invalid status"


def _system_type(facts: SystemFacts, policy: Policy) -> str | None:
    known = facts.fields.get("system_type") in policy.system_types
    return None if known else "invalid system_type"


def _system_network(facts: SystemFacts, _policy: Policy) -> str | None:
    stated = facts.fields.get("is_network")
    network = stated.lower() == "true" if stated is not None else False
    wrong = NETWORK.get(facts.division, network) is not network
    return "network mode is not that of the division" if wrong else None


def _fields(facts: SystemFacts, policy: Policy) -> str | None:
    fields = policy.system_fields
    network = fields.network if facts.fields.get("is_network") else ()
    for name in (*fields.required, *network):
        if name not in facts.fields:
            return f"field {name} is missing"
        wanted = name in fields.meaningful and not facts.submitter.options.skip_empty_fields
        if wanted and not facts.fields[name]:
            return f"field {name} is empty"
    return None


def _submitter(facts: SystemFacts, _policy: Policy) -> str | None:
    same = facts.fields["submitter"].lower() == facts.submitter.submitter.lower()
    return None if same else "submitter is not that of the folder"


def _division(facts: SystemFacts, _policy: Policy) -> str | None:
    same = facts.fields["division"].lower() == facts.division.lower()
    return None if same else "division is not that of the folder"


def _nameplate(facts: SystemFacts) -> str | None:
    """Why a nameplate refuses a result with power; one that is missing does not."""
    if "system_power_capacity" in facts.fields or not isinstance(facts.nameplate, Nameplate):
        return None
    if facts.nameplate.value is None:
        return "the nameplate power says nothing"
    facts.nameplate.watts()
    return None


def _measurements(facts: ResultFacts, policy: Policy) -> list[str]:
    return list(_measurement_reasons(facts, policy))


def _measurement_reasons(facts: ResultFacts, policy: Policy) -> Iterator[str]:
    found = facts.measurement
    if not facts.benchmark.system.submitter.listing.exists(
        facts.benchmark.system.submitter.place(Area.CODE)
    ):
        yield "the folder of sources is missing"
    for name in policy.files.measurements:
        size = found.files.get(name)
        if size is None or (size == 0 and not facts.options.skip_empty_files):
            yield f"{name} is missing or empty"
    if not isinstance(found.document, Document):
        yield "measurements.json is missing"
        return
    for name in policy.measurement_fields:
        there = name in found.document.value
        skipped = there and facts.options.skip_empty_fields
        if not skipped and not found.document.value.get(name):
            yield f"field {name} is missing or empty"
