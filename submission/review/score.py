"""Scores a full accuracy log again and compares F1 and exact match with the tree's claims."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from submission.errors import FindingsError, UsageError
from submission.files import sha256_of
from submission.loadgen.answer_layout import AnswerLayout
from submission.loadgen.names import ACCURACY_FILE
from submission.loadgen.truncate import truncate_log
from submission.mounts import LOGS
from submission.policy import Policy
from submission.review.comparison import Line, equal_line
from submission.review.data import load_questions
from submission.squad.score import score_run
from submission.terms import Mode, RunId
from submission.tree.finished import ClaimedCell
from submission.wording import counted
from submission.workspace.folders import DEFAULT_WORKSPACE, RUNS, run_place


def claimed_by(found: Iterable[ClaimedCell], log: Path) -> ClaimedCell:
    """The result whose accuracy.txt has the hash of ``log``; FindingsError if none has."""
    cells = list(found)
    digest = _sha256(log, cells[0] if len(cells) == 1 else None)
    for cell in cells:
        if cell.claimed_accuracy.log_sha256 == digest:
            return cell
    raise FindingsError(
        "no accuracy.txt of the tree has the hash of this log",
        detail=f"{log}: sha256 {digest}; {counted(len(cells), 'result')} compared",
        hint="use --benchmark and --scenario to compare it with one of them anyway",
    )


def rescore(
    cell: ClaimedCell,
    log: Path,
    folders: Iterable[Path],
    policy: Policy,
    layout: AnswerLayout | None = None,
) -> list[Line]:
    """Hash, F1, exact match and the truncated log, each claimed and recomputed.

    ``folders`` may hold the data set; ``layout`` is that of the log's answers. Raises StageError
    for a log that cannot be scored.
    """
    claimed = cell.claimed_accuracy
    questions = load_questions(cell, folders)
    digest = _sha256(log, cell)
    score = score_run(questions.dataset, questions.features, log, layout=layout)
    taken = cell.metadata(Mode.ACCURACY)["harness"].get("digests", {}).get("logs", {})
    recorded = [
        equal_line("hash, by the harness", taken[name], digest)
        for name in taken
        if name == ACCURACY_FILE
    ]
    return [
        equal_line("hash", claimed.log_sha256, digest),
        *recorded,
        equal_line("F1", claimed.f1, score.f1),
        equal_line("exact match", claimed.exact_match, score.exact_match),
        _excerpt(cell, log, policy),
    ]


def _excerpt(cell: ClaimedCell, log: Path, policy: Policy) -> Line:
    """Compare the tree's truncated log with the full one."""
    limits = policy.accuracy_log
    with tempfile.TemporaryDirectory(prefix="score-") as folder:
        cut = Path(folder) / cell.accuracy_log.name
        truncate_log(
            log,
            cut,
            limit_bytes=limits.max_bytes,
            head_bytes=limits.head_bytes,
            tail_bytes=limits.tail_bytes,
            ellipsis=limits.ellipsis,
        )
        try:
            in_tree = sha256_of(cell.accuracy_log)
        except OSError:
            in_tree = "missing"
        return equal_line("log in the tree", in_tree, sha256_of(cut))


def _sha256(log: Path, cell: ClaimedCell | None) -> str:
    try:
        return sha256_of(log)
    except OSError as error:
        raise UsageError(
            "the accuracy log cannot be read",
            detail=f"{log}: {error.strerror or error}",
            hint=f"name the whole log: --log FILE, or -v FILE:{LOGS}/{ACCURACY_FILE}:ro with the "
            f"image; whoever measured has it in {_usual_place(cell)}",
        ) from error


def _usual_place(cell: ClaimedCell | None) -> str:
    """Where a workspace of the kit has the whole log of a result; of None, of any."""
    if cell is None:
        place = f"{RUNS}/<profile>/<benchmark>/<scenario>/{Mode.ACCURACY}"
    else:
        run = RunId(benchmark=cell.benchmark, scenario=cell.scenario, mode=Mode.ACCURACY)
        place = str(run_place(cell.metadata(Mode.ACCURACY)["profile"], run))
    return f"{DEFAULT_WORKSPACE}/{place}/{ACCURACY_FILE} (or another WORKSPACE)"
