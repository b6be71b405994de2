"""What a round fixes, as frozen types.

Durations are milliseconds, latencies nanoseconds, sizes bytes, percentiles fractions of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from submission.terms import AnomalyKind, Scenario


@dataclass(frozen=True, kw_only=True)
class Seeds:
    """The three random seeds that LoadGen is given."""

    qsl_rng_seed: int
    sample_index_rng_seed: int
    schedule_rng_seed: int

    def by_key(self) -> dict[str, int]:
        """The seeds under LoadGen's setting names."""
        # asked for each run: asdict takes twenty times as long
        return {
            "qsl_rng_seed": self.qsl_rng_seed,
            "sample_index_rng_seed": self.sample_index_rng_seed,
            "schedule_rng_seed": self.schedule_rng_seed,
        }


@dataclass(frozen=True, kw_only=True)
class ScenarioTerms:
    """What a scenario's result is, and which percentile bounds its latency.

    The power metric of a latency scenario is in joules times ``power_factor``.
    """

    result_key: str
    result_unit: str
    power_unit: str
    power_factor: float
    uses_early_stopping: bool
    target_latency_percentile: float


@dataclass(frozen=True, kw_only=True)
class MetricTarget:
    """What a benchmark asks of one of its accuracy metrics.

    ``target`` is the least value and ``upper_limit`` the greatest, None where there is none;
    ``targets`` are those of single scenarios. ``float_accuracy`` is that of the FP32 model whose
    share the target is, None where it is not needed. All are in the metric's own unit.
    ``tolerance_percent``: how far apart the two accuracies of TEST01 may be, where that is not
    the benchmark's.
    """

    name: str
    target: float | None = None
    upper_limit: float | None = None
    float_accuracy: float | None = None
    targets: Mapping[Scenario, float] = field(default_factory=dict)
    tolerance_percent: float | None = None

    def least(self, scenario: Scenario | None) -> float | None:
        """The least value in a scenario."""
        return self.target if scenario is None else self.targets.get(scenario, self.target)


@dataclass(frozen=True, kw_only=True)
class TokenLimits:
    """Bounds of a 99th percentile: the first token's latency, and the time per further token."""

    ttft_ns: int
    tpot_ns: int


@dataclass(frozen=True, kw_only=True)
class BenchmarkTerms:
    """What the round asks of one benchmark.

    All ``metrics`` must be met; the first one stands for the accuracy in tables.
    ``accuracy_sample_count`` is the size of the whole validation set; ``open_sample_counts`` are
    those of other data sets that the open division may use. ``server_latency_bound_ns`` is None
    where there is no Server scenario. ``sample_concatenate_permutation`` is LoadGen's setting of
    that name in the round's mlperf.conf: queries are padded to whole copies of the loaded samples.
    Where they say nothing, the following are the round's: the least samples of an Offline query,
    LoadGen's key of the result, its unit, the percentile of the latency, and the least duration.
    ``latency_in_seconds``: a latency is reported in seconds, not in milliseconds.
    ``answer_tokens``: the most that an answer may have, where the reference ends it there.
    ``uses_token_latencies``: LoadGen must time tokens, which ``token_limits`` bound.
    ``accuracy_files``: folders in accuracy/ with the stems of the files that they must hold.
    ``sample_counts`` are the sizes of the set in scenarios that use a smaller one.
    ``interactive_latency_bound_ns``: where Interactive has a bound of its own.
    """

    name: str
    loadgen_model: str
    metrics: tuple[MetricTarget, ...]
    performance_sample_count: int
    accuracy_sample_count: int
    server_latency_bound_ns: int | None
    min_query_count: Mapping[Scenario, int]
    compliance_tests: tuple[str, ...]
    test01_tolerance_percent: float
    open_sample_counts: tuple[int, ...] = ()
    sample_concatenate_permutation: bool = False
    offline_min_samples: int | None = None
    result_keys: Mapping[Scenario, str] = field(default_factory=dict)
    result_units: Mapping[Scenario, str] = field(default_factory=dict)
    latency_in_seconds: bool = False
    answer_tokens: int | None = None
    uses_token_latencies: bool = False
    token_limits: Mapping[Scenario, TokenLimits] = field(default_factory=dict)
    accuracy_files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    target_latency_percentiles: Mapping[Scenario, float] = field(default_factory=dict)
    sample_counts: Mapping[Scenario, int] = field(default_factory=dict)
    interactive_latency_bound_ns: int | None = None
    min_duration_ms: int | None = None

    def performance_samples(self, scenario: Scenario | None) -> int:
        """The least size of the loaded set in a scenario."""
        return self._samples(self.performance_sample_count, scenario)

    def accuracy_samples(self, scenario: Scenario | None) -> int:
        """The size of the validation set in a scenario."""
        return self._samples(self.accuracy_sample_count, scenario)

    def _samples(self, count: int, scenario: Scenario | None) -> int:
        return count if scenario is None else min(count, self.sample_counts.get(scenario, count))

    def latency_bound_ns(self, scenario: Scenario) -> int | None:
        """The bound of a scenario that LoadGen runs as Server; None where there is none."""
        own = self.interactive_latency_bound_ns if scenario is Scenario.INTERACTIVE else None
        return self.server_latency_bound_ns if own is None else own

    @property
    def main_metric(self) -> MetricTarget:
        """The metric that stands for the accuracy in tables."""
        return self.metrics[0]

    @property
    def float_accuracy(self) -> float | None:
        """The accuracy of the FP32 model by the main metric."""
        return self.main_metric.float_accuracy


