"""Breaks of figures that follow from others by LoadGen's sources (LOG, PRF, LAT)."""

from dataclasses import replace

from submission.terms import Scenario
from tests.fakes.loadgen_logs import power_samples
from tests.fakes.loadgen_run import run_values
from tests.fakes.submission_tree import SubmissionTree
from tests.tree.edits import Break, Edit, both, edited, ran, replaced
from tests.tree.places import ACCURACY, MULTI, OFFLINE, SERVER, SINGLE, D, S


def _stamps(folder: str, old: str, new: str) -> Edit:
    """Other time stamps for the lines behind a run."""
    return replaced(f"{folder}/{D}", f'"time_ms": {old}', f'"time_ms": {new}')


def _faster_server(tree: SubmissionTree) -> None:
    """Every count and rate a quarter higher, which no seed's schedule gives."""
    values = tree.logged[SERVER]
    queries = values["result_query_count"] * 5 // 4
    share = queries / values["result_query_count"]
    names = ("result_scheduled_samples_per_sec", "result_completed_samples_per_sec")
    rates = {name: float(f"{values[name] * share:.6g}") for name in names}
    counts = {"generated_query_count": queries, "result_query_count": queries}
    ran(SERVER, effective_target_qps=625, **counts, **rates)(tree)
    conf = SERVER.replace("/results/", "/measurements/").removesuffix("/performance/run_1")
    replaced(f"{conf}/user.conf", "Server.target_qps = 500", "Server.target_qps = 625")(tree)


def _longer(tree: SubmissionTree) -> None:
    """A stream that went on for 700 seconds where 600 were asked for."""
    longer = replace(tree.policy, min_duration_ms=700_000)
    kept = {
        key: value
        for key, value in tree.logged[SINGLE].items()
        if "duration" in key or key.startswith("generated_")
    }
    values = run_values(longer, "resnet", Scenario.SINGLE_STREAM, label=SINGLE)
    tree.run(SINGLE, values | kept)
    tree.write(f"{SINGLE}/spl.txt", power_samples(tree.logged[SINGLE]))
    tree.session(SINGLE.removesuffix("/performance/run_1"))


SETTINGS = (
    Break(
        "a setting that was not requested",
        "open",
        edited(OFFLINE, effective_max_query_count=900),
        "LOG021",
    ),
    Break(
        "a least count of samples that is none",
        "open",
        ran(OFFLINE, effective_min_sample_count=24_576),
        "LOG022",
    ),
    Break(
        "a data set of another size than was loaded",
        "open",
        ran(ACCURACY, loaded_qsl_set=[725]),
        "LOG023",
    ),
    Break(
        "a performance set of another size than was loaded",
        "open",
        ran(SERVER, loaded_qsl_set=[1024]),
        "LOG023",
    ),
    Break(
        "more queries generated than LoadGen generates",
        "edge",
        ran(SINGLE, generated_query_count=970_000, generated_query_duration=970_000 * 1_250_000),
        "LOG024",
    ),
    Break("a schedule that was stretched", "open", _faster_server, "LOG025"),
)

TIMES = (
    Break(
        "an Offline run that ends before its last answer",
        "open",
        ran(OFFLINE, result_max_latency_ns=602_500_000_000, result_samples_per_second=1095.44),
        "PRF024",
    ),
    Break("a run that is longer than its log", "open", _stamps(SERVER, "600", "590"), "LOG026"),
    Break(
        "a run that is much shorter than its log", "open", _stamps(SERVER, "600", "640"), "LOG027"
    ),
    Break(
        "a run that began minutes after its log says",
        "open",
        ran(SERVER, test_datetime="2023-02-20T09:50:00Z"),
        "LOG031",
    ),
    Break(
        "an Offline query that was planned at another rate",
        "open",
        ran(OFFLINE, generated_query_duration=500_000),
        "LOG024",
    ),
    Break(
        "latencies that do not fit into the run",
        "edge",
        ran(SINGLE, result_mean_latency_ns=1_204_000, result_qps_without_loadgen_overhead=830.565),
        "PRF023",
    ),
    Break(
        "latencies of all queries that do not fit into the run",
        "edge",
        ran(
            SINGLE,
            result_mean_latency_ns=1_220_000,
            result_qps_without_loadgen_overhead=819.672,
            result_50__00_percentile_latency_ns=1_194_500,
            result_max_latency_ns=400_000_000,
        ),
        "PRF026",
    ),
    Break(
        "latencies that leave much of the run empty",
        "edge",
        ran(
            SINGLE,
            result_mean_latency_ns=840_000,
            result_qps_without_loadgen_overhead=1190.48,
            result_min_latency_ns=600_000,
            result_50__00_percentile_latency_ns=601_000,
        ),
        "PRF027",
    ),
    Break(
        "a verdict that its counts do not give",
        "open",
        ran(SERVER, effective_min_query_count=400_000, effective_min_sample_count=400_000),
        "LOG024 PRF028",
    ),
    Break("a stream that went on for nothing", "edge", _longer, "PRF029"),
    Break(
        "queries that end before their samples",
        "edge",
        ran(MULTI, result_max_latency_ns=9_000_000),
        "PRF030",
    ),
    Break(
        "words on early stopping with another count",
        "edge",
        both(
            replaced(f"{SINGLE}/{D}", "Would discard 49", "Would discard 48"),
            replaced(f"{SINGLE}/{S}", "Would discard 49", "Would discard 48"),
        ),
        "LAT012",
    ),
    Break(
        "other words on early stopping in the summary",
        "edge",
        replaced(f"{SINGLE}/{S}", "Would discard 49", "Would discard 48"),
        "LOG030",
    ),
)

BREAKS = (*SETTINGS, *TIMES)
