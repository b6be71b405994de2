"""The recorded runs: what LoadGen was asked for, and how slow the SUT that answers nothing was.

A run takes as long as the rules ask for, ten minutes and more: nothing in its log is shortened.
"""

from dataclasses import dataclass, replace

from submission.terms import Mode, Scenario

SINGLE, MULTI = Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM
OFFLINE, SERVER = Scenario.OFFLINE, Scenario.SERVER
OWN_ROUND = "v5.0"
"""The round of the LoadGen at hand: it brings the mlperf.conf of this one."""


@dataclass(frozen=True, kw_only=True)
class RealRun:
    """One run; ``user`` are the lines of its user.conf, without model and scenario.

    ``delay_ms`` is how long a query takes, ``jitter_ms`` how much longer at most; in Offline the
    answers come evenly over that time. ``audit`` are the lines of audit.config.
    """

    name: str
    benchmark: str
    scenario: Scenario
    round: str = "v3.0"
    mode: Mode = Mode.PERFORMANCE
    user: tuple[str, ...] = ()
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    test: str = ""
    audit: tuple[str, ...] = ()
    whole: bool = False
    """Mode SubmissionRun: accuracy and performance in one."""

    @property
    def measures_alone(self) -> bool:
        """Whether it is a performance run and no part of another result."""
        return self.mode is Mode.PERFORMANCE and not self.test and not self.whole


AUDITS = {
    "TEST01": (
        "*.*.accuracy_log_rng_seed = 720381539243781796",
        "*.*.accuracy_log_sampling_target = 4096",
    ),
    "TEST04": ("*.*.performance_issue_same = 1", "*.*.performance_issue_same_index = 3"),
    "TEST05": (),
}


def tests_of(run: RealRun, *names: str) -> list[RealRun]:
    """The same run under the settings of compliance tests."""
    return [
        replace(run, name=f"{run.name}-{name.lower()}", test=name, audit=AUDITS[name])
        for name in names
    ]


def _run(name: str, benchmark: str, scenario: Scenario, *user: str, **more: object) -> RealRun:
    return replace(
        RealRun(name=name, benchmark=benchmark, scenario=scenario, user=user),
        **more,  # type: ignore[arg-type]
    )


RESNET_SINGLE = _run("resnet-single", "resnet", SINGLE, "target_latency = 20", delay_ms=20)
RESNET_MULTI = _run("resnet-multi", "resnet", MULTI, "target_latency = 40", delay_ms=40)
RESNET_OFFLINE = _run("resnet-offline", "resnet", OFFLINE, "target_qps = 45", delay_ms=612_000)
BERT_OFFLINE = _run("bert-offline", "bert-99", OFFLINE, "target_qps = 50", delay_ms=611_000)
BERT_SERVER = _run("bert-server", "bert-99", SERVER, "target_qps = 470", delay_ms=20)
SINGLE_50 = replace(RESNET_SINGLE, name="resnet-single-v5.0", round=OWN_ROUND)
MULTI_50 = replace(RESNET_MULTI, name="resnet-multi-v5.0", round=OWN_ROUND)
OFFLINE_50 = replace(RESNET_OFFLINE, name="resnet-offline-v5.0", round=OWN_ROUND)

