"""Forgeries of published submissions, by the means of those of recorded ones."""

from dataclasses import dataclass

from tests.fakes.submission_tree import SubmissionTree
from tests.recorded.forgeries import (
    COMPLETED,
    COUNTS,
    QUERY_COUNTS,
    RATE,
    RUN,
    SCHEDULED,
    TEST05_SEEDS,
    Forgery,
    as_fast_as_counted,
    shorter,
    times_as_fast,
)
from tests.recorded.forging import all_of, copied, edited, ended, scaled, words

INTEL, SIMA = "open/Intel", "closed/SiMa"
MODEL = f"{INTEL}/results/1-node-2S-SPR-OpenVINO-INT8/bert-99_jpqd-large"
OFFLINE, SERVER = f"{MODEL}/Offline/{RUN}", f"{MODEL}/Server/{RUN}"
SINGLE = f"{SIMA}/results/davinci_dualm2/resnet50/SingleStream/{RUN}"
TESTS = f"{SIMA}/compliance/davinci_dualm2/resnet50/SingleStream"


def _shorter_by_a_second(tree: SubmissionTree) -> None:
    """All of the run's figures, and the end of the run."""
    all_of(shorter(OFFLINE, 10), ended(OFFLINE, -10))(tree)


def _compared(test: str, rules: str, **settings: object) -> Forgery:
    return Forgery(
        name=f"{test} of a board: its performance run, with the settings of the test",
        variety=SIMA,
        forge=all_of(
            copied(SINGLE, f"{TESTS}/{test}/{RUN}"), edited(f"{TESTS}/{test}/{RUN}", **settings)
        ),
        rules=rules,
    )


@dataclass(frozen=True, kw_only=True)
class Unseeable:
    """A forgery that was tried on published submissions and raises nothing, with the reason."""

    name: str
    variety: str
    why_not: str


CUT_LOG = "the accuracy log is cut by the rules, so that the score cannot be computed again"
UNSEEABLE = (
    Unseeable(
        name="accuracy: every ROUGE by 8 % higher, in the order that they have",
        variety="v6.0, llama2-70b",
        why_not=CUT_LOG,
    ),
    Unseeable(
        name="accuracy: a higher exact match and rougeL, each in the one line that has it",
        variety="v5.1, llama3.1-405b",
        why_not=f"{CUT_LOG}; its script prints nothing that these follow from",
    ),
    Unseeable(
        name="accuracy: a higher mAP, within what the other precisions and the recall allow",
        variety="v6.0, yolo",
        why_not=f"{CUT_LOG}; the table gives two of the ten precisions whose mean it is",
    ),
    Unseeable(
        name="accuracy: more right answers in the table, and every line that follows from it",
        variety="v6.0, gpt-oss-120b",
        why_not=CUT_LOG,
    ),
    Unseeable(
        name="Server: one and a half times the rate, with the seed's schedule and every clock",
        variety="v6.0, llama2-70b",
        why_not="the schedule is public, all clocks are in the log that was forged, and there is no"
        " compliance run whose rate is known",
    ),
    Unseeable(
        name="Server: the last query answered at once, which raises the completed rate",
        variety="v6.0, llama2-70b",
        why_not="no latency is logged with its query, so that the last answer is known by the rate"
        " and the end of the run alone",
    ),
    Unseeable(
        name="power: idle samples swapped into the run, with every sum and count as it was",
        variety="v3.0, bert-99 of an edge system",
        why_not="what a system draws when is known by the samples alone; their digest is no"
        " signature",
    ),
    Unseeable(
        name="power: half of the watts and amperes of both runs, with PTD's log, the ranges and"
        " server.json",
        variety="v3.0, bert-99 of an edge system",
        why_not="all that the analyzer said went through files that the submitter holds; their"
        " digests are no signatures",
    ),
)

FORGERIES = (
    Forgery(
        name="Offline of a server: a higher result in both logs",
        variety=INTEL,
        forge=scaled(OFFLINE, 1.1, RATE),
        rules="PRF018",
    ),
    Forgery(
        name="Offline of a server: every latency and the result, the end of the run as it was",
        variety=INTEL,
        forge=shorter(OFFLINE, 10),
        rules="PRF024",
    ),
    Forgery(
        name="Offline of a server: every latency, the result and the end of the run",
        variety=INTEL,
        forge=_shorter_by_a_second,
        rules="LOG027",
    ),
    Forgery(
        name="Offline of a server: more samples, and the result that they give",
        variety=INTEL,
        forge=all_of(scaled(OFFLINE, 1.1, *COUNTS), as_fast_as_counted(OFFLINE)),
        rules="LOG022",
    ),
    Forgery(
        name="Server of a server: a higher result and as many more queries",
        variety=INTEL,
        forge=scaled(SERVER, 1.1, SCHEDULED, COMPLETED, *QUERY_COUNTS),
        rules="LOG025 PRF018",
    ),
    Forgery(
        name="SingleStream of a board: a lower estimate, in LoadGen's words too",
        variety=SIMA,
        forge=all_of(scaled(SINGLE, 0.8, "early_stopping_latency_ss"), words(SINGLE)),
        rules="PRF019 CMP016 CMP018 PWR009",
    ),
    Forgery(
        name="SingleStream of a board: every latency halved, twice as many queries",
        variety=SIMA,
        forge=times_as_fast(SINGLE, 2, queries=2),
        rules="CMP016 CMP018 PWR009",
    ),
    _compared("TEST01", "CMP017 TRE044", effective_accuracy_log_sampling_target=4096),
    _compared("TEST04", "CMP017 TRE044"),
    _compared("TEST05", "CMP017 TRE044", **TEST05_SEEDS),
)