@dataclass(frozen=True, kw_only=True)
class AccuracyMetric:
    """The line of accuracy.txt that carries a metric, and the largest value it may have, if any.

    ``parts_pattern`` finds further numbers in that line, to which ``relation`` ties the metric: it
    is their ``share`` in percent, their ``mean``, what ``each`` of the first has of the second, the
    ``complement`` to 100, or ``not below`` them.
    ``count_pattern`` finds in it how many samples were scored. The part of a metric that is ``not
    below`` it is a share of ``part_of`` questions, where there is a number. ``beside_pattern``
    finds the metric once more on a line of its own, as a share of one.
    """

    line_pattern: str
    maximum: float | None
    parts_pattern: str = ""
    relation: str = ""
    count_pattern: str = ""
    part_of: int = 0
    beside_pattern: str = ""


@dataclass(frozen=True, kw_only=True)
class AccuracyLog:
    """How mlperf_log_accuracy.json is cut: head, ellipsis, tail."""

    max_bytes: int
    head_bytes: int
    tail_bytes: int
    ellipsis: str

    @property
    def truncated_bytes(self) -> int:
        """The size of a log cut in the round's way (8199 in v3.0)."""
        return self.head_bytes + len(self.ellipsis) + self.tail_bytes


@dataclass(frozen=True, kw_only=True)
class FileLists:
    """The file names that a folder of a kind must hold, or may (``optional``).

    ``results_optional`` may lie in ``results`` itself. ``power_measurements`` are how the names of
    further files begin that a result with power has in its measurements, or in a folder above.
    """

    performance: tuple[str, ...]
    performance_power: tuple[str, ...]
    performance_optional: tuple[str, ...]
    accuracy: tuple[str, ...]
    anywhere_optional: tuple[str, ...]
    results_optional: tuple[str, ...]
    measurements: tuple[str, ...]
    power_measurements: tuple[str, ...]
    power: tuple[str, ...]
    compliance_performance: tuple[str, ...]
    test01_deterministic: tuple[str, ...]
    test01_other: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SystemFields:
    """The fields of a system description.

    ``required`` must be there (the values of ``alternatives`` may stand for their keys),
    ``meaningful`` must say something, ``network`` and ``power`` are required where a SUT is reached
    over a network or its power was measured, and ``accepted`` are merely known. ``counts`` are
    whole numbers. The official results table needs ``texts`` to be texts, and writes ``unquoted``
    without quotes.
    """

    required: tuple[str, ...]
    meaningful: tuple[str, ...]
    network: tuple[str, ...]
    power: tuple[str, ...]
    accepted: tuple[str, ...]
    alternatives: Mapping[str, str]
    counts: tuple[str, ...]
    texts: tuple[str, ...]
    unquoted: tuple[str, ...]

    @property
    def known(self) -> tuple[str, ...]:
        """Every field that the round knows, once."""
        return tuple(dict.fromkeys((*self.required, *self.power, *self.network, *self.accepted)))


