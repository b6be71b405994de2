"""Consistent forgeries of recorded submissions: a better number, and all that goes with it.

Each names the rules that find it, or, where none can, the reason.
"""

import re
import shutil
from dataclasses import dataclass

from tests.fakes.arrivals import server_schedule
from tests.fakes.loadgen_run import later
from tests.fakes.submission_tree import SubmissionTree
from tests.recorded.forging import (
    ESTIMATES,
    LATENCIES,
    PERCENTILES,
    QUERIES,
    Forge,
    all_of,
    copied,
    edit,
    edited,
    ended,
    logged,
    replaced,
    scaled,
    six,
    stamped,
    vouched,
    words,
)
from tests.recorded.pack import DETAIL, SUMMARY


@dataclass(frozen=True, kw_only=True)
class Forgery:
    """A forgery of a variety: the rules that find it, or why nothing in the tree can."""

    name: str
    variety: str
    forge: Forge
    rules: str = ""
    why_not: str = ""


CLOSED, OPEN = "closed/Kit/results/node", "open/Kit/results/node"
DATACENTER, EDGE, POWER = "closed, datacenter", "closed, edge", "closed, edge, with power"
FREE, FREE_EDGE = "open, both scenarios", "open, edge, three scenarios"
RUN = "performance/run_1"


def run_of(root: str, place: str) -> str:
    return f"{root}/{place}/{RUN}"


OFFLINE, SERVER = run_of(OPEN, "bert-99/Offline"), run_of(OPEN, "bert-99/Server")
PROVEN_SERVER = run_of(CLOSED, "bert-99/Server")
LATER_SERVER = run_of(OPEN, "retinanet/Server")
SINGLE, MULTI = run_of(OPEN, "resnet50/SingleStream"), run_of(OPEN, "resnet50/MultiStream")
PROVEN_SINGLE = run_of(CLOSED, "resnet50/SingleStream")
TESTS = "closed/Kit/compliance/node/resnet50/SingleStream"
BERT_TESTS = "closed/Kit/compliance/node/bert-99/Server"
OFFLINE_CONF = "open/Kit/measurements/node/bert-99/Offline/user.conf"
SERVER_CONF = "open/Kit/measurements/node/bert-99/Server/user.conf"
PROVEN_CONF = "closed/Kit/measurements/node/bert-99/Server/user.conf"

ONE_WITNESS = "the log alone says how many samples were answered in which time; all of it agrees"
CUT = "the accuracy log is cut by the rules, so that neither score nor digest can be computed"

# --- Offline

RATE, GREATEST = "result_samples_per_second", "result_max_latency_ns"
COUNTS = (
    "effective_samples_per_query",
    "effective_min_sample_count",
    "generated_samples_per_query",
)


def more_samples(factor: float, *, planned: bool = True) -> Forge:
    """More samples in the same time, as if a higher rate had been asked for."""

    def forge(tree: SubmissionTree) -> None:
        values = logged(tree, OFFLINE)
        rate = six(values["effective_target_qps"] * factor)
        samples = int(1.1 * 600 * rate)
        changes: dict[str, float] = dict.fromkeys(COUNTS, samples)
        changes |= {"effective_target_qps": rate, "requested_offline_expected_qps": rate}
        changes[RATE] = six(samples * 1e9 / values[GREATEST])
        if planned:
            changes["generated_query_duration"] = int(1e9 / rate)
        edit(tree, OFFLINE, changes)
        replaced(OFFLINE_CONF, "target_qps = 50", f"target_qps = {rate:g}")(tree)

    return forge


def as_fast_as_counted(folder: str) -> Forge:
    """The result that Offline's counts and the greatest latency give."""

    def forge(tree: SubmissionTree) -> None:
        values = logged(tree, folder)
        edit(tree, folder, {RATE: six(values[COUNTS[2]] * 1e9 / values[GREATEST])})

    return forge


def shorter(folder: str, seconds: float) -> Forge:
    """An Offline run that took less time, with the rate and every latency that this gives."""

    def forge(tree: SubmissionTree) -> None:
        values = logged(tree, folder)
        factor = 1 - seconds * 1e9 / values[GREATEST]
        scaled(folder, factor, *LATENCIES)(tree)
        samples, greatest = values["generated_samples_per_query"], logged(tree, folder)[GREATEST]
        edit(tree, folder, {RATE: six(samples * 1e9 / greatest)})

    return forge


