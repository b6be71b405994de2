"""Breaks of compliance tests (CMP) and of power results (PWR)."""

import json
import re

from tests.fakes.loadgen_logs import accuracy_log, power_samples
from tests.fakes.loadgen_run import later
from tests.fakes.submission_tree import SubmissionTree
from tests.tree.edits import (
    GONE,
    Break,
    Edit,
    added,
    both,
    edited,
    fields,
    moved,
    prefixed,
    put,
    ran,
    removed,
    replaced,
)

C = "closed/Kit/compliance/node/bert-99/Offline"
RUN1, RUN5 = f"{C}/TEST01/performance/run_1", f"{C}/TEST05/performance/run_1"
OWN = "closed/Kit/results/node/bert-99/Offline/performance/run_1"
VERIFY = f"{C}/TEST01/verify_accuracy.txt"
FAILED = "Verifying accuracy.\nTEST FAIL\n"
B = "closed/Kit/compliance/board/resnet50/SingleStream"
P = "closed/Kit/results/board/resnet50/SingleStream/performance"
SPL = f"{P}/run_1/spl.txt"

PTD, SERVER, CLIENT = (f"{P}/power/{x}" for x in ("ptd_logs.txt", "server.json", "client.json"))
DESCRIBED = ("client", "server")
SAMPLE = "Watts,42.500000,Volts,85.000000,Amps,0.500000"
DOUBLED = "Watts,85.000000,Volts,85.000000,Amps,1.000000"


def _drawn(factor: float) -> Edit:
    """So much of the watts and amperes of every sample of the run."""
    return replaced(SPL, SAMPLE, f"Watts,{42.5 * factor:f},Volts,85.000000,Amps,{0.5 * factor:f}")


def _stamped(name: str, stamp: int, seconds: float) -> Edit:
    """One of the four times of the testing phase, so much later."""

    def edit(tree: SubmissionTree) -> None:
        path = f"{P}/power/{name}.json"
        value = json.loads(tree.read(path))
        value["phases"]["testing"][stamp][0] += seconds
        tree.json(path, value)

    return edit


def _accuracies(baseline: str, compliance: str) -> Edit:
    line = '{{"exact_match": 80.0, "f1": {}}}\n'
    return both(
        put(VERIFY, FAILED),
        put(f"{C}/TEST01/accuracy/baseline_accuracy.txt", line.format(baseline)),
        put(f"{C}/TEST01/accuracy/compliance_accuracy.txt", line.format(compliance)),
    )


def _late(folder: str) -> Edit:
    """A run after whose last answer four seconds pass in its log."""

    def edit(tree: SubmissionTree) -> None:
        path = f"{folder}/mlperf_log_detail.txt"
        lines = tree.read(path).splitlines(keepends=True)
        for number, line in enumerate(lines):
            if '"key": "power_begin"' in line:
                lines[number] = re.sub(
                    r'("time_ms": )([\d.]+)', lambda m: f"{m[1]}{float(m[2]) + 4000:.6f}", line
                )
        tree.write(path, "".join(lines))

    return edit


