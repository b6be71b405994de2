"""A graph at a shorter length answers for real tokens as it does at its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from submission.ir.compiled import compile_qa
from submission.ir.lengths import shorten
from submission.ir.model import QaModel, read_model
from submission.ir.names import IrFile
from tests.fakes.tiny_model import expected_logits, write_model


def tiny(folder: Path) -> QaModel:
    path = write_model(folder / "model.xml", length=40, position_ids=True, two_outputs=True)
    return read_model(IrFile(xml=path))


def answer(qa: QaModel, ids: np.ndarray, length: int) -> np.ndarray:
    """Start and end logits of the real tokens."""
    row = np.zeros((3, 1, length), np.int64)
    row[0, 0, : len(ids)], row[1, 0, : len(ids)] = ids, 1
    return compile_qa(qa, qa.at(length)).answer(row)[0, : len(ids)]


@pytest.mark.parametrize("length", [40, 17, 12])
def test_logits_of_real_tokens_stay_as_they_are(length: int, tmp_path: Path) -> None:
    ids = np.arange(1, 13)
    qa = tiny(tmp_path)
    assert (answer(qa, ids, length) == answer(qa, ids, 40)).all()
    expected = expected_logits(ids, np.zeros(12), position_ids=True)
    np.testing.assert_allclose(answer(qa, ids, length), expected, atol=1e-5)


def test_the_model_that_was_read_keeps_its_length(tmp_path: Path) -> None:
    qa = tiny(tmp_path)
    qa.at(16)
    assert [list(port.shape) for port in qa.model.inputs] == [[1, 40]] * 3


def test_ids_and_embeddings_are_cut(tmp_path: Path) -> None:
    assert shorten(tiny(tmp_path).model, 40, 16) == 2


def test_positions_beyond_those_of_the_graph_are_not_invented(tmp_path: Path) -> None:
    qa = tiny(tmp_path)
    with pytest.raises(ValueError, match="positions of 40 tokens are known"):
        shorten(qa.model.clone(), 40, 41)
    assert qa.at(41) is None