OFFLINES = (
    Forgery(
        name="Offline: a higher result in both logs",
        variety=FREE,
        forge=scaled(OFFLINE, 1.2, RATE),
        rules="PRF018",
    ),
    Forgery(
        name="Offline: a higher result, and the greatest latency that it gives",
        variety=FREE,
        forge=all_of(scaled(OFFLINE, 1.015, RATE), scaled(OFFLINE, 1 / 1.015, GREATEST)),
        rules="PRF021",
    ),
    Forgery(
        name="Offline: every latency and the result, the end of the run as it was",
        variety=FREE,
        forge=shorter(OFFLINE, 10),
        rules="PRF024",
    ),
    Forgery(
        name="Offline: every latency, the result and the end of the run",
        variety=FREE,
        forge=all_of(shorter(OFFLINE, 10), ended(OFFLINE, -10)),
        rules="LOG027",
    ),
    Forgery(
        name="Offline: a run of ten minutes that took eight",
        variety=FREE,
        forge=all_of(shorter(OFFLINE, 120), ended(OFFLINE, -120), stamped(OFFLINE, -120)),
        rules="PRF009 PRF028",
    ),
    Forgery(
        name="Offline: every latency, the result, the end of the run and of the log",
        variety=FREE,
        forge=all_of(shorter(OFFLINE, 10), ended(OFFLINE, -10), stamped(OFFLINE, -10)),
        why_not=f"{ONE_WITNESS}; but no more can be gained than the run took longer than 600 s",
    ),
    Forgery(
        name="Offline: more samples than the settings give",
        variety=FREE,
        forge=all_of(scaled(OFFLINE, 1.2, *COUNTS), as_fast_as_counted(OFFLINE)),
        rules="LOG022",
    ),
    Forgery(
        name="Offline: more samples, by a higher rate in logs and user.conf",
        variety=FREE,
        forge=more_samples(1.2, planned=False),
        rules="LOG024",
    ),
    Forgery(
        name="Offline: more samples, by a higher rate in all that LoadGen makes of it",
        variety=FREE,
        forge=more_samples(1.2),
        why_not=f"{ONE_WITNESS}; in closed the compliance runs would have to be forged too",
    ),
    Forgery(
        name="Offline: a higher rate in the logs alone",
        variety=FREE,
        forge=all_of(
            more_samples(1.2), replaced(OFFLINE_CONF, "target_qps = 60", "target_qps = 50")
        ),
        rules="CNF003",
    ),
)

# --- Server

SCHEDULED, COMPLETED = "result_scheduled_samples_per_sec", "result_completed_samples_per_sec"
QUERY_COUNTS = ("generated_query_count", "result_query_count")


def busier(folder: str, conf: str, factor: float, *, scheduled: bool = True) -> Forge:
    """A Server run at a higher rate; scheduled as the seed schedules it, or merely stretched."""

    def forge(tree: SubmissionTree) -> None:
        values = logged(tree, folder)
        old = values["effective_target_qps"]
        rate = six(old * factor)
        if scheduled:
            queries, last, gaps = server_schedule(
                values["effective_schedule_rng_seed"],
                rate,
                600_000,
                values["effective_min_query_count"],
            )
        else:
            queries = round(values["result_query_count"] * factor)
            last = (values["result_query_count"] - 1) / values[SCHEDULED]
            gaps = values["generated_query_duration"]
        spare = (values["result_query_count"] - 1) * (1 / values[COMPLETED] - 1 / values[SCHEDULED])
        end_s = last - (values["result_query_count"] - 1) / values[SCHEDULED]
        edit(
            tree,
            folder,
            dict.fromkeys(QUERY_COUNTS, queries)
            | {
                "effective_target_qps": rate,
                "requested_server_target_qps": rate,
                "generated_query_duration": gaps,
                SCHEDULED: six((queries - 1) / last),
                COMPLETED: six((queries - 1) / (last + spare)),
                "power_end": later(values["power_end"], end_s),
            },
        )
        stamped(folder, end_s)(tree)
        replaced(conf, f"target_qps = {old:g}", f"target_qps = {rate:g}")(tree)

    return forge


def late(count: int, latency: int, *, mean: int) -> Forge:
    """A Server run that was too slow; the flags say that it was not."""
    return edited(
        SERVER,
        result_overlatency_query_count=count,
        result_99__00_percentile_latency_ns=latency,
        result_99__90_percentile_latency_ns=500_000_000,
        result_max_latency_ns=600_000_000,
        result_mean_latency_ns=mean,
    )


