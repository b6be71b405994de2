"""A table that is turned to float once gives the rows that it gave."""

from typing import Any

import numpy as np
import openvino as ov
import pytest

from submission.ir.embeddings import op, unfold_once

TABLE = np.random.default_rng(2).integers(-128, 127, (50, 6)).astype(np.int8)
SCALES = {"each row": np.linspace(0.1, 2, 50, dtype=np.float32)[:, None], "one": [[0.3]]}


def model(scale: Any, axis: int = 0) -> Any:
    ids = op.parameter([2, 3], dtype=ov.Type.i64, name="ids")
    table = op.multiply(op.convert(op.constant(TABLE), "f32"), op.constant(np.float32(scale)))
    rows = op.gather(table, ids, op.constant(np.int64(axis)))
    return ov.Model([op.result(rows)], [ids])


def rows_of(subject: Any) -> np.ndarray:
    compiled = ov.Core().compile_model(subject, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return compiled([np.array([[0, 7, 49], [3, 3, 1]])])[0]


@pytest.mark.parametrize("scale", list(SCALES))
def test_rows_stay_as_they_are(scale: str) -> None:
    changed = model(SCALES[scale])
    assert unfold_once(changed) == 1
    assert (rows_of(changed) == rows_of(model(SCALES[scale]))).all()


def test_a_table_that_is_read_by_columns_is_left_alone() -> None:
    assert unfold_once(model(SCALES["one"], axis=1)) == 0
