"""Forgeries of published submissions, by the means of those of recorded ones."""

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
    _compared("TEST04", "CMP017 TRE034 TRE044"),
    _compared("TEST05", "CMP017 TRE044", **TEST05_SEEDS),
)