PERFORMANCE = (
    RESNET_SINGLE,
    *tests_of(RESNET_SINGLE, "TEST01", "TEST04", "TEST05"),
    RESNET_MULTI,
    *tests_of(RESNET_MULTI, "TEST01", "TEST04", "TEST05"),
    RESNET_OFFLINE,
    *tests_of(RESNET_OFFLINE, "TEST01", "TEST04", "TEST05"),
    BERT_OFFLINE,
    *tests_of(BERT_OFFLINE, "TEST01", "TEST05"),
    BERT_SERVER,
    *tests_of(BERT_SERVER, "TEST01", "TEST05"),
    _run(
        "resnet-single-uneven",
        "resnet",
        SINGLE,
        "target_latency = 9.5",
        delay_ms=5,
        jitter_ms=10,
    ),
    _run("resnet-single-fast", "resnet", SINGLE, "target_latency = 1", delay_ms=1),
    _run("resnet-single-slow", "resnet", SINGLE, "target_latency = 650", delay_ms=650),
    _run(
        "resnet-single-longer",
        "resnet",
        SINGLE,
        "min_duration = 650000",
        "target_latency = 30",
        delay_ms=30,
    ),
    _run(
        "resnet-single-more",
        "resnet",
        SINGLE,
        "min_query_count = 30000",
        "target_latency = 22",
        delay_ms=22,
    ),
    _run(
        "resnet-single-2048",
        "resnet",
        SINGLE,
        "performance_sample_count_override = 2048",
        delay_ms=35,
    ),
    _run(
        "resnet-single-limits",
        "resnet",
        SINGLE,
        "max_duration = 900000",
        "max_query_count = 100000",
        "target_latency = 25",
        delay_ms=25,
    ),
    _run("retinanet-single", "retinanet", SINGLE, "target_latency = 28", delay_ms=25, jitter_ms=5),
    _run("retinanet-multi-slow", "retinanet", MULTI, "target_latency = 930", delay_ms=930),
    _run("retinanet-multi", "retinanet", MULTI, "target_latency = 70", delay_ms=50, jitter_ms=30),
    _run("rnnt-single", "rnnt", SINGLE, "target_latency = 12", delay_ms=8, jitter_ms=8),
    _run("bert-single", "bert-99", SINGLE, "target_latency = 12", delay_ms=12),
    _run("unet-single", "3d-unet-99", SINGLE, "target_latency = 1200", delay_ms=600),
    _run("unet-offline", "3d-unet-99", OFFLINE, "target_qps = 0.06", delay_ms=640_000),
    _run("unet-offline-more", "3d-unet-99", OFFLINE, "target_qps = 60", delay_ms=640_000),
    _run("bert-offline-least", "bert-99", OFFLINE, "target_qps = 1", delay_ms=603_000),
    _run(
        "bert-offline-longer",
        "bert-99",
        OFFLINE,
        "min_duration = 660000",
        "target_qps = 77.7",
        delay_ms=663_000,
    ),
    _run(
        "rnnt-offline",
        "rnnt",
        OFFLINE,
        "min_query_count = 30000",
        "target_qps = 20",
        delay_ms=620_000,
    ),
    _run(
        "retinanet-offline",
        "retinanet",
        OFFLINE,
        "target_qps = 41.25",
        "performance_sample_count_override = 100",
        delay_ms=650_000,
    ),
    _run(
        "bert-server-more",
        "bert-99",
        SERVER,
        "min_query_count = 300000",
        "target_qps = 495.5",
        delay_ms=15,
    ),
    _run(
        "retinanet-server",
        "retinanet",
        SERVER,
        "target_qps = 455.5",
        "target_latency = 90",
        delay_ms=10,
        jitter_ms=20,
    ),
    _run(
        "rnnt-server",
        "rnnt",
        SERVER,
        "target_qps = 460",
        "coalesce_queries = 1",
        delay_ms=100,
        jitter_ms=100,
    ),
    SINGLE_50,
    *tests_of(SINGLE_50, "TEST01", "TEST04"),
    MULTI_50,
    *tests_of(MULTI_50, "TEST01", "TEST04"),
    OFFLINE_50,
    *tests_of(OFFLINE_50, "TEST01", "TEST04"),
    _run(
        "bert-offline-v5.0",
        "bert-99",
        OFFLINE,
        "target_qps = 10",
        delay_ms=610_000,
        round=OWN_ROUND,
    ),
    _run("bert-single-v5.0", "bert-99", SINGLE, delay_ms=18, round=OWN_ROUND),
    _run(
        "unet-single-v5.0",
        "3d-unet-99",
        SINGLE,
        "target_latency = 1500",
        delay_ms=1500,
        round=OWN_ROUND,
    ),
    _run(
        "unet-offline-v5.0",
        "3d-unet-99",
        OFFLINE,
        "target_qps = 0.1",
        delay_ms=625_000,
        round=OWN_ROUND,
    ),
    _run(
        "retinanet-server-v5.0",
        "retinanet",
        SERVER,
        "target_qps = 100",
        delay_ms=30,
        jitter_ms=10,
        round=OWN_ROUND,
    ),
    _run(
        "llama2-offline-v5.0",
        "llama2-70b-99",
        OFFLINE,
        "target_qps = 5",
        delay_ms=630_000,
        round=OWN_ROUND,
    ),
    _run(
        "llama2-server-v5.0",
        "llama2-70b-99",
        SERVER,
        "target_qps = 20",
        delay_ms=400,
        jitter_ms=100,
        round=OWN_ROUND,
    ),
    replace(BERT_OFFLINE, name="bert-offline-whole", whole=True),
)
# Every benchmark and scenario of a performance run has an accuracy run, too
ACCURACY = tuple(
    RealRun(
        name=f"{benchmark}-{scenario}-{edition}-accuracy",
        benchmark=benchmark,
        scenario=scenario,
        round=edition,
        mode=Mode.ACCURACY,
        user=("target_qps = 5000",) if scenario is SERVER else (),
    )
    for benchmark, scenario, edition in dict.fromkeys(
        (run.benchmark, run.scenario, run.round) for run in PERFORMANCE
    )
)
RUNS = {run.name: run for run in (*PERFORMANCE, *ACCURACY)}
