"""The logits of a plan without LoadGen, to compare with those of padded samples."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from submission.files import replacing
from submission.harness.answers import answer_all
from submission.harness.dispatch import groups
from submission.harness.openvino_backend import open_backend
from submission.harness.qsl import read_qsl
from submission.harness.run import order_of
from submission.squad.features import Features
from submission.squad.span import SpanSettings, best_spans
from submission.terms import RunSpec

LOGITS = "logits.npz"


def run_logits(spec: RunSpec, indices: Sequence[int]) -> None:
    """Run each sample once, in the groups of the plan, and leave LOGITS in the out folder.

    Arrays: ``indices`` int64 [n], ascending, and ``logits`` float32 [tokens of all n, 2] in that
    order. Raises HarnessError as a run does.
    """
    samples = read_qsl(Path(spec.features))
    chosen = np.unique(np.asarray(indices, np.int64))
    backend = open_backend(spec, samples, _silent)
    together, _ = groups(samples.lengths[chosen], order_of(spec))
    answers = answer_all(backend, [chosen[list(places)].tolist() for places in together])
    backend.close()
    with replacing(Path(spec.out) / LOGITS) as stream:
        logits = np.concatenate([answers[index] for index in chosen.tolist()])
        np.savez(stream, indices=chosen, logits=logits)


def _silent(done: int, total: int) -> None:
    del done, total


def moved(features: Features, ours: Path, padded: Path) -> dict[str, Any]:
    """How far the logits of two folders differ, over the samples that both ran.

    ``largest``: difference of two logits; ``questions``: those with a best span in either, of
    which ``changed`` have another one.
    """
    with np.load(ours / LOGITS) as one, np.load(padded / LOGITS) as two:
        indices, mine, theirs = one["indices"], one["logits"], two["logits"]
        assert indices.tolist() == two["indices"].tolist()
    spans, reference = (
        best_spans(features, _spread(features, indices, each), SpanSettings())
        for each in (mine, theirs)
    )
    questions = spans.keys() | reference.keys()
    return {
        "samples": len(indices),
        "largest": float(np.abs(mine - theirs).max()),
        "questions": len(questions),
        "changed": sum(spans.get(each) != reference.get(each) for each in questions),
    }


def _spread(
    features: Features, indices: NDArray[np.int64], logits: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Logits [n, max_seq_length, 2] of all features; features that were not run are -inf."""
    shape = (len(features), features.settings.max_seq_length, 2)
    full = np.full(shape, -np.inf, np.float32)
    starts = np.cumsum([0, *features.lengths[indices].tolist()])
    for place, index in enumerate(indices.tolist()):
        length = features.lengths[index]
        full[index, :length] = logits[starts[place] : starts[place + 1]]
    return full