@dataclass(frozen=True, kw_only=True)
class Tolerances:
    """How far two figures that should agree may be apart; shares of one unless they have a unit.

    ``clock``: a duration below its least. ``accuracy_parts``: an accuracy against the other numbers
    of its line; ``accuracy_rounded``: figures of its script against each other, in their own unit.
    ``server_gaps``: mean gaps between the last Server query and the end of the
    schedule, which the log has not (a longer one comes about three times in ten million).
    ``stream_filled``: how much of a SingleStream or MultiStream run its queries take at least,
    beside ``stream_gap_ns`` from one to the next; they take at most ``stream_differs`` less of it
    than those of a compliance run.
    ``stream_end``: how much later than its duration such a run may end. ``log_tail_*``: how long
    after the last answer LoadGen's next line may be, at least, for each sample, and at most;
    ``tail_differs_ms``: how much longer than in a compliance run.
    ``begin_s``: from the line on the generated queries to the begin of the run.
    ``short_score``: a compliance test's score, where the performance run's is a latency of at most
    ``short_latency_ns`` (by scenario). ``power_unmeasured``: how much of a run may be without power
    samples; ``power_samples``: how many more or fewer than seconds there may be;
    ``power_factors``: watts against volts, amperes and power factor; ``power_stated``: their mean
    and maximum against PTDaemon's log, ``power_stated_samples``: how many more or fewer there may
    be; ``power_range``: a set range for the ranging run's largest value; ``power_again`` and
    ``volts_again``: the run for its ranging run; ``power_phase_s``: against client and server.
    """

    clock: float
    accuracy_parts: float
    accuracy_rounded: float
    server_gaps: float
    stream_filled: float
    stream_gap_ns: float
    stream_differs: float
    stream_end: float
    log_tail_ms: float
    log_tail_ms_per_sample: float
    log_tail_most_ms: float
    tail_differs_ms: float
    begin_s: float
    short_score: float
    short_latency_ns: Mapping[Scenario, int]
    power_unmeasured: float
    power_samples: int
    power_factors: float
    power_stated: float
    power_stated_samples: int
    power_range: tuple[float, float]
    power_again: tuple[float, float]
    volts_again: tuple[float, float]
    power_phase_s: float
    tokens: float
    token_latencies: float
    test_tokens: float
    answer_tokens: float


class CheckerKind(StrEnum):
    """Which program gives the official verdict."""

    SCRIPT = "script"
    PACKAGE = "package"


@dataclass(frozen=True, kw_only=True)
class ComplianceTest:
    """What a compliance test submits.

    ``runs``: it has a performance run, which must be as good as the result's own where it is
    ``full``. ``verifies_performance``: verify_performance.txt says that it passed; ``scores``: it
    has an accuracy folder and verify_accuracy.txt. ``verifies_accuracy``: one line of each group
    stands in verify_accuracy.txt; ``verifies_length``: verify_output_len.txt says that it passed.
    ``at_least``: of two figures in the output of one that passed, the first is not below the
    second; ``mean_tokens`` is the figure that says how many tokens an answer had.
    ``seeds`` are its own, if it has any. Its score
    may be off the performance run's by ``score_tolerance``; where it ``may_be_slower``, it may only
    not be faster by more.
    """

    runs: bool = True
    full: bool = True
    verifies_performance: bool = True
    verifies_accuracy: tuple[tuple[str, ...], ...] = ()
    verifies_length: bool = False
    at_least: tuple[tuple[str, str], ...] = ()
    mean_tokens: str = ""
    scores: bool = False
    seeds: Seeds | None = None
    score_tolerance: float = 0.1
    may_be_slower: bool = False


