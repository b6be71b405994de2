"""Breaks of accuracy runs (ACC)."""

import hashlib

from submission.terms import Scenario
from tests.fakes.loadgen_logs import accuracy_log, truncated
from tests.fakes.loadgen_run import run_values
from tests.fakes.submission_tree import SubmissionTree
from tests.tree.edits import Break, Edit, added, both, copied, prefixed, put, ran, removed, replaced
from tests.tree.places import OFFLINE

A = "open/Kit/results/node/sparse-bert/Offline/accuracy"
C = "closed/Kit/results/node/bert-99/Offline/accuracy"
BOARD = "closed/Kit/results/board/resnet50/SingleStream/accuracy"
TEXT, LOG = f"{A}/accuracy.txt", f"{A}/mlperf_log_accuracy.json"
LINE = '{"exact_match": 82.5, "f1": 90.2}'
WHOLE = accuracy_log("short", 20)


def _line(new: str, folder: str = A) -> Edit:
    return replaced(f"{folder}/accuracy.txt", LINE, new)


def _digest(new: str) -> Edit:
    def edit(tree: SubmissionTree) -> None:
        tree.write(TEXT, f"{LINE}\nhash={new}\n")

    return edit


def _both_runs(tree: SubmissionTree) -> None:
    """An accuracy run that is followed by a performance run, in one log."""
    sets = [*tree.logged[A]["loaded_qsl_set"], *tree.logged[OFFLINE]["loaded_qsl_set"]]
    modes = dict.fromkeys(("requested_test_mode", "effective_test_mode"), "SubmissionRun")
    values = run_values(tree.policy, "bert-99", Scenario.OFFLINE, label=A)
    tree.run(A, values | modes | {"loaded_qsl_set": sets})


def _last_one_counts(tree: SubmissionTree) -> None:
    """A second accuracy before the digest."""
    text = tree.read(f"{C}/accuracy.txt")
    second = LINE.replace("90.2", "85.2")
    tree.write(f"{C}/accuracy.txt", text.replace(LINE, f"{LINE}\n{second}"))


def _inferred_with_another_score(tree: SubmissionTree) -> None:
    """The accuracy log of SingleStream for Offline, with a better score."""
    other = BOARD.replace("SingleStream", "Offline")
    copied(f"{BOARD}/mlperf_log_accuracy.json", f"{other}/mlperf_log_accuracy.json")(tree)
    text = tree.read(f"{BOARD}/accuracy.txt")
    better = text.replace("accuracy=76.000%, good=38000", "accuracy=76.100%, good=38050")
    tree.write(f"{other}/accuracy.txt", better)


TEXTS = (
    Break("an empty accuracy.txt", "open", put(TEXT, ""), "ACC002"),
    Break(
        "an empty accuracy.txt in closed",
        "closed",
        put(f"{C}/accuracy.txt", ""),
        "ACC002",
        "refused",
    ),
    Break("no accuracy.txt", "open", removed(TEXT), "ACC001", "refused"),
    Break("accuracy.txt is not UTF-8", "open", prefixed(TEXT, b"\xff\n"), "ACC002", "crash"),
    Break("no accuracy in closed", "closed", _line("accuracy unknown", C), "ACC003", "refused"),
    Break("no accuracy in open", "open", _line("accuracy unknown"), "ACC003"),
    Break(
        "an accuracy that is no number", "open", _line('{"exact_match": 82.5, "f1": NaN}'), "ACC004"
    ),
    Break("an accuracy of 902", "open", _line('{"exact_match": 82.5, "f1": 902.0}'), "ACC004"),
    Break(
        "an accuracy with two points",
        "open",
        _line('{"exact_match": 82.5, "f1": 90.94.47}'),
        "ACC004",
        "crash",
    ),
    Break(
        "an accuracy behind a byte order mark", "open", prefixed(TEXT, b"\xef\xbb\xbf"), "ACC027"
    ),
    Break(
        "an accuracy behind a byte order mark in closed",
        "closed",
        prefixed(f"{C}/accuracy.txt", b"\xef\xbb\xbf"),
        "ACC006",
        "refused",
    ),
    Break(
        "an accuracy behind what a logger writes in closed",
        "closed",
        prefixed(f"{C}/accuracy.txt", b"INFO:root:"),
        "ACC006",
        "refused",
    ),
    Break("an accuracy in words", "open", _line("EM is 82.5, F1 score: 90.2 %"), "ACC003"),
    Break("an accuracy with a name", "open", _line("F1 = 90.2 %"), "ACC027"),
    Break(
        "an accuracy in another form below the target",
        "closed",
        _line("F1 = 60.2 %", C),
        "ACC006 ACC007",
        "refused",
    ),
    Break(
        "two accuracies of which the last one counts",
        "closed",
        _last_one_counts,
        "ACC005 ACC007",
        "refused",
    ),
    Break("two accuracies", "open", added(TEXT, '{"exact_match": 82.5, "f1": 89.9}\n'), "ACC005"),
    Break(
        "the keys in another order in open",
        "open",
        _line('{"f1": 90.2, "exact_match": 82.5}'),
        "ACC027",
    ),
    Break(
        "the keys in another order in closed",
        "closed",
        _line('{"f1": 90.2, "exact_match": 82.5}', C),
        "ACC006",
        "refused",
    ),
    Break(
        "an accuracy below the target in closed",
        "closed",
        _line('{"exact_match": 82.5, "f1": 89.96}', C),
        "ACC007",
        "refused",
    ),
    Break(
        "an accuracy at the target in closed",
        "closed",
        _line('{"exact_match": 82.5, "f1": 89.96526}', C),
        "",
    ),
    Break(
        "an accuracy below the target in open",
        "open",
        _line('{"exact_match": 40.5, "f1": 50.0}'),
        "ACC008",
    ),
    Break("an exact match above F1", "open", _line('{"exact_match": 92.5, "f1": 90.2}'), "ACC020"),
    Break(
        "a share that is not its parts",
        "edge",
        replaced(f"{BOARD}/accuracy.txt", "accuracy=76.000%", "accuracy=77.000%"),
        "ACC020 TRE045",
    ),
    Break(
        "a share that is rounded in another way",
        "edge",
        replaced(f"{BOARD}/accuracy.txt", "accuracy=76.000%", "accuracy=76.001%"),
        "ACC020 TRE045",
    ),
    Break(
        "a share of fewer samples than there were",
        "edge",
        replaced(f"{BOARD}/accuracy.txt", "good=38000, total=50000", "good=3800, total=5000"),
        "ACC028",
    ),
    Break(
        "an exact match that is no share of the questions",
        "open",
        _line('{"exact_match": 82.50236518441439, "f1": 90.2}'),
        "ACC029",
    ),
    Break(
        "an exact match that is one",
        "open",
        _line(f'{{"exact_match": {100 * 8721 / 10570}, "f1": 90.2}}'),
        "",
    ),
)

