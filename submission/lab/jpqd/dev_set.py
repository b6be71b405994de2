"""F1 of an IR over a whole data set in SQuAD's form, without LoadGen; needs no torch.

The model is read, compiled and run by the backend of the SUT. Windows of 384 tokens, stride 128,
are padded to a multiple of 32; all cores; the kit's scorer.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from submission.harness.answers import answer_all
from submission.harness.openvino_backend import open_model
from submission.ir.names import IrFile
from submission.loadgen.answers import FILL
from submission.squad.answer import answer_texts
from submission.squad.dataset import load_dataset
from submission.squad.features import Features, FeatureSettings
from submission.squad.prepare import prepare_features
from submission.squad.question_scores import QuestionScores, question_scores
from submission.squad.span import SpanSettings, best_spans
from submission.terms import Say, SutPlan

STEP = 32
ROWS = 4


@dataclass(frozen=True, kw_only=True)
class DevScore:
    """In percent, over ``questions`` in ``windows`` windows; ``single`` are those of each."""

    f1: float
    exact_match: float
    questions: int
    windows: int
    single: QuestionScores

    @property
    def how(self) -> str:
        """How it was measured, for a manifest."""
        return (
            f"all {self.windows:,} windows of 384 tokens, stride 128, padded to a multiple of "
            f"{STEP}; INFERENCE_PRECISION_HINT f32; the kit's scorer"
        )


def score_ir(
    model: IrFile, data: Path, vocab: Path, features_file: Path, say: Say, *, cased: bool = False
) -> DevScore:
    """Answer every window and score; features are kept in ``features_file``.

    ``cased`` is of the data set's vocabulary. Raises StageError for unfit data, and HarnessError
    for an IR that the SUT could not run.
    """
    dataset = load_dataset(data)
    features = prepare_features(data, vocab, features_file, FeatureSettings(cased=cased)).features
    logits = _all_logits(model, features, say)
    spans = best_spans(features, logits, SpanSettings())
    single = question_scores(dataset, answer_texts(dataset, features, spans))
    exact_match, f1 = single.means()
    return DevScore(
        f1=f1,
        exact_match=exact_match,
        questions=len(dataset.examples),
        windows=len(features),
        single=single,
    )


def _all_logits(model: IrFile, features: Features, say: Say) -> NDArray[np.float32]:
    """float32 [n, max_seq_length, 2], FILL where there is no token.

    One bucket after the other, so that only one compiled model is in memory.
    """
    longest = features.settings.max_seq_length
    logits = np.full((len(features), longest, 2), FILL, np.float32)
    buckets = np.minimum(-(-(features.lengths + model.trailing_pad) // STEP) * STEP, longest)
    done = 0
    for bucket in np.unique(buckets).tolist():
        chosen = np.flatnonzero(buckets == bucket).tolist()
        plan = SutPlan(buckets=(bucket,), batch=ROWS)
        backend = open_model(model, plan, features.some(chosen), _silent)
        groups = [range(at, min(at + ROWS, len(chosen))) for at in range(0, len(chosen), ROWS)]
        for place, answer in answer_all(backend, groups).items():
            logits[chosen[place], : len(answer)] = answer
        backend.close()
        done += len(chosen)
        say(f"{done} of {len(features)} windows answered")
    return logits


def _silent(done: int, total: int) -> None:
    del done, total
