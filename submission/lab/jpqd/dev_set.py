"""F1 of an IR over a whole data set in SQuAD's form, without LoadGen; needs no torch.

Windows of 384 tokens, stride 128, are padded to a multiple of 32; all cores; the kit's scorer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray

from submission.errors import UsageError
from submission.loadgen.answers import FILL
from submission.squad.answer import answer_texts
from submission.squad.dataset import load_dataset
from submission.squad.features import Features
from submission.squad.metric import exact_match_and_f1
from submission.squad.prepare import prepare_features
from submission.squad.span import SpanSettings, best_spans

STEP = 32
ROWS = 4
NAMES = ("input_ids", "attention_mask", "token_type_ids")
CONFIG = {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": "f32"}
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class DevScore:
    """In percent, over ``questions`` questions in ``windows`` windows."""

    f1: float
    exact_match: float
    questions: int
    windows: int

    @property
    def how(self) -> str:
        """How it was measured, for a manifest."""
        return (
            f"all {self.windows:,} windows of 384 tokens, stride 128, padded to a multiple of "
            f"{STEP}; INT8 with INFERENCE_PRECISION_HINT f32; the kit's scorer"
        )


def score_ir(xml: Path, data: Path, vocab: Path, features_file: Path, say: Say) -> DevScore:
    """Answer every window and score; features are kept in ``features_file``.

    Raises StageError for unfit data, UsageError for an IR without the three inputs of BERT.
    """
    dataset = load_dataset(data)
    features = prepare_features(data, vocab, features_file).features
    logits = _all_logits(xml, features, say)
    spans = best_spans(features, logits, SpanSettings())
    exact, f1 = exact_match_and_f1(dataset, answer_texts(dataset, features, spans))
    return DevScore(
        f1=f1, exact_match=exact, questions=len(dataset.examples), windows=len(features)
    )


def _all_logits(xml: Path, features: Features, say: Say) -> NDArray[np.float32]:
    """float32 [n, max_seq_length, 2], filled up where there is no token."""
    shape = (len(features), features.settings.max_seq_length, 2)
    logits = np.full(shape, FILL, np.float32)
    widths = -(-features.lengths // STEP) * STEP
    done = 0
    for width in sorted(set(widths.tolist())):
        queue = openvino.AsyncInferQueue(_compiled(xml, width))
        queue.set_callback(lambda request, rows: _keep(request, rows, features, logits))
        chosen = np.flatnonzero(widths == width).tolist()
        for feed, rows in _feeds(features, chosen, width):
            queue.start_async(feed, rows)
        queue.wait_all()
        done += len(chosen)
        say(f"{done} of {len(features)} windows answered")
    return logits


def _compiled(xml: Path, width: int) -> Any:
    core = openvino.Core()
    model = core.read_model(xml)
    if {name for port in model.inputs for name in port.get_names()} != set(NAMES):
        raise UsageError(
            "this IR cannot be scored so",
            detail=f"{xml}: its inputs are {', '.join(i.any_name for i in model.inputs)}",
            hint=f"it needs {', '.join(NAMES)}; others are scored by an accuracy run",
        )
    model.reshape({name: [ROWS, width] for name in NAMES})
    return core.compile_model(model, "CPU", CONFIG)


def _feeds(
    features: Features, chosen: list[int], width: int
) -> Iterator[tuple[dict[str, Any], list[int]]]:
    for begin in range(0, len(chosen), ROWS):
        rows = chosen[begin : begin + ROWS]
        filled = rows + rows[-1:] * (ROWS - len(rows))
        yield dict(zip(NAMES, features.padded(filled, width), strict=True)), rows


def _keep(request: Any, rows: list[int], features: Features, logits: NDArray[np.float32]) -> None:
    found = request.get_output_tensor(0).data
    for place, index in enumerate(rows):
        size = int(features.lengths[index])
        logits[index, :size] = found[place, :size]
