"""Breaks in trees of the newest round: what its official package passes, refuses or dies of."""

from submission.checks.relations.figures import FIRST_TOKENS, OUTPUT_TOKENS
from submission.loadgen.keys import PERCENTILES
from submission.policy import load_policy
from submission.terms import Scenario
from tests.fakes.submission_tree import SubmissionTree
from tests.tree.edits import (
    GONE,
    Break,
    Edit,
    both,
    fields,
    folder,
    moved,
    put,
    ran,
    removed,
    replaced,
)

V = "v6.0"
N = "closed/Kit/results/node/llama2-70b-99.9"
SERVER, OFFLINE = f"{N}/Server/performance/run_1", f"{N}/Offline/performance/run_1"
ACCURACY = f"{N}/Offline/accuracy"
DETAIL, SUMMARY = "mlperf_log_detail.txt", "mlperf_log_summary.txt"
E = "closed/Kit/results/board/resnet50"
G = "closed/Kit/results/node/gpt-oss-120b/Offline"
SHORT = "closed/Kit/results/node/llama3.1-8b/Offline"
P = "closed/Kit/results/board/stable-diffusion-xl/Offline"
FREE = "open/Kit/results/node/sparse-bert/Offline"
SYSTEM = "closed/Kit/systems/node.json"
TTFT = "result_first_token_99__00_percentile_latency_ns"
TPOT = "result_time_per_output_token_99__00_percentile_ns"


def case(name: str, edit: Edit, rules: str, official: str, kind: str) -> Break:
    return Break(f"newest: {name}", kind, edit, rules, official, version=V)


def latencies(least: str, percentile: str) -> dict[str, int]:
    """A row of latencies of 1000 ns, whose mean is 2000 ns."""
    keys = [least.format(word) for word in ("min", "max")] + [
        percentile.format(p) for p in PERCENTILES
    ]
    return {key.replace(".", "__"): 1000 for key in keys} | {least.format("mean"): 2000}


def copied(path: str, target: str) -> Edit:
    def edit(tree: SubmissionTree) -> None:
        tree.write(target, tree.read(path))

    return edit


def cut(path: str) -> Edit:
    def edit(tree: SubmissionTree) -> None:
        tree.write(path, tree.read(path)[:-40])

    return edit


def linked(path: str, target: str) -> Edit:
    def edit(tree: SubmissionTree) -> None:
        tree.at(path).symlink_to(target)

    return edit


def repeated(
    *, score: str = "84.028", final: str = "84.03%", raw: str = "83.34%", right: int = 761
) -> Edit:
    """The accuracy of gpt-oss, with the tables that its script prints above it."""
    table = f"""\
Overall raw accuracy: {raw} (3663/4395)
Dataset                    Correct    Total  Repeats      Score   Accuracy
aime25                         199      240        8      24.88     82.92%
gpqa_diamond                   {right}      990        5     152.20     76.87%
livecodebench_v6              2703     3165        3     901.00     85.40%
FINAL SCORE: {final} (1078.08/1283.00)

'exact_match': {score}"""
    return replaced(f"{G}/accuracy/accuracy.txt", "'exact_match': 84.0", table)


FIRST = "open/Kit/results/node/other/Offline/performance/run_1"


def with_another(edit: Edit) -> Edit:
    """An edit of a tree with a second benchmark."""

    def whole(tree: SubmissionTree) -> None:
        tree.json("open/Kit/model_mapping.json", {"sparse-bert": "bert-99", "other": "bert-99"})
        tree.benchmark("open/Kit", "node", "other", "bert-99", {"Offline": Scenario.OFFLINE})
        edit(tree)

    return whole


def of_another_round(tree: SubmissionTree) -> None:
    """The seeds of the round before."""
    seeds = load_policy("v2.1").seeds.by_key()
    ran(FIRST, **{f"effective_{name}": seed for name, seed in seeds.items()})(tree)


def from_endpoints(tree: SubmissionTree) -> None:
    """Offline as Endpoints hands it in: a summary, and no log of LoadGen."""
    removed(f"{N}/Offline/performance")(tree)
    removed(f"{N}/Offline/accuracy")(tree)
    put(f"{N}/Offline/config.yaml", "model: llama2-70b\n")(tree)
    put(f"{N}/Offline/performance/result_summary.json", "{}")(tree)


