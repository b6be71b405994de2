"""Repeats a measurement with the tree's own conf, model and data, and compares the figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from submission.artifacts.manifest import Manifest
from submission.artifacts.rejoin import rejoin
from submission.artifacts.verify import verify
from submission.loadgen.answers import visible_answers
from submission.loadgen.names import ACCURACY_FILE
from submission.policy import Policy
from submission.review.built import built
from submission.review.busy import Others, explained
from submission.review.claim import claimed_settings, quick_settings
from submission.review.comparison import Line, differing, equal_line
from submission.review.data import Questions, load_questions
from submission.review.differences import host_differences, source_differences
from submission.review.rates import bound_line, rate_lines, validity_line
from submission.review.rerun import Bench, rerun
from submission.runs.outcome import RunReport
from submission.squad.score import score_run
from submission.terms import LoadgenSettings, Mode
from submission.tree.finished import ClaimedCell
from submission.wording import counted

# a quick run scores at most this many samples; a larger data set is compared answer by answer
QUICK_SCORED = 500


class Reproduced(StrEnum):
    """What a reproduction came to."""

    WITHIN = "within the tolerance"
    OUTSIDE = "OUTSIDE the tolerance"
    UNDECIDED = "cannot be decided here: load or spread may explain what is outside"


@dataclass(frozen=True, kw_only=True)
class ReproduceOptions:
    """The reviewer's options: tolerance (0.05 is 5 %), repetitions, and whether to be quick."""

    tolerance: float
    repeat: int
    quick: bool


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """The comparisons, and the differences of this machine that may explain them.

    ``others_share`` is what other processes took of the processors while it ran, from 0 to 1.
    """

    lines: tuple[Line, ...]
    differences: tuple[str, ...]
    others_share: float = 0.0

    @property
    def outcome(self) -> Reproduced:
        """Within if no comparison failed; what load and spread may explain is undecided."""
        failed = [line for line in self.lines if line.good is False]
        if not failed:
            return Reproduced.WITHIN
        open_ = all(line.timed and self._explained(line) for line in failed)
        return Reproduced.UNDECIDED if open_ else Reproduced.OUTSIDE

    def _explained(self, line: Line) -> bool:
        if line.ratio is None:
            return self.others_share > 0
        return explained(line.ratio, line.allowed, share=self.others_share, spread=line.spread)


def model_folder(cell: ClaimedCell, given: Iterable[Path], scratch: Path) -> tuple[Path, Manifest]:
    """A folder of the model's joined files: a correct one of ``given``, else joined in scratch."""
    parts, manifest = cell.model()
    for folder in (place / cell.benchmark for place in given):
        if folder.is_dir() and not verify(manifest, folder):
            return folder, manifest
    target = scratch / "model"
    rejoin(manifest, parts, target)
    return target, manifest


def reproduce(
    bench: Bench, policy: Policy, options: ReproduceOptions, folders: Iterable[Path]
) -> Reproduction:
    """Performance, then accuracy; raises StageError if a run fails."""
    questions = load_questions(bench.cell, folders)
    settings = claimed_settings(bench.cell, policy, bench.rules.loadgen_model)
    others = Others()
    runs = list(_performance(bench, policy, options, questions, settings, others=others))
    lines = [
        *rate_lines(bench.cell, policy, runs, options.tolerance, quick=options.quick),
        *bound_line(bench.cell, settings, runs),
        validity_line(bench.cell, runs, quick=options.quick),
        *_accuracy(bench, options, questions, settings),
    ]
    differences = (
        *source_differences(bench.cell.metadata(Mode.PERFORMANCE), built()),
        *host_differences(bench.cell, runs[0].values),
    )
    return Reproduction(lines=tuple(lines), differences=differences, others_share=others.share)


def _performance(
    bench: Bench,
    policy: Policy,
    options: ReproduceOptions,
    questions: Questions,
    settings: LoadgenSettings,
    *,
    others: Others,
) -> Iterator[RunReport]:
    if options.quick:
        key = policy.scenarios[bench.cell.scenario].result_key
        settings = quick_settings(settings, float(bench.cell.claimed_log.number(key) or 1))
    for number in range(1, options.repeat + 1):
        bench.say(f"performance run {number} of {options.repeat}: {_size(settings)}")
        with others.watched():
            done = rerun(
                bench,
                f"performance_{number}",
                mode=Mode.PERFORMANCE,
                settings=settings,
                features=questions.features,
                own_conf=not options.quick,
            )
        yield done


def _size(settings: LoadgenSettings) -> str:
    seconds = f"at least {settings.min_duration_ms / 1000:g} s"
    if settings.samples_per_query is not None:
        return f"{seconds}, {settings.samples_per_query} samples or more"
    return f"{seconds}, {settings.min_query_count} queries or more"


def _accuracy(
    bench: Bench, options: ReproduceOptions, questions: Questions, settings: LoadgenSettings
) -> list[Line]:
    if options.quick and len(questions.features) > QUICK_SCORED:
        return _some_answers(bench, questions, settings)
    bench.say(f"accuracy run: {counted(len(questions.features), 'sample')}")
    run = rerun(
        bench,
        "accuracy",
        mode=Mode.ACCURACY,
        settings=settings,
        features=questions.features,
        own_conf=True,
    )
    claimed = bench.cell.claimed_accuracy
    score = score_run(questions.dataset, questions.features, run.folder / ACCURACY_FILE)
    return [
        equal_line("F1", claimed.f1, score.f1),
        equal_line("exact match", claimed.exact_match, score.exact_match),
    ]


def _some_answers(bench: Bench, questions: Questions, settings: LoadgenSettings) -> list[Line]:
    """Run only the samples whose answers are in the truncated log."""
    content = bench.cell.accuracy_log.read_bytes()
    claimed = {i: x for i, x in visible_answers(content).items() if i < len(questions.features)}
    if not claimed:
        line = Line(what="answers", claimed="none shown", found="not run", verdict="not compared")
        return [line]
    order = sorted(claimed)
    bench.say(f"accuracy run: {counted(len(order), 'sample')}, those in the tree's log")
    run = rerun(
        bench,
        "accuracy",
        mode=Mode.ACCURACY,
        settings=replace(settings, performance_sample_count=len(order)),
        features=questions.features.some(order),
        own_conf=False,
    )
    answers = visible_answers((run.folder / ACCURACY_FILE).read_bytes())
    odd = differing(claimed, {order[place]: data for place, data in answers.items()})
    return [
        Line(
            what="answers",
            claimed=f"{len(claimed)} in the log",
            found=f"{len(claimed) - len(odd)} equal",
            verdict="NOT equal" if odd else "equal to the last bit; F1 needs a run without --quick",
            good=not odd,
        )
    ]