SERVERS = (
    Forgery(
        name="Server: a higher result in both logs",
        variety=FREE,
        forge=scaled(SERVER, 1.1, SCHEDULED, COMPLETED),
        rules="PRF018",
    ),
    Forgery(
        name="Server: a higher result and as many more queries",
        variety=FREE,
        forge=scaled(SERVER, 1.1, SCHEDULED, COMPLETED, *QUERY_COUNTS),
        rules="LOG025 PRF028",
    ),
    Forgery(
        name="Server: a higher rate, result and count, over the same time",
        variety=FREE,
        forge=busier(SERVER, SERVER_CONF, 1.1, scheduled=False),
        rules="LOG025 PRF028",
    ),
    Forgery(
        name="Server: a higher rate, with the very schedule of the seed",
        variety=FREE,
        forge=busier(SERVER, SERVER_CONF, 1.1),
        why_not=f"{ONE_WITNESS}, and the schedule is public",
    ),
    Forgery(
        name="Server, closed: a higher rate, with the very schedule of the seed",
        variety=DATACENTER,
        forge=busier(PROVEN_SERVER, PROVEN_CONF, 1.2),
        rules="CMP016 CMP018",
    ),
    Forgery(
        name="Server: late queries that the verdict does not mention",
        variety=FREE,
        forge=late(9_000, 200_000_000, mean=25_000_000),
        rules="LAT002 LAT008",
    ),
    Forgery(
        name="Server: late queries, the 99th percentile just in time",
        variety=FREE,
        forge=late(9_000, 129_000_000, mean=23_000_000),
        rules="LAT002",
    ),
    Forgery(
        name="Server: fewer late queries than the percentiles say",
        variety=FREE,
        forge=late(100, 129_000_000, mean=23_000_000),
        rules="LAT010",
    ),
    Forgery(
        name="Server: the run of a compliance test with other seeds, under the round's seeds",
        variety=DATACENTER,
        forge=all_of(
            copied(f"{BERT_TESTS}/TEST05/{RUN}", PROVEN_SERVER),
            edited(
                PROVEN_SERVER,
                effective_qsl_rng_seed=10003631887983097364,
                effective_sample_index_rng_seed=17183018601990103738,
                effective_schedule_rng_seed=12134888396634371638,
            ),
        ),
        rules="CMP018 LOG025 TRE044",
    ),
    Forgery(
        name="Server of another round: a higher result and as many more queries",
        variety="retinanet-server-v5.0 alone",
        forge=scaled(LATER_SERVER, 1.1, SCHEDULED, COMPLETED, *QUERY_COUNTS),
        rules="LOG025 PRF024",
    ),
    Forgery(
        name="Server: a bound that is laxer than the benchmark's",
        variety=DATACENTER,
        forge=edited(
            PROVEN_SERVER,
            effective_target_latency_ns=260_000_000,
            requested_server_target_latency_ns=260_000_000,
        ),
        rules="LAT003",
    ),
)

# --- SingleStream, MultiStream

WITHOUT, WITH = "result_qps_without_loadgen_overhead", "result_qps_with_loadgen_overhead"


def halved(folder: str) -> Forge:
    """Every latency of a stream halved, with what LoadGen computes of them."""
    return times_as_fast(folder, 2, queries=1)


def twice_as_many(folder: str) -> Forge:
    """Every latency halved and twice as many queries in the same time."""
    return times_as_fast(folder, 2, queries=2)


def times_as_fast(folder: str, factor: float, *, queries: float) -> Forge:
    """Every latency of a stream by a factor lower, so many times the queries, and their rates."""

    def forge(tree: SubmissionTree) -> None:
        before = logged(tree, folder)
        scaled(folder, 1 / factor, *LATENCIES, *QUERIES, *ESTIMATES)(tree)
        scaled(folder, queries, "result_query_count")(tree)
        if WITH in before:
            now = logged(tree, folder)
            issued_s = (before["result_query_count"] - 1) / before[WITH]
            rates = {
                WITHOUT: six(1e9 / now["result_mean_latency_ns"]),
                WITH: six((now["result_query_count"] - 1) / issued_s),
            }
            edit(tree, folder, rates)
        words(folder)(tree)

    return forge


def proven_twice(tree: SubmissionTree) -> None:
    """The same of each compliance test, and of what its verification printed."""
    twice_as_many(PROVEN_SINGLE)(tree)
    for test in ("TEST01", "TEST04", "TEST05"):
        twice_as_many(f"{TESTS}/{test}/{RUN}")(tree)
    verified(tree)