BREAKS: tuple[Break, ...] = (
    Break("a result of Endpoints", "closed", from_endpoints, "PRF040", "refused", version="v6.1"),
    Break(
        "no table of the analyzer",
        "edge",
        removed("closed/Kit/measurements/board/resnet50/SingleStream/analyzer_table.md"),
        "PWR019",
        "refused",
        version="v4.1",
    ),
    Break(
        "empty power settings",
        "edge",
        put("closed/Kit/measurements/board/resnet50/SingleStream/power_settings.md", ""),
        "PWR019",
        "refused",
        version="v4.1",
    ),
    Break(
        "a table of the analyzer for all systems",
        "edge",
        moved(
            "closed/Kit/measurements/board/resnet50/SingleStream/analyzer_table.md",
            "closed/Kit/measurements/analyzer_table.adoc",
        ),
        "",
        version="v4.1",
    ),
    Break(
        "no power settings in the newest layout",
        "edge",
        removed("closed/Kit/results/board/resnet50/SingleStream/power_settings.md"),
        "PWR019",
        version="v6.1",
    ),
    Break(
        "a nameplate of another form",
        "edge",
        put("closed/Kit/systems/board_power.yaml", "Board: &b\n"),
        "SYS020",
        "crash",
        version="v6.1",
    ),
    Break(
        "a nameplate without supplies",
        "edge",
        put("closed/Kit/systems/board_power.yaml", "Board:\n- Description: none\n"),
        "SYS020",
        version="v6.1",
    ),
    Break(
        "a nameplate that says nothing",
        "edge",
        put("closed/Kit/systems/board_power.yaml", "# later\n"),
        "SYS020",
        "refused",
        version="v6.1",
    ),
    Break(
        "watts that are text",
        "edge",
        put(
            "closed/Kit/systems/board_power.yaml",
            "Board:\n- Min PSUs Needed: 1\n  PSUs:\n  - PowerCapacityWatts: 90 W\n",
        ),
        "SYS020",
        "refused",
        version="v6.1",
    ),
    Break(
        "a tree whose logs show its round",
        "open",
        with_another(both()),
        "BEN006 TRE005",
        version="",
    ),
    Break(
        "logs of two rounds",
        "open",
        with_another(of_another_round),
        "BEN006 TRE005 TRE006 PRF007",
        version="",
    ),
    case(
        "LoadGen times no tokens",
        ran(SERVER, requested_use_token_latencies=False),
        "LAT013",
        "refused",
        "closed",
    ),
    case(
        "a first token that is late",
        ran(SERVER, **{TTFT: 3_000_000_000}),
        "LAT014 PRF021",
        "refused",
        "closed",
    ),
    case(
        "a further token that is late",
        ran(SERVER, **{TPOT: 250_000_000}),
        "LAT014",
        "refused",
        "closed",
    ),
    case("invalid offline", ran(OFFLINE, result_validity="INVALID"), "PRF002", "ok", "closed"),
    case("invalid server", ran(SERVER, result_validity="INVALID"), "PRF002", "ok", "closed"),
    case(
        "min duration not met",
        ran(OFFLINE, result_min_duration_met=False),
        "PRF003",
        "ok",
        "closed",
    ),
    case(
        "perf log in accuracy mode",
        ran(OFFLINE, effective_test_mode="AccuracyOnly"),
        "LOG011 PRF004",
        "ok",
        "closed",
    ),
    case(
        "the accuracy log of a performance run",
        replaced(f"{ACCURACY}/{DETAIL}", "AccuracyOnly", "PerformanceOnly"),
        "PRF004",
        "ok",
        "closed",
    ),
    case("link", linked("closed/Kit/src/link", "nowhere"), "TRE043", "ok", "closed"),
    case("large file", put("closed/Kit/src/weights.bin", "x" * 52428801), "TRE043", "ok", "closed"),
    case(
        "acc log of other scenario",
        ran(ACCURACY, effective_scenario="Server"),
        "LOG022 PRF005",
        "ok",
        "closed",
    ),
    case(
        "equal issue off",
        ran(OFFLINE, effective_sample_concatenate_permutation=False),
        "PRF022",
        "ok",
        "closed",
    ),
    case("tokens raised", ran(OFFLINE, result_tokens_per_second=900000), "ACC026", "ok", "closed"),
    case(
        "tokens as a text",
        ran(OFFLINE, result_tokens_per_second="900000"),
        "LOG006",
        "ok",
        "closed",
    ),
    case(
        "answers beyond their end",
        ran(f"{SHORT}/performance/run_1", result_tokens_per_second=9e9),
        "PRF033",
        "ok",
        "summaries",
    ),
    case(
        "tokens over latencies",
        ran(SERVER, result_token_throughput=1e-9),
        "PRF018",
        "ok",
        "closed",
    ),
    case(
        "tokens before the schedule",
        ran(SERVER, result_token_throughput_with_loadgen_overhead=9e9),
        "PRF018",
        "ok",
        "closed",
    ),
    case(
        "first tokens after the answers",
        ran(SERVER, result_first_token_max_latency_ns=1 << 50),
        "PRF021",
        "ok",
        "closed",
    ),
    case(
        "mean of the first tokens above all of them",
        ran(SERVER, **latencies(*FIRST_TOKENS)),
        "PRF023",
        "ok",
        "closed",
    ),
    case(
        "mean time of a token above all of them",
        ran(SERVER, **latencies(*OUTPUT_TOKENS)),
        "PRF023",
        "ok",
        "closed",
    ),
    case(
        "answers without their tokens' time",
        ran(
            SERVER,
            result_first_token_mean_latency_ns=1000,
            result_time_to_output_token_mean=1,
        ),
        "PRF032",
        "ok",
        "closed",
    ),
    case(
        "early stopping of tokens",
        ran(
            SERVER,
            early_stopping_ttft_result=" * Run unsuccessful.",
            early_stopping_tpot_result=" * Run successful.",
        ),
        "PRF028",
        "ok",
        "closed",
    ),
    case(
        "advice on a valid run",
        replaced(f"{SERVER}/{SUMMARY}", "Result is : VALID", "Result is : VALID\nRecommendations:"),
        "LOG018",
        "ok",
        "closed",
    ),
    case(
        "rouge2 above rougeL",
        replaced(f"{ACCURACY}/accuracy.txt", "'rouge2': 23.0", "'rouge2': 33.0"),
        "ACC029",
        "ok",
        "closed",
    ),
    case("an exact match of its table", repeated(), "", "ok", "answers"),
    case("an exact match above its table", repeated(score="94.027"), "ACC020", "ok", "answers"),
    case("a final score above its table", repeated(final="94.03%"), "ACC020", "ok", "answers"),
    case("a raw accuracy above its table", repeated(raw="93.34%"), "ACC020", "ok", "answers"),
    case("a table above its raw accuracy", repeated(right=861), "ACC020", "ok", "answers"),
    case("summary missing", removed(f"{OFFLINE}/{SUMMARY}"), "LOG010", "ok", "closed"),
    case("acc summary missing", removed(f"{ACCURACY}/{SUMMARY}"), "LOG010", "ok", "closed"),
    case("foreign file", put(f"{OFFLINE}/notes.txt", "x"), "PRF001", "ok", "closed"),
    case(
        "system without results",
        copied(SYSTEM, "closed/Kit/systems/other.json"),
        "TRE032",
        "ok",
        "closed",
    ),
    case("hidden file", put("closed/Kit/src/.hidden", "x"), "TRE043", "ok", "closed"),
    case("blank", put("closed/Kit/src/a b", "x"), "TRE043", "ok", "closed"),
    case("pycache", put("closed/Kit/src/__pycache__/a.pyc", "x"), "TRE043", "ok", "closed"),
    case("empty folder", folder("closed/Kit/src/nothing"), "TRE043", "ok", "closed"),
    case("detail missing", removed(f"{OFFLINE}/{DETAIL}"), "LOG002", "crash", "closed"),
    case("acc detail missing", removed(f"{ACCURACY}/{DETAIL}"), "LOG002", "crash", "closed"),
    case("detail cut", cut(f"{OFFLINE}/{DETAIL}"), "LOG004", "crash", "closed"),
    case("description missing", removed(SYSTEM), "SYS001", "crash", "closed"),
    case("description no json", put(SYSTEM, "{"), "SYS002", "crash", "closed"),
    case(
        "number_of_nodes as a word",
        fields(SYSTEM, number_of_nodes="two"),
        "SYS017",
        "crash",
        "closed",
    ),
    case(
        "unknown benchmark", moved(N, "closed/Kit/results/node/llama9"), "BEN001", "crash", "closed"
    ),
    case(
        "measurements missing",
        removed(f"{N}/Offline/measurements.json"),
        "MEA005",
        "refused",
        "closed",
    ),
    case(
        "measurements no json",
        put(f"{N}/Offline/measurements.json", "{"),
        "MEA006",
        "crash",
        "closed",
    ),
    case("user.conf missing", removed(f"{N}/Offline/user.conf"), "MEA002", "refused", "closed"),
    case("user.conf empty", put(f"{N}/Offline/user.conf", ""), "MEA016", "refused", "closed"),
    case("readme missing", removed(f"{N}/Offline/README.md"), "MEA002", "refused", "closed"),
    case(
        "field of measurement empty",
        fields(f"{N}/Offline/measurements.json", retraining=""),
        "MEA008",
        "refused",
        "closed",
    ),
    case("src missing", removed("closed/Kit/src"), "MEA011", "refused", "closed"),
    case("no server", removed(f"{N}/Server"), "BEN011", "refused", "closed"),
    case("test06 missing", removed(f"{N}/Offline/TEST06"), "CMP002", "refused", "closed"),
    case(
        "test06 eos",
        put(
            f"{N}/Offline/TEST06/verify_accuracy.txt",
            "First token check pass: True\nEOS check pass: False\nSample length check pass: True\n",
        ),
        "CMP021",
        "refused",
        "closed",
    ),
    case(
        "accuracy low",
        replaced(f"{ACCURACY}/accuracy.txt", "'rouge1': 45.0", "'rouge1': 44.0"),
        "ACC007",
        "refused",
        "closed",
    ),
    case(
        "tokens per sample that are not those of the line",
        replaced(
            f"{ACCURACY}/accuracy.txt",
            "'tokens_per_sample': 290.0",
            "'gen_num': 24576, 'gen_tok_len': 7127040, 'tokens_per_sample': 291.0",
        ),
        "ACC020",
        "ok",
        "closed",
    ),
    case(
        "tokens per sample high",
        replaced(f"{ACCURACY}/accuracy.txt", "290.0", "330.0"),
        "ACC007 ACC026",
        "refused",
        "closed",
    ),
    case(
        "accuracy.txt missing", removed(f"{ACCURACY}/accuracy.txt"), "ACC001", "refused", "closed"
    ),
    case(
        "no hash",
        replaced(f"{ACCURACY}/accuracy.txt", "hash=", "hush="),
        "ACC009",
        "refused",
        "closed",
    ),
    case(
        "accuracy log missing",
        removed(f"{ACCURACY}/mlperf_log_accuracy.json"),
        "ACC010",
        "refused",
        "closed",
    ),
    case(
        "accuracy log long",
        put(f"{ACCURACY}/mlperf_log_accuracy.json", "[" + " " * 11000 + "]"),
        "ACC011 ACC015",
        "refused",
        "closed",
    ),
    case(
        "data set short",
        ran(ACCURACY, qsl_reported_total_count=24000),
        "ACC016 LOG023",
        "refused",
        "closed",
    ),
    case("seed", ran(OFFLINE, effective_qsl_rng_seed=1), "PRF007", "refused", "closed"),
    case(
        "latency bound",
        ran(SERVER, effective_target_latency_ns=30_000_000_000),
        "LAT003",
        "refused",
        "closed",
    ),
    case("early stopping", ran(SERVER, early_stopping_met=False), "LAT001", "refused", "closed"),
    case(
        "few samples",
        ran(OFFLINE, effective_samples_per_query=10000),
        "PRF010 PRF022",
        "refused",
        "closed",
    ),
    case(
        "short duration asked",
        ran(OFFLINE, effective_min_duration_ms=60000),
        "PRF008",
        "refused",
        "closed",
    ),
    case("status", fields(SYSTEM, status="soon"), "SYS008", "refused", "closed"),
    case("field missing", fields(SYSTEM, cooling=GONE), "SYS005", "refused", "closed"),
    case("field empty", fields(SYSTEM, cooling=""), "SYS006", "refused", "closed"),
    case("division of system", fields(SYSTEM, division="open"), "SYS011", "refused", "closed"),
    case("division case", fields(SYSTEM, division="Closed"), "SYS018", "ok", "closed"),
    case("submitter", fields(SYSTEM, submitter="Other"), "SYS010", "refused", "closed"),
    case(
        "is_network true",
        fields(SYSTEM, is_network="true"),
        "PRF015 SYS005 SYS012",
        "refused",
        "closed",
    ),
    case(
        "length missing",
        removed(f"{G}/TEST09/verify_output_len.txt"),
        "CMP002",
        "refused",
        "answers",
    ),
    case(
        "length failed",
        put(f"{G}/TEST09/verify_output_len.txt", "TEST FAIL"),
        "CMP022",
        "refused",
        "answers",
    ),
    case(
        "TEST09 with too short answers",
        put(
            f"{G}/TEST09/verify_output_len.txt",
            "Mean output tokens: 980.45\nMin threshold: 1150.38\nMax threshold: 1406.02\n"
            "TEST PASS\n",
        ),
        "CMP024",
        "ok",
        "answers",
    ),
    case(
        "TEST09 with too long answers",
        put(
            f"{G}/TEST09/verify_output_len.txt",
            "Mean output tokens: 1480.45\nMin threshold: 1150.38\nMax threshold: 1406.02\n"
            "TEST PASS\n",
        ),
        "CMP024",
        "ok",
        "answers",
    ),
    case(
        "TEST09 of other answers",
        put(
            f"{G}/TEST09/verify_output_len.txt",
            "Mean output tokens: 1151.00\nMin threshold: 1150.38\nMax threshold: 1406.02\n"
            "TEST PASS\n",
        ),
        "CMP025",
        "ok",
        "answers",
    ),
    case(
        "TEST07 below its threshold",
        put(
            f"{G}/TEST07/verify_accuracy.txt",
            "'exact_match': 41.717\nAccuracy score: 61.717\nAccuracy threshold: 60.698\n"
            "TEST PASS\n",
        ),
        "CMP024",
        "ok",
        "answers",
    ),
    case(
        "TEST07 failed",
        put(f"{G}/TEST07/verify_accuracy.txt", "TEST FAIL"),
        "CMP021",
        "refused",
        "answers",
    ),
    case("pictures", removed(f"{P}/accuracy/images"), "CMP023", "refused", "pictures"),
    case("one picture", removed(f"{P}/accuracy/images/1311.png"), "CMP023", "refused", "pictures"),
    case(
        "TEST01 of resnet no pass",
        put(f"{E}/SingleStream/TEST01/verify_performance.txt", "TEST FAIL"),
        "CMP003",
        "refused",
        "edge",
    ),
    case(
        "TEST01 log missing",
        removed(f"{E}/SingleStream/TEST01/performance/run_1/{DETAIL}"),
        "LOG002",
        "refused",
        "edge",
    ),
    case("multistream missing", removed(f"{E}/MultiStream"), "BEN005", "refused", "edge"),
    case(
        "open accuracy low",
        replaced(f"{FREE}/accuracy/accuracy.txt", "'rouge1': 45.0", "'rouge1': 4.0"),
        "ACC008 ACC029",
        "ok",
        "open",
    ),
    case("open mapping", removed("open/Kit/model_mapping.json"), "BEN001", "refused", "open"),
    case(
        "open mapping no json", put("open/Kit/model_mapping.json", "{"), "TRE040", "crash", "open"
    ),
    case(
        "open data set",
        ran(f"{FREE}/accuracy", qsl_reported_total_count=24000),
        "ACC016 LOG023",
        "refused",
        "open",
    ),
)
