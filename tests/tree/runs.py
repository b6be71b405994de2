"""Breaks of what was run: settings, results, latencies (PRF, LAT)."""

from submission.checks.arithmetic import over_latency_allowed
from submission.terms import Scenario
from tests.fakes.loadgen_run import run_values
from tests.fakes.submission_tree import SubmissionTree
from tests.tree.edits import (
    GONE,
    Break,
    Edit,
    both,
    copied,
    edited,
    ran,
)
from tests.tree.places import (
    ACCURACY,
    BOARD,
    CLOSED,
    MULTI,
    NETWORK,
    OFFLINE,
    SERVER,
    SINGLE,
    D,
    R,
)


def _samples(count: int) -> Edit:
    """An Offline run of as few samples as were requested."""
    return ran(
        OFFLINE,
        effective_target_qps=37,
        requested_min_query_count=count,
        effective_samples_per_query=count,
        effective_min_sample_count=count,
        generated_samples_per_query=count,
        generated_query_duration=1_000_000_000 // 37,
        result_samples_per_second=float(f"{count / 601:.6g}"),
    )


def _late_as_allowed(tree: SubmissionTree) -> None:
    queries = tree.logged[SERVER]["result_query_count"]
    ran(
        SERVER,
        result_overlatency_query_count=over_latency_allowed(queries, 0.99, 0.99),
        result_99__90_percentile_latency_ns=135_000_000,
    )(tree)


SETTINGS = (
    Break("an INVALID run", "open", ran(OFFLINE, result_validity="INVALID"), "PRF002", "refused"),
    Break(
        "a VALID run that was too short",
        "open",
        ran(OFFLINE, result_min_duration_met=False),
        "PRF003",
    ),
    Break(
        "an accuracy run for the performance run",
        "open",
        edited(OFFLINE, effective_test_mode="AccuracyOnly", requested_test_mode="AccuracyOnly"),
        "PRF004",
    ),
    Break(
        "a performance run for the accuracy run",
        "open",
        edited(
            ACCURACY, effective_test_mode="PerformanceOnly", requested_test_mode="PerformanceOnly"
        ),
        "PRF004",
    ),
    Break("an Offline log in Server", "open", both(copied(f"{OFFLINE}", SERVER)), "PRF005"),
    Break(
        "a Server accuracy run in Offline",
        "open",
        copied(f"{R}/Server/accuracy/{D}", f"{ACCURACY}/{D}"),
        "PRF005",
    ),
    Break(
        "a small performance set",
        "open",
        ran(OFFLINE, effective_performance_sample_count=10832, loaded_qsl_set=[10832]),
        "PRF006",
        "refused",
    ),
    Break("another seed", "open", ran(OFFLINE, effective_qsl_rng_seed=1), "PRF007"),
    Break(
        "another seed in the accuracy run",
        "open",
        ran(ACCURACY, effective_schedule_rng_seed=1),
        "PRF007",
    ),
    Break(
        "599,999 ms asked for", "open", ran(OFFLINE, effective_min_duration_ms=599_999), "PRF008"
    ),
    Break(
        "a minute by the wall clock",
        "open",
        lambda t: edited(OFFLINE, power_end=t.runs[OFFLINE]["power_begin"])(t),
        "PRF009",
    ),
    Break("24,575 samples", "open", _samples(24_575), "CNF003 PRF010"),
    Break("24,576 samples", "open", _samples(24_576), "CNF003"),
    Break("no query asked for", "open", ran(OFFLINE, effective_min_query_count=0), "PRF011"),
    Break(
        "fewer queries than in mlperf.conf",
        "open",
        ran(SERVER, effective_min_query_count=100, effective_min_sample_count=100),
        "PRF012",
    ),
    Break(
        "sixteen samples in a query",
        "edge",
        ran(MULTI, effective_samples_per_query=16, generated_samples_per_query=16),
        "PRF013",
    ),
    Break(
        "always the same sample",
        "open",
        ran(OFFLINE, effective_performance_issue_same=True),
        "PRF014",
    ),
    Break(
        "a network SUT without its name",
        "network",
        ran(NETWORK, sut_name="KitSUT"),
        "ACC018 CMP009 PRF015",
        "refused",
    ),
)