COMPLIANCE = (
    Break("no compliance tests", "closed", removed(C), "CMP001", "refused"),
    Break("no TEST05", "closed", removed(f"{C}/TEST05"), "CMP002", "refused"),
    Break("no TEST04 of ResNet", "edge", removed(f"{B}/TEST04"), "CMP002", "refused"),
    Break(
        "a test of another name",
        "closed",
        moved(f"{C}/TEST05", f"{C}/TEST06"),
        "CMP002 CMP008",
        "refused",
    ),
    Break(
        "a test in lower case",
        "closed",
        moved(f"{C}/TEST01", f"{C}/test01"),
        "CMP002 CMP008",
        "refused",
    ),
    Break("no run of a test", "closed", removed(f"{C}/TEST05/performance"), "LOG001", "refused"),
    Break(
        "no run of the first test",
        "closed",
        removed(f"{C}/TEST01/performance"),
        "LOG001",
        "refused",
    ),
    Break(
        "no verification of performance",
        "closed",
        removed(f"{C}/TEST05/verify_performance.txt"),
        "CMP003",
        "refused",
    ),
    Break(
        "a verification that failed",
        "closed",
        replaced(f"{C}/TEST05/verify_performance.txt", "TEST PASS", "TEST FAIL"),
        "CMP003",
        "refused",
    ),
    Break("no verification of accuracy", "closed", removed(VERIFY), "CMP004", "refused"),
    Break("a verification without accuracies", "closed", put(VERIFY, FAILED), "CMP004", "refused"),
    Break("an empty verification", "closed", put(VERIFY, ""), "CMP004", "refused"),
    Break(
        "a verification with one accuracy",
        "closed",
        both(put(VERIFY, FAILED), put(f"{C}/TEST01/accuracy/baseline_accuracy.txt", "x")),
        "CMP005",
        "refused",
    ),
    Break("a verification in Latin-1", "closed", prefixed(VERIFY, b"\xe9\n"), "CMP011", "crash"),
    Break(
        "a log of TEST01 cut in another way",
        "closed",
        put(f"{C}/TEST01/accuracy/mlperf_log_accuracy.json", "[\n{"),
        "CMP012",
    ),
    Break(
        "TEST01 without digest", "closed", put(f"{C}/TEST01/accuracy/accuracy.txt", "x"), "CMP013"
    ),
    Break(
        "no log of TEST01",
        "closed",
        removed(f"{C}/TEST01/accuracy/mlperf_log_accuracy.json"),
        "CMP005",
        "refused",
    ),
    Break("accuracies near each other", "closed", _accuracies("90.2", "90.1"), ""),
    Break("accuracies too far apart", "closed", _accuracies("90.2", "85.1"), "CMP006", "refused"),
    Break(
        "a whole log of TEST01",
        "closed",
        put(f"{C}/TEST01/accuracy/mlperf_log_accuracy.json", accuracy_log("x")),
        "CMP007",
    ),
    Break("a run whose log goes on late", "closed", _late(OWN), "CMP026"),
    Break("a test whose log goes on late", "closed", _late(RUN1), ""),
    Break("a test of another SUT", "closed", ran(RUN1, sut_name="Other"), "CMP009"),
    Break(
        "scores too far apart",
        "closed",
        replaced(f"{C}/TEST05/verify_performance.txt", "test score = 1", "test score = 2"),
        "CMP010 CMP017",
    ),
    Break(
        "a TEST05 that is a tenth slower",
        "closed",
        lambda t: ran(
            RUN5,
            result_max_latency_ns=668_000_000_000,
            result_samples_per_second=988.024,
            power_end=later(t.runs[RUN5]["power_begin"], 668),
        )(t),
        "CMP016 CMP017",
    ),
    Break(
        "a TEST04 that is much slower",
        "edge",
        ran(
            f"{B}/TEST04/performance/run_1",
            early_stopping_latency_ss=1_195_900,
        ),
        "CMP017 LAT011",
    ),
    Break(
        "scores of another test run",
        "closed",
        replaced(f"{C}/TEST05/verify_performance.txt", "test score = 1098", "test score = 1080"),
        "CMP017",
    ),
    Break(
        "scores of another performance run",
        "closed",
        replaced(
            f"{C}/TEST05/verify_performance.txt", "reference score = 1098", "reference score = 1080"
        ),
        "CMP018",
    ),
    Break(
        "a mismatch that passed",
        "closed",
        put(VERIFY, "num_acc_log_data_mismatch = 3\nTEST PASS\n"),
        "CMP019",
    ),
    Break(
        "a part of the accuracy log that was verified",
        "closed",
        put(VERIFY, "num_acc_log_entries = 725\nTEST PASS\n"),
        "CMP020",
    ),
    Break(
        "the round's seeds in TEST05",
        "closed",
        lambda t: ran(RUN5, **{f"effective_{k}": v for k, v in t.policy.seeds.by_key().items()})(t),
        "PRF007",
    ),
    Break(
        "a TEST01 that samples no answers",
        "closed",
        ran(RUN1, effective_accuracy_log_sampling_target=0),
        "CMP014",
    ),
    Break(
        "a TEST04 that issues many samples",
        "edge",
        ran(f"{B}/TEST04/performance/run_1", effective_performance_issue_same=False),
        "CMP015",
    ),
    Break("an INVALID test", "closed", ran(RUN5, result_validity="INVALID"), "PRF002", "refused"),
    Break(
        "a broken log of the first test",
        "closed",
        added(f"{RUN1}/mlperf_log_detail.txt", ":::MLLOG {"),
        "LOG004",
        "crash",
    ),
    Break(
        "a broken log of a later test",
        "closed",
        added(f"{RUN5}/mlperf_log_detail.txt", ":::MLLOG {"),
        "LOG004",
    ),
    Break("a file too many in a test", "closed", put(f"{RUN5}/x.txt", "x"), "PRF001", "refused"),
)