def verified(tree: SubmissionTree) -> None:
    """The verifications of the compliance tests compare what the logs say now."""
    own = logged(tree, PROVEN_SINGLE)["early_stopping_latency_ss"]
    for test in ("TEST01", "TEST04", "TEST05"):
        score = logged(tree, f"{TESTS}/{test}/{RUN}")["early_stopping_latency_ss"]
        path = f"{TESTS}/{test}/verify_performance.txt"
        text = re.sub(r"reference score = \d+", f"reference score = {own}", tree.read(path))
        tree.write(path, re.sub(r"test score = \d+", f"test score = {score}", text))


def lowest_estimate(tree: SubmissionTree) -> None:
    """The early-stopping estimate is the 90th percentile, below which it cannot lie."""
    least = logged(tree, SINGLE)["result_90.00_percentile_latency_ns"]
    edit(tree, SINGLE, {"early_stopping_latency_ss": least})


STREAMS = (
    Forgery(
        name="SingleStream: a lower estimate in both logs",
        variety=FREE_EDGE,
        forge=scaled(SINGLE, 0.5, "early_stopping_latency_ss"),
        rules="PRF019",
    ),
    Forgery(
        name="SingleStream: a lower estimate, in LoadGen's words too",
        variety=FREE_EDGE,
        forge=all_of(scaled(SINGLE, 0.9, "early_stopping_latency_ss"), words(SINGLE)),
        rules="PRF019",
    ),
    Forgery(
        name="SingleStream: a lower estimate and 90th percentile",
        variety=FREE_EDGE,
        forge=all_of(
            scaled(SINGLE, 0.9, "early_stopping_latency_ss", PERCENTILES[1]), words(SINGLE)
        ),
        rules="PRF021",
    ),
    Forgery(
        name="SingleStream: lower percentiles with the mean as it was",
        variety=FREE_EDGE,
        forge=all_of(
            scaled(SINGLE, 0.5, *PERCENTILES, "result_min_latency_ns", *ESTIMATES), words(SINGLE)
        ),
        rules="PRF023",
    ),
    Forgery(
        name="SingleStream: every latency halved",
        variety=FREE_EDGE,
        forge=halved(SINGLE),
        rules="PRF027",
    ),
    Forgery(
        name="SingleStream: every latency halved, twice as many queries",
        variety=FREE_EDGE,
        forge=twice_as_many(SINGLE),
        why_not=ONE_WITNESS,
    ),
    Forgery(
        name="SingleStream: a third of every latency, and more queries than were generated",
        variety=FREE_EDGE,
        forge=times_as_fast(SINGLE, 3, queries=3),
        rules="PRF022",
    ),
    Forgery(
        name="SingleStream, closed: every latency halved, twice as many queries",
        variety=EDGE,
        forge=twice_as_many(PROVEN_SINGLE),
        rules="CMP016 CMP018",
    ),
    Forgery(
        name="SingleStream, closed: every latency a little lower, with its verifications",
        variety=EDGE,
        forge=all_of(times_as_fast(PROVEN_SINGLE, 1 / 0.96, queries=1), verified),
        rules="CMP026",
    ),
    Forgery(
        name="SingleStream: an estimate at the low end of what the percentiles allow",
        variety=FREE_EDGE,
        forge=all_of(lowest_estimate, words(SINGLE)),
        why_not="LoadGen logs no latency between two percentiles, and cuts nothing finer",
    ),
    Forgery(
        name="SingleStream, closed: the same of every compliance run and verification",
        variety=EDGE,
        forge=proven_twice,
        why_not=f"{ONE_WITNESS}, those of the compliance tests included",
    ),
    Forgery(
        name="SingleStream with power: the same of every compliance run and verification",
        variety=POWER,
        forge=proven_twice,
        rules="PWR009",
    ),
    Forgery(
        name="MultiStream: a lower estimate, in LoadGen's words too",
        variety=FREE_EDGE,
        forge=all_of(scaled(MULTI, 0.9, "early_stopping_latency_ms"), words(MULTI)),
        rules="PRF019",
    ),
    Forgery(
        name="MultiStream: a lower estimate and lower percentiles of its queries",
        variety=FREE_EDGE,
        forge=all_of(
            scaled(MULTI, 0.9, "early_stopping_latency_ms", QUERIES[0], *QUERIES[3:]), words(MULTI)
        ),
        rules="PRF023 PRF030",
    ),
    Forgery(
        name="MultiStream: every latency of queries lower, those of samples as they were",
        variety=FREE_EDGE,
        forge=all_of(scaled(MULTI, 0.9, "early_stopping_latency_ms", *QUERIES), words(MULTI)),
        rules="PRF030",
    ),
    Forgery(
        name="MultiStream: every latency halved",
        variety=FREE_EDGE,
        forge=halved(MULTI),
        rules="PRF027",
    ),
)