RESULTS = (
    Break(
        "no result", "open", edited(OFFLINE, result_samples_per_second=GONE), "PRF016", "refused"
    ),
    Break(
        "a result in words",
        "open",
        edited(OFFLINE, result_samples_per_second="fast"),
        "PRF016",
        "refused",
    ),
    Break("a result of 0", "open", ran(OFFLINE, result_samples_per_second=0), "PRF017", "refused"),
    Break("a negative result", "open", ran(OFFLINE, result_samples_per_second=-5.0), "PRF017"),
    Break(
        "an endless result",
        "open",
        edited(OFFLINE, result_samples_per_second=float("inf")),
        "PRF017",
    ),
    Break(
        "ten times the result", "open", ran(OFFLINE, result_samples_per_second=10981.7), "PRF018"
    ),
    Break(
        "a Server result that was raised",
        "open",
        ran(SERVER, result_scheduled_samples_per_sec=510.5),
        "PRF018",
    ),
    Break(
        "nothing to infer a result from",
        "edge",
        edited(f"{BOARD}/Offline/performance/run_1", result_qps_without_loadgen_overhead=GONE),
        "PRF016",
        "refused",
    ),
    Break(
        "an inferred result of 0",
        "edge",
        ran(f"{BOARD}/Offline/performance/run_1", result_qps_without_loadgen_overhead=0),
        "PRF017",
        "refused",
    ),
    Break(
        "an inferred result that was raised",
        "edge",
        ran(f"{BOARD}/Offline/performance/run_1", result_qps_without_loadgen_overhead=900.5),
        "PRF018",
    ),
    Break(
        "an estimate below the percentile",
        "edge",
        ran(SINGLE, early_stopping_latency_ss=1_000_000),
        "CMP016 CMP018 PRF019",
    ),
    Break(
        "a MultiStream estimate that is too good",
        "edge",
        ran(MULTI, early_stopping_latency_ms=3_000_500),
        "CMP016 CMP018 PRF019",
    ),
    Break(
        "a percentile below the one before",
        "open",
        ran(SERVER, result_99__00_percentile_latency_ns=1_000_001),
        "PRF021",
    ),
    Break(
        "other counts of samples",
        "open",
        ran(OFFLINE, effective_samples_per_query=700_000),
        "LOG022 PRF022",
    ),
    Break(
        "a mean above the greatest",
        "open",
        ran(SERVER, result_mean_latency_ns=200_000_000),
        "PRF023",
    ),
    Break(
        "a short Offline run",
        "open",
        ran(OFFLINE, result_max_latency_ns=300_000_000_000, result_samples_per_second=2200.0),
        "PRF025",
    ),
    Break(
        "a wall clock that saw less",
        "open",
        ran(OFFLINE, result_max_latency_ns=700_000_000_000, result_samples_per_second=942.857),
        "PRF024",
    ),
)

LATENCIES = (
    Break(
        "a lower percentile of a stream",
        "edge",
        ran(
            "closed/Kit/results/board/resnet50/SingleStream/performance/run_1",
            effective_target_latency_percentile=0.5,
        ),
        "LAT015 PRF019",
    ),
    Break("early stopping not met", "open", ran(SERVER, early_stopping_met=False), "LAT001"),
    Break(
        "a SingleStream run without its flag",
        "edge",
        ran(SINGLE, early_stopping_met=GONE),
        "LAT001",
    ),
    Break(
        "too many late queries", "open", ran(SERVER, result_overlatency_query_count=2_900), "LAT002"
    ),
    Break(
        "late queries that were left out",
        "open",
        edited(SERVER, result_overlatency_query_count=900),
        "LAT010",
    ),
    Break("late queries just allowed", "open", _late_as_allowed, ""),
    Break(
        "a bound of 131 ms in closed",
        "closed",
        ran(CLOSED, effective_target_latency_ns=131_000_000),
        "LAT003",
    ),
    Break(
        "a bound of 131 ms in open",
        "open",
        ran(SERVER, effective_target_latency_ns=131_000_000),
        "LAT006",
    ),
    Break(
        "the 97th percentile in closed",
        "closed",
        ran(CLOSED, effective_target_latency_percentile=0.97),
        "LAT004",
    ),
    Break(
        "the 97th percentile in open",
        "open",
        ran(SERVER, effective_target_latency_percentile=0.97),
        "LAT007",
    ),
    Break(
        "an open bound that is not stated",
        "open",
        ran(SERVER, effective_target_latency_ns=GONE),
        "LAT005",
        "refused",
    ),
    Break(
        "a measured percentile over the bound",
        "open",
        ran(
            SERVER,
            result_99__00_percentile_latency_ns=140_000_000,
            result_99__90_percentile_latency_ns=150_000_000,
            result_max_latency_ns=160_000_000,
        ),
        "LAT008",
    ),
    Break(
        "fifty queries",
        "edge",
        ran(SINGLE, result_query_count=50, result_qps_with_loadgen_overhead=0.0832639),
        "LAT009 PRF024",
    ),
    Break(
        "an estimate that LoadGen's words do not have",
        "edge",
        lambda t: edited(
            SINGLE,
            early_stopping_latency_ss=t.runs[SINGLE]["early_stopping_latency_ss"] - 100,
        )(t),
        "CMP018 LAT011",
    ),
)

INFERRED = (
    Break(
        "an inferred result of a datacenter",
        "open",
        lambda t: t.run(OFFLINE, run_values(t.policy, "bert-99", Scenario.SINGLE_STREAM)),
        "PRF005",
    ),
    Break(
        "an accuracy run of a third scenario",
        "edge",
        lambda t: t.run(
            f"{BOARD}/Offline/accuracy",
            run_values(t.policy, "resnet", Scenario.MULTI_STREAM, accuracy=True),
        ),
        "ACC017",
    ),
)

BREAKS = (*SETTINGS, *RESULTS, *LATENCIES, *INFERRED)
