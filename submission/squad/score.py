"""The score of an accuracy run, equal to the MLPerf v3.0 reference scorer's to the last digit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from submission.errors import StageError
from submission.loadgen.answer_layout import AnswerLayout
from submission.loadgen.answers import read_logits
from submission.squad.answer import answer_texts
from submission.squad.dataset import Dataset
from submission.squad.features import Features
from submission.squad.question_scores import QuestionScores, question_scores
from submission.squad.span import SpanSettings, best_spans


@dataclass(frozen=True, kw_only=True)
class Score:
    """``exact_match`` and ``f1`` in percent, means of ``questions``.

    ``predictions`` are question id -> answer text.
    """

    exact_match: float
    f1: float
    questions: QuestionScores
    predictions: Mapping[str, str]


def score_run(
    dataset: Dataset,
    features: Features,
    log_path: Path,
    settings: SpanSettings | None = None,
    *,
    layout: AnswerLayout | None = None,
) -> Score:
    """Score ``mlperf_log_accuracy.json``, whose ``qsl_idx`` are indices of ``features``.

    ``layout`` is that of its answers.

    Raises StageError if the features were made from another data set, and for every log that
    ``read_logits`` refuses.
    """
    if features.dataset_sha256 != dataset.sha256:
        raise StageError(
            "the features were made from another data set",
            detail=f"sha256 {features.dataset_sha256}, the data set has {dataset.sha256}",
            hint="prepare the features of this data set, or use the data set of the run",
        )
    logits = read_logits(log_path, features.lengths, features.settings.max_seq_length, layout)
    spans = best_spans(features, logits, settings or SpanSettings())
    answers = answer_texts(dataset, features, spans)
    questions = question_scores(dataset, answers)
    exact_match, f1 = questions.means()
    return Score(exact_match=exact_match, f1=f1, questions=questions, predictions=answers)