# --- compliance tests


def instead(test: str, **settings: object) -> Forge:
    """The performance run once more in place of a compliance run, under its settings."""
    folder = f"{TESTS}/{test}/{RUN}"
    return all_of(copied(PROVEN_SINGLE, folder), edited(folder, **settings), verified)


def another_nanosecond(tree: SubmissionTree) -> None:
    """The performance run of another day for TEST04's, each latency a nanosecond more."""
    folder = f"{TESTS}/TEST04/{RUN}"
    instead("TEST04", effective_performance_issue_same=True)(tree)
    values = logged(tree, folder)
    changes = {key: values[key] + 1 for key in LATENCIES}
    changes |= {key: later(values[key], 86_400) for key in ("power_begin", "power_end")}
    date = values["test_datetime"]
    changes["test_datetime"] = date.replace("-28T", "-29T")
    edit(tree, folder, changes)
    edit(tree, folder, {key: values[key] + 1 for key in ESTIMATES})
    words(folder)(tree)
    verified(tree)


TEST05_SEEDS = {
    "effective_qsl_rng_seed": 14646058500348515648,
    "effective_sample_index_rng_seed": 1207248993894122914,
    "effective_schedule_rng_seed": 11879132697760422006,
}
VERIFIED = f"{TESTS}/TEST01/verify_performance.txt"


def slower_test(tree: SubmissionTree) -> None:
    """TEST01's run took twice as long; its verification says that it passed."""
    folder = f"{TESTS}/TEST01/{RUN}"
    times_as_fast(folder, 0.5, queries=0.5)(tree)
    all_of(ended(folder, 0.05), stamped(folder, 0.05), verified)(tree)


def better_score(tree: SubmissionTree) -> None:
    """As above, but the verification gives a score that is near enough."""
    slower_test(tree)
    own = logged(tree, PROVEN_SINGLE)["early_stopping_latency_ss"]
    tree.write(VERIFIED, re.sub(r"test score = \d+", f"test score = {own}", tree.read(VERIFIED)))


COMPLIANCE = (
    Forgery(
        name="TEST01: the performance run, with the setting of the test",
        variety=EDGE,
        forge=instead("TEST01", effective_accuracy_log_sampling_target=4096),
        rules="TRE044",
    ),
    Forgery(
        name="TEST04: the performance run, with the setting of the test",
        variety=EDGE,
        forge=instead("TEST04", effective_performance_issue_same=True),
        rules="TRE044",
    ),
    Forgery(
        name="TEST05: the performance run, with the seeds of the test",
        variety=EDGE,
        forge=instead("TEST05", **TEST05_SEEDS),
        rules="TRE044",
    ),
    Forgery(
        name="TEST04: the performance run of another day, a nanosecond more in every latency",
        variety=EDGE,
        forge=another_nanosecond,
        why_not="two runs of a steady SUT may be as much alike",
    ),
    Forgery(
        name="TEST01: a run twice as slow, verified as it is",
        variety=EDGE,
        forge=slower_test,
        rules="CMP010 CMP016",
    ),
    Forgery(
        name="TEST01: a run twice as slow, verified with another score",
        variety=EDGE,
        forge=better_score,
        rules="CMP016 CMP017",
    ),
    Forgery(
        name="TEST01: a verification that passed, and its mismatches",
        variety=EDGE,
        forge=replaced(
            f"{TESTS}/TEST01/verify_accuracy.txt",
            "TEST PASS",
            "num_acc_log_data_mismatch = 3\nTEST PASS",
        ),
        rules="CMP019",
    ),
    Forgery(
        name="TEST01: the run of the test in another scenario",
        variety=EDGE,
        forge=copied(f"{TESTS.replace('Single', 'Multi')}/TEST01/{RUN}", f"{TESTS}/TEST01/{RUN}"),
        rules="CMP016 CMP017 PRF005",
    ),
)

# --- power

SAMPLES = f"{PROVEN_SINGLE}/spl.txt"


POWER_FOLDER = SAMPLES.replace("run_1/spl.txt", "power")
RANGING = SAMPLES.replace("run_1", "ranging")