LOGS = (
    Break("no digest in open", "open", put(TEXT, f"{LINE}\n"), "ACC009"),
    Break(
        "no digest in closed", "closed", put(f"{C}/accuracy.txt", f"{LINE}\n"), "ACC009", "refused"
    ),
    Break("no accuracy log", "open", removed(LOG), "ACC010"),
    Break(
        "no accuracy log in closed",
        "closed",
        removed(f"{C}/mlperf_log_accuracy.json"),
        "ACC010",
        "refused",
    ),
    Break("a whole log of 44 kB", "open", put(LOG, accuracy_log(A)), "ACC011"),
    Break(
        "a whole log of 44 kB in closed",
        "closed",
        put(f"{C}/mlperf_log_accuracy.json", accuracy_log(C)),
        "ACC011",
        "refused",
    ),
    Break("a log cut in another way", "open", put(LOG, accuracy_log(A)[:8000]), "ACC012"),
    Break("an empty accuracy log", "open", put(LOG, ""), "ACC012"),
    Break(
        "a log cut with Windows' line ends",
        "open",
        put(LOG, truncated(accuracy_log(A)).replace(b"\n", b"\r\n")),
        "",
    ),
    Break(
        "a log cut to other lengths",
        "open",
        put(LOG, accuracy_log(A)[:2048] + b"\n\n...\n\n" + accuracy_log(A)[-2048:]),
        "ACC023",
    ),
    Break("a digest of 40 digits", "open", _digest("0" * 40), "ACC013"),
    Break("a digest in other letters", "open", _digest("g" * 64), "ACC013"),
    Break("a digest behind a blank", "open", replaced(TEXT, "hash=", "hash = "), "ACC024"),
    Break("two digests", "open", added(TEXT, f"hash={'0' * 64}\n"), "ACC014"),
    Break(
        "a short log with its digest",
        "open",
        both(put(LOG, WHOLE), _digest(hashlib.sha256(WHOLE).hexdigest())),
        "",
    ),
    Break(
        "a short log with another digest",
        "open",
        both(put(LOG, WHOLE), _digest("0" * 64)),
        "ACC015",
    ),
    Break(
        "a short log with Windows' line ends",
        "open",
        both(put(LOG, WHOLE.replace(b"\n", b"\r\n")), _digest(hashlib.sha256(WHOLE).hexdigest())),
        "",
    ),
    Break(
        "a digest that is one",
        "open",
        _digest("1" * 64),
        "ACC022",
    ),
    Break(
        "the digest of the other scenario",
        "open",
        _digest(hashlib.sha256(accuracy_log(A.replace("Offline", "Server"))).hexdigest()),
        "ACC022 TRE036",
    ),
    Break(
        "the digest of the cut log",
        "open",
        _digest(hashlib.sha256(truncated(accuracy_log(A))).hexdigest()),
        "ACC021",
    ),
    Break(
        "part of the data set",
        "open",
        ran(A, qsl_reported_total_count=725, loaded_qsl_set=[725]),
        "ACC016",
    ),
    Break(
        "an accuracy run that goes on to a performance run",
        "open",
        _both_runs,
        "",
    ),
    Break("a better score of the same log", "edge", _inferred_with_another_score, "TRE037"),
    Break(
        "a better score of an inferred result",
        "edge",
        replaced(
            BOARD.replace("SingleStream", "Offline") + "/accuracy.txt",
            "accuracy=76.000%, good=38000",
            "accuracy=77.000%, good=38500",
        ),
        "TRE045",
    ),
    Break("another SUT in the accuracy run", "open", ran(A, sut_name="Other"), "ACC018"),
    Break(
        "another LoadGen in the accuracy run",
        "open",
        ran(A, loadgen_version="3.0 @ b1c4cb972d"),
        "ACC019",
    ),
)

BREAKS = (*TEXTS, *LOGS)