POWER = (
    Break("no ranging run", "edge", removed(f"{P}/ranging"), "LOG001", "refused"),
    Break(
        "no summary of the ranging run",
        "edge",
        removed(f"{P}/ranging/mlperf_log_summary.txt"),
        "LOG010",
        "refused",
    ),
    Break("no log of the server", "edge", removed(f"{P}/power/server.log"), "PWR001", "refused"),
    Break("a file too many in power", "edge", put(f"{P}/power/x", "x"), "PWR001", "refused"),
    Break(
        "no count of the queries of a power run",
        "edge",
        edited(f"{P}/run_1", result_query_count=GONE),
        "PWR013",
        "refused",
    ),
    Break("an empty log of the server", "edge", put(f"{P}/power/server.log", ""), "PWR012"),
    Break("an empty ranging log", "edge", put(f"{P}/ranging/spl.txt", ""), "PWR012"),
    Break("no power samples", "edge", removed(SPL), "PRF001", "refused"),
    Break("no time of begin", "edge", edited(f"{P}/run_1", power_begin=GONE), "PWR002", "refused"),
    Break(
        "an end before the begin",
        "edge",
        edited(f"{P}/run_1", power_end="02-20-2022 10:00:00.000"),
        "PWR003",
        "refused",
    ),
    Break("a line that is no sample", "edge", added(SPL, "no sample\n"), "PWR004", "refused"),
    Break(
        "samples of another day",
        "edge",
        lambda t: t.write(SPL, t.read(SPL).replace("-2023", "-2022")),
        "PWR005",
        "refused",
    ),
    Break(
        "no power at all",
        "edge",
        lambda t: t.write(SPL, power_samples(t.runs[f"{P}/run_1"], 0.0)),
        "PWR006",
    ),
    Break(
        "one negative sample",
        "edge",
        lambda t: t.write(SPL, t.read(SPL).replace("42.500000", "-1.000000", 4)),
        "PWR010 PWR020",
    ),
    Break("a client.json cut short", "edge", put(f"{P}/power/client.json", "{"), "PWR007"),
    Break(
        "a server of another session",
        "edge",
        replaced(f"{P}/power/server.json", '"kit"', '"other"'),
        "PWR008",
    ),
    Break(
        "a log that was edited after the client saw it",
        "edge",
        edited(f"{P}/run_1", loadgen_build_date_utc="2023-02-19"),
        "PWR009",
        vouched=False,
    ),
    Break(
        "samples that were edited after the server saw them",
        "edge",
        replaced(SPL, "42.500000,Volts", "42.400000,Volts"),
        "PWR009",
        vouched=False,
    ),
    Break(
        "logs with the line ends of another system",
        "edge",
        lambda t: t.write(SPL, t.read(SPL).replace("\n", "\r\n")),
        "",
        vouched=False,
    ),
    Break(
        "a log that no digest is of",
        "edge",
        fields(f"{P}/power/client.json", results={}),
        "PWR016",
        vouched=False,
    ),
    Break(
        "samples of a part of the run",
        "edge",
        lambda t: t.write(SPL, "".join(t.read(SPL).splitlines(keepends=True)[:500])),
        "PWR014 PWR020",
    ),
    Break(
        "samples of the run that are left out",
        "edge",
        lambda t: t.write(SPL, "".join(t.read(SPL).splitlines(keepends=True)[:590])),
        "PWR015 PWR020",
    ),
    Break(
        "samples of another session",
        "edge",
        replaced(SPL, "kit_testing", "other_testing"),
        "PWR017",
    ),
    Break(
        "the samples of the ranging run",
        "edge",
        replaced(SPL, "kit_testing", "kit_ranging"),
        "PWR017",
    ),
    Break(
        "watts that are not those of the current",
        "edge",
        replaced(SPL, "Watts,42.500000", "Watts,40.500000"),
        "PWR018 PWR020",
    ),
    Break("less power than PTDaemon's log states", "edge", _drawn(0.9), "PWR020"),
    Break(
        "one largest sample that PTDaemon's log has not",
        "edge",
        lambda t: t.write(SPL, t.read(SPL).replace(SAMPLE, DOUBLED, 1)),
        "PWR020",
    ),
    Break("a log of PTDaemon without figures", "edge", put(PTD, "Time,Watts\n"), ""),
    Break(
        "half of the power of the ranging run", "edge", both(put(PTD, "-"), _drawn(0.5)), "PWR022"
    ),
    Break(
        "less volts than in the ranging run",
        "edge",
        both(
            put(PTD, "-"),
            replaced(SPL, SAMPLE, "Watts,38.250000,Volts,76.500000,Amps,0.500000"),
        ),
        "PWR022",
    ),
    Break(
        "a range of half of the amperes",
        "edge",
        replaced(SERVER, "SR,A,0.550000", "SR,A,0.275000"),
        "PWR021",
    ),
    Break("ranges that were not set", "edge", fields(SERVER, ptd_messages=GONE), ""),
    Break(
        "samples that end long before their phase",
        "edge",
        both(_stamped("server", 3, 90), _stamped("client", 3, 90)),
        "PWR023",
    ),
    Break(
        "a phase of server and client that begins after the samples",
        "edge",
        both(*(_stamped(name, stamp, 125) for name in DESCRIBED for stamp in range(4))),
        "PWR023 PWR024",
    ),
    Break(
        "a phase in another time zone",
        "edge",
        both(*(_stamped(name, stamp, -20_700) for name in DESCRIBED for stamp in range(4))),
        "",
    ),
    Break(
        "a client's phase that ends before the run", "edge", _stamped("client", 2, -300), "PWR024"
    ),
    Break("a client without phases", "edge", fields(CLIENT, phases={"testing": [[1]]}), ""),
    Break(
        "an analyzer of two channels",
        "edge",
        replaced(
            SPL,
            "Amps,0.500000,PF,1.000000,Mark,kit_testing",
            "Amps,0.250000,PF,1.000000,Mark,kit_testing,Ch1,Watts,21.250000",
        ),
        "",
    ),
    Break(
        "a ranging run without samples", "edge", put(f"{P}/ranging/spl.txt", "nothing\n"), "PWR011"
    ),
    Break("an INVALID ranging run", "edge", ran(f"{P}/ranging", result_validity="INVALID"), ""),
)

BREAKS = (*COMPLIANCE, *POWER)