def drawn(factor: float, *columns: str, path: str = SAMPLES) -> Forge:
    """Other watts (amperes) in every sample of a run, or in PTDaemon's log, or as a range."""

    def forge(tree: SubmissionTree) -> None:
        def less(found: re.Match[str]) -> str:
            return f"{found[1]}{found[2]}{float(found[3]) * factor:.6f}"

        pattern = rf"({'|'.join(columns)})([, ])([\d.]+)"
        tree.write(path, re.sub(pattern, less, tree.read(path)))

    return forge


def kept(share: float) -> Forge:
    """The samples of a part of the run alone."""

    def forge(tree: SubmissionTree) -> None:
        lines = tree.read(SAMPLES).splitlines(keepends=True)
        tree.write(SAMPLES, "".join(lines[: int(len(lines) * share)]))

    return forge


def quiet_twice(tree: SubmissionTree) -> None:
    """Samples of little power are there twice."""
    lines = tree.read(SAMPLES).splitlines(keepends=True)
    quiet = [
        line.replace("Watts,42.5", "Watts,04.25").replace("Amps,0.5", "Amps,0.05") for line in lines
    ]
    tree.write(SAMPLES, "".join(x for pair in zip(lines, quiet, strict=True) for x in pair))


HALVED = (
    drawn(0.5, "Watts", "Amps"),
    drawn(0.5, "watts", path=f"{POWER_FOLDER}/ptd_logs.txt"),
    drawn(0.5, "Watts", "Amps", path=RANGING),
    drawn(0.5, "SR,A", path=f"{POWER_FOLDER}/server.json"),
)
"""The samples of the run, and each witness of them."""

POWERS = (
    Forgery(
        name="power: half of the watts",
        variety=POWER,
        forge=drawn(0.5, "Watts"),
        rules="PWR009 PWR018 PWR020",
    ),
    Forgery(
        name="power: half of the watts, and the server's digest",
        variety=POWER,
        forge=all_of(drawn(0.5, "Watts"), vouched),
        rules="PWR018 PWR020",
    ),
    Forgery(
        name="power: half of the watts and amperes, and the server's digest",
        variety=POWER,
        forge=all_of(*HALVED[:1], vouched),
        rules="PWR020",
    ),
    Forgery(
        name="power: half of the watts and amperes, in PTDaemon's log too",
        variety=POWER,
        forge=all_of(*HALVED[:2], vouched),
        rules="PWR022",
    ),
    Forgery(
        name="power: half of the watts and amperes, in PTDaemon's log and the ranging run too",
        variety=POWER,
        forge=all_of(*HALVED[:3], vouched),
        rules="PWR021",
    ),
    Forgery(
        name="power: half of the watts and amperes of both runs, PTDaemon's log and the range",
        variety=POWER,
        forge=all_of(*HALVED, vouched),
        why_not="all that the power tools wrote says so; their digests are no signatures",
    ),
    Forgery(
        name="power: the samples of the first half, and the server's digest",
        variety=POWER,
        forge=all_of(kept(0.5), vouched),
        rules="PWR014 PWR020",
    ),
    Forgery(
        name="power: more samples of little power, and the server's digest",
        variety=POWER,
        forge=all_of(quiet_twice, vouched),
        rules="PWR015 PWR020",
    ),
    Forgery(
        name="power: the samples of the ranging run, and the server's digest",
        variety=POWER,
        forge=all_of(
            lambda tree: tree.write(
                SAMPLES, tree.read(SAMPLES.replace(RUN, "performance/ranging"))
            ),
            vouched,
        ),
        rules="PWR017 PWR023",
    ),
)

# --- accuracy

RESNET_SCORE = f"{CLOSED}/resnet50/SingleStream/accuracy/accuracy.txt"
BERT_SCORE = f"{OPEN}/bert-99/Offline/accuracy/accuracy.txt"
RNNT_SCORE = f"{OPEN}/rnnt/Server/accuracy/accuracy.txt"
SCORED = "accuracy=76.000%, good=38000, total=50000"


def half_the_set(tree: SubmissionTree) -> None:
    """The accuracy run loads half of the data set; the log says that it is all of it."""
    folder = f"{OPEN}/bert-99/Offline/accuracy"
    lines = tree.read(f"{folder}/{DETAIL}").splitlines(keepends=True)
    halves = [line if '"loaded_qsl_set"' not in line[:40] else _halved_list(line) for line in lines]
    tree.write(f"{folder}/{DETAIL}", "".join(halves))