@dataclass(frozen=True, kw_only=True)
class OfficialChecker:
    """What the official checker of the round looks at, and what it does about it.

    ``folder_checks``: the anomalies for which it refuses a submitter, in its order.
    ``reads_model_mapping``: it reads model_mapping.json in the open division.
    ``compliance_refuses``: a compliance test that failed or is missing refuses the result; where it
    does not, the table has the last test only.
    ``strict``: thresholds, measurements, file lists, empty fields and stray files refuse, which
    another checker logs only.
    ``dots_empty_notes``: it writes the dot behind hw_notes even if they are empty.
    ``lenient_power``: lines of spl.txt that are no sample, and samples that are not above 0, do not
    matter to it.
    ``all_accuracies``: the table has the values of all metrics, by name.
    ``equal_issue``: the benchmarks that it asks for equal issue mode, in the log or
    (``equal_issue_in_conf``) in a conf file.
    ``token_validity``: where tokens are timed, their bounds take the place of LoadGen's verdict.
    ``estimate_refuses``: without an early-stopping estimate nothing is inferred.
    ``data_types``: it needs weight_data_types.
    ``power_only``: a system may ask for its power rows alone.
    ``by_benchmark``: units are those of the benchmark.
    ``all_systems``: systems without results, and a submitter without a text on calibration, refuse.
    ``whole_set``: an accuracy run that does not cover the data set refuses (closed, network).
    ``design_power``: the table has the design power of systems whose power was measured.
    ``flags`` are those of its command line by which it looks at less, without the two hyphens;
    it does nothing about the ``idle_flags`` among them.
    ``columns`` are those of the results table, ``renamed_columns`` what it calls some of them.
    """

    kind: CheckerKind
    folder_checks: tuple[AnomalyKind, ...]
    reads_model_mapping: bool
    compliance_refuses: bool
    dots_empty_notes: bool
    strict: bool
    lenient_power: bool
    all_accuracies: bool
    equal_issue: tuple[str, ...]
    equal_issue_in_conf: bool
    token_validity: bool
    estimate_refuses: bool
    data_types: bool
    power_only: bool
    by_benchmark: bool
    all_systems: bool
    whole_set: bool
    design_power: bool
    flags: tuple[str, ...]
    idle_flags: tuple[str, ...]
    columns: tuple[str, ...]
    renamed_columns: Mapping[str, str]

    @property
    def header(self) -> tuple[str, ...]:
        """The first line of the results table."""
        return tuple(self.renamed_columns.get(name, name) for name in self.columns)


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """Which benchmark a folder name stands for, and why; ``benchmark`` may be an unknown name."""

    benchmark: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Policy:
    """One round: its seeds, durations, counts, bounds, names and file lists.

    ``layout`` names where things lie in a tree of the round (``submission.tree.grammar``).
    Above ``notable_load_share`` of a run's processors, from 0 to 1, others disturb it.
    ``placeholder_words`` in a field, and READMEs of at most ``placeholder_readme_characters``, say
    nothing yet; results are rounded to ``significant_figures``. ``loadgen_sources`` are the SHA-1
    digests of LoadGen's sources, by its version and their name; an empty one says that a build may
    lack the file.
    """

    round: str
    covers: str
    layout: str
    seeds: Seeds
    min_duration_ms: int
    offline_min_samples: int
    multistream_samples_per_query: int
    early_stopping_confidence: float
    scenarios: Mapping[Scenario, ScenarioTerms]
    benchmarks: Mapping[str, BenchmarkTerms]
    required_scenarios: Mapping[str, Mapping[str, frozenset[Scenario]]]
    optional_scenarios: Mapping[str, Mapping[str, frozenset[Scenario]]]
    model_names: Mapping[str, str]
    model_name_guesses: tuple[tuple[str, str], ...]
    accuracy_metrics: Mapping[str, AccuracyMetric]
    divisions: tuple[str, ...]
    ignored_root_folders: tuple[str, ...]
    statuses: tuple[str, ...]
    max_file_bytes: int
    forbidden_anomalies: tuple[AnomalyKind, ...]
    discouraged_anomalies: tuple[AnomalyKind, ...]
    accuracy_log: AccuracyLog
    files: FileLists
    system_fields: SystemFields
    measurement_fields: tuple[str, ...]
    placeholder_words: tuple[str, ...]
    placeholder_readme_characters: int
    notable_load_share: float
    significant_figures: int
    tolerances: Tolerances
    network_sut_name: str
    endpoints_files: tuple[str, ...]
    loadgen_versions: tuple[str, ...]
    loadgen_sources: Mapping[str, Mapping[str, tuple[str, ...]]]
    compliance: Mapping[str, ComplianceTest]
    official: OfficialChecker

    def seeds_of(self, test: str) -> Seeds:
        """The seeds of a compliance test (empty for other runs)."""
        terms = self.compliance.get(test)
        return self.seeds if terms is None or terms.seeds is None else terms.seeds

    @property
    def system_types(self) -> tuple[str, ...]:
        """The values of ``system_type`` that the round knows."""
        return tuple(self.required_scenarios)

    def resolve(self, folder: str, mapping: Mapping[str, str] | None = None) -> Resolution:
        """The benchmark that a folder name stands for.

        In this order: an official name, the round's own table, ``mapping`` (the submitter's
        model_mapping.json), a guess by a part of the name, the name itself.
        """
        if folder in self.benchmarks:
            return Resolution(benchmark=folder, reason="official name")
        if folder in self.model_names:
            return Resolution(benchmark=self.model_names[folder], reason="table of the round")
        if mapping and mapping.get(folder):
            return Resolution(benchmark=mapping[folder], reason="model_mapping.json")
        for part, guess in self.model_name_guesses:
            if part in folder:
                name = self.model_names.get(guess, guess)
                return Resolution(benchmark=name, reason=f"the name contains {part!r}")
        return Resolution(benchmark=folder, reason="no rule of names applies")

    def with_names(self, names: Mapping[str, str]) -> Policy:
        """The same round with further names of benchmarks, which overrule its own."""
        return replace(self, model_names={**self.model_names, **names}) if names else self

    def offline_samples(self, benchmark: BenchmarkTerms | None) -> int:
        """The least samples of an Offline query."""
        own = benchmark.offline_min_samples if benchmark is not None else None
        return self.offline_min_samples if own is None else own

    def min_duration(self, benchmark: BenchmarkTerms | None) -> int:
        """The least duration of a run, in milliseconds."""
        own = benchmark.min_duration_ms if benchmark is not None else None
        return self.min_duration_ms if own is None else own

    def percentile(self, scenario: Scenario, benchmark: BenchmarkTerms | None) -> float:
        """The percentile of the latency that bounds a run, or is its result; a share of one."""
        own = benchmark.target_latency_percentiles if benchmark is not None else {}
        return own.get(scenario, self.scenarios[scenario].target_latency_percentile)

    def unit(self, scenario: Scenario, benchmark: BenchmarkTerms | None) -> str:
        """The unit of a result: that of LoadGen's key where it counts tokens."""
        key = benchmark.result_keys.get(scenario, "") if benchmark is not None else ""
        if "_tokens_" in key:
            return "Tokens/s"
        own = benchmark.result_units if benchmark is not None else {}
        return own.get(scenario, self.scenarios[scenario].result_unit)

    def scenario_of(self, folder: str) -> Scenario | None:
        """The scenario of the round that a folder is named after; None if it is none."""
        scenario = Scenario.named(folder)
        return scenario if scenario in self.scenarios else None

    def required(self, system_type: str, benchmark: str) -> frozenset[Scenario] | None:
        """The scenarios to be submitted; None if the benchmark is none of that category."""
        return self.required_scenarios.get(system_type, {}).get(benchmark)

    def optional(self, system_type: str, benchmark: str) -> frozenset[Scenario]:
        """The scenarios that may be submitted beside the required ones."""
        return self.optional_scenarios.get(system_type, {}).get(benchmark, frozenset())