def other_accuracy(tree: SubmissionTree) -> None:
    """The accuracy folder of Server in the place of Offline's."""
    offline, server = (f"{OPEN}/bert-99/{scenario}/accuracy" for scenario in ("Offline", "Server"))
    shutil.copytree(tree.root / server, tree.root / offline, dirs_exist_ok=True)


def _halved_list(line: str) -> str:
    head, _, rest = line.partition("[")
    listed, _, tail = rest.partition("]")
    names = listed.split(",")
    return f"{head}[{','.join(names[: len(names) // 2])}]{tail}"


SCORES = (
    Forgery(
        name="accuracy: a higher share than its counts give",
        variety=EDGE,
        forge=replaced(RESNET_SCORE, "accuracy=76.000%", "accuracy=77.000%"),
        rules="ACC020",
    ),
    Forgery(
        name="accuracy: of the easy part of the data set",
        variety=EDGE,
        forge=replaced(RESNET_SCORE, SCORED, "accuracy=80.000%, good=8000, total=10000"),
        rules="ACC028",
    ),
    Forgery(
        name="accuracy: a higher share and the counts that give it",
        variety=EDGE,
        forge=replaced(RESNET_SCORE, SCORED, "accuracy=77.000%, good=38500, total=50000"),
        why_not=CUT,
    ),
    Forgery(
        name="accuracy: an F1 below the exact match",
        variety=FREE,
        forge=replaced(BERT_SCORE, '"exact_match": 82.5', '"exact_match": 93.1'),
        rules="ACC020",
    ),
    Forgery(
        name="accuracy: an exact match that no number of questions gives",
        variety=FREE,
        forge=replaced(BERT_SCORE, '"exact_match": 82.5', '"exact_match": 82.50012345'),
        rules="ACC029",
    ),
    Forgery(
        name="accuracy: a higher F1 and exact match",
        variety=FREE,
        forge=replaced(
            BERT_SCORE, '{"exact_match": 82.5, "f1": 90.2}', '{"exact_match": 85.5, "f1": 92.2}'
        ),
        why_not=CUT,
    ),
    Forgery(
        name="accuracy: fewer wrong words than the accuracy says",
        variety="two benchmarks",
        forge=replaced(RNNT_SCORE, "accuracy=92.55%", "accuracy=93.55%"),
        rules="ACC020",
    ),
    Forgery(
        name="accuracy: half of the data set for all of it",
        variety=FREE,
        forge=half_the_set,
        rules="LOG023",
    ),
    Forgery(
        name="accuracy: the log of another scenario with its digest",
        variety=FREE,
        forge=other_accuracy,
        rules="PRF005",
    ),
    Forgery(
        name="accuracy: a digest of nothing",
        variety=FREE,
        forge=lambda tree: tree.write(
            BERT_SCORE, re.sub("hash=.*", f"hash={'ab' * 32}", tree.read(BERT_SCORE))
        ),
        why_not=CUT,
    ),
)

# --- whole results


def another_system(tree: SubmissionTree) -> None:
    """The results of a system, submitted for a second one as well."""
    for area in ("results", "measurements"):
        shutil.copytree(tree.root / f"open/Kit/{area}/node", tree.root / f"open/Kit/{area}/other")
    shutil.copy(tree.root / "open/Kit/systems/node.json", tree.root / "open/Kit/systems/other.json")
    for path in (tree.root / "open/Kit/measurements/other").rglob("node*.json"):
        path.rename(path.with_name(path.name.replace("node", "other", 1)))


def disguised(tree: SubmissionTree) -> None:
    """As above, and every log of it has another SUT and another date."""
    another_system(tree)
    for place in ("bert-99/Offline", "bert-99/Server"):
        for part in (RUN, "accuracy"):
            folder = f"open/Kit/results/other/{place}/{part}"
            values = logged(tree, folder)
            edit(
                tree,
                folder,
                {
                    "sut_name": "OtherSUT",
                    "test_datetime": values["test_datetime"].replace("-28T", "-29T"),
                    "power_begin": later(values["power_begin"], 86_400),
                    "power_end": later(values["power_end"], 86_400),
                },
            )


def issued_same(tree: SubmissionTree) -> None:
    """TEST04's run, which asks for one sample over and over, as the result."""
    copied(f"{TESTS}/TEST04/{RUN}", PROVEN_SINGLE)(tree)
    verified(tree)


def cleared(tree: SubmissionTree) -> None:
    """As above, with the settings of an ordinary run and no word of the test."""
    issued_same(tree)
    ordinary(tree)


def ordinary(tree: SubmissionTree) -> None:
    """The result's own log has nothing of the settings of a test."""
    edit(
        tree,
        PROVEN_SINGLE,
        {"effective_performance_issue_same": False, "effective_performance_issue_same_index": 0},
    )
    path = f"{PROVEN_SINGLE}/{DETAIL}"
    lines = tree.read(path).splitlines(keepends=True)
    tree.write(path, "".join(line for line in lines if "audit.config" not in line))


def exchange(tree: SubmissionTree, one: str, other: str) -> None:
    """Both logs of two runs, each in the place of the other."""
    files = {
        (name, folder): tree.read(f"{folder}/{name}")
        for name in (DETAIL, SUMMARY)
        for folder in (one, other)
    }
    for (name, folder), text in files.items():
        tree.write(f"{other if folder == one else one}/{name}", text)


def exchanged(tree: SubmissionTree) -> None:
    """TEST04's run as the result, and the result's own run as that of TEST04."""
    test = f"{TESTS}/TEST04/{RUN}"
    exchange(tree, test, PROVEN_SINGLE)
    ordinary(tree)
    edit(tree, test, {"effective_performance_issue_same": True})
    verified(tree)


def other_seeds(tree: SubmissionTree) -> None:
    """Offline's run and that of TEST05, whose seeds are others, each under the other's seeds."""
    own = f"{CLOSED}/bert-99/Offline/{RUN}"
    tests = BERT_TESTS.replace("Server", "Offline")
    before = logged(tree, own)
    exchange(tree, f"{tests}/TEST05/{RUN}", own)
    edit(tree, own, {key: before[key] for key in TEST05_SEEDS})
    edit(tree, f"{tests}/TEST05/{RUN}", TEST05_SEEDS)
    scores = {test: logged(tree, f"{tests}/{test}/{RUN}")[RATE] for test in ("TEST01", "TEST05")}
    for test, score in scores.items():
        tree.write(
            f"{tests}/{test}/verify_performance.txt",
            "Verifying performance.\n"
            f"reference score = {logged(tree, own)[RATE]}\ntest score = {score}\nTEST PASS\n",
        )


WHOLES = (
    Forgery(
        name="a system's results for a second system",
        variety=FREE,
        forge=another_system,
        rules="TRE034 TRE044",
    ),
    Forgery(
        name="a system's results for a second system, under another SUT and date",
        variety=FREE,
        forge=disguised,
        rules="TRE044",
    ),
    Forgery(
        name="TEST04's run for the result's own",
        variety=EDGE,
        forge=issued_same,
        rules="PRF014 PRF031 TRE044",
    ),
    Forgery(
        name="TEST04's run for the result's own, with the settings of an ordinary run",
        variety=EDGE,
        forge=cleared,
        rules="TRE044",
    ),
    Forgery(
        name="TEST04's run and the result's own exchanged, each with the settings of the other",
        variety=EDGE,
        forge=exchanged,
        why_not="which samples were issued is not logged",
    ),
    Forgery(
        name="Offline: a run with other seeds under the round's seeds",
        variety=DATACENTER,
        forge=other_seeds,
        why_not="the samples that a seed draws depend on the C++ library of the machine; in Server"
        " the times do not (LOG025)",
    ),
    Forgery(
        name="another day in both logs of a run",
        variety=FREE,
        forge=edited(OFFLINE, test_datetime="2026-11-28T00:20:00Z"),
        rules="LOG031",
    ),
    Forgery(
        name="a LoadGen of the round, by its version alone",
        variety=FREE,
        forge=edited(OFFLINE, loadgen_version="3.0 @ f536725011"),
        rules="LOG028",
    ),
    Forgery(
        name="a summary whose error count is not the log's",
        variety=FREE,
        forge=lambda tree: tree.write(
            f"{OFFLINE}/{DETAIL}",
            tree.read(f"{OFFLINE}/{DETAIL}").replace('"is_error": false', '"is_error": true', 1),
        ),
        rules="LOG007",
    ),
    Forgery(
        name="two processes' logs in one",
        variety=FREE,
        forge=lambda tree: tree.write(
            f"{OFFLINE}/{DETAIL}",
            re.sub(r'("key": "result_.*"pid": )\d+', r"\g<1>1", tree.read(f"{OFFLINE}/{DETAIL}")),
        ),
        rules="LOG029",
    ),
)
FORGERIES = (*OFFLINES, *SERVERS, *STREAMS, *COMPLIANCE, *POWERS, *SCORES, *WHOLES)
