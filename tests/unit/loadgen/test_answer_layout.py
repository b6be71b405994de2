"""Accuracy logs whose answers are written in another layout than the reference implementation's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from submission.errors import StageError
from submission.loadgen.answer_layout import LAYOUTS
from submission.loadgen.answers import read_logits
from submission.squad.dataset import Dataset
from submission.squad.features import Features
from submission.squad.score import score_run

LENGTHS = np.array([3, 3], dtype=np.int32)
ROOM = 4
#: start and end logits of the tokens of two samples
LOGITS = [np.array([[1, 2], [3, 4], [5, 6]]), np.array([[7, 8], [9, 10], [11, 12]])]


def written(logits: NDArray[Any], name: str) -> str:
    """The hex digits of an answer, spelled out for each layout."""
    start, end = logits[:, 0], logits[:, 1]
    order = {
        "start-end": logits,
        "end-start": logits[:, ::-1],
        "starts-ends": np.concatenate([start, end]),
        "ends-starts": np.concatenate([end, start]),
    }[name.removesuffix("-f16")]
    return order.astype("<f2" if name.endswith("-f16") else "<f4").tobytes().hex()


@pytest.fixture
def log(write_log: Callable[..., Path]) -> Callable[..., Path]:
    def write(name: str, logits: list[NDArray[Any]] = LOGITS) -> Path:
        pairs = enumerate(logits)
        return write_log([{"qsl_idx": index, "data": written(each, name)} for index, each in pairs])

    return write


def test_the_default_is_first() -> None:
    assert list(LAYOUTS) == [
        *("start-end", "end-start", "starts-ends", "ends-starts"),
        *("start-end-f16", "end-start-f16", "starts-ends-f16", "ends-starts-f16"),
    ]


@pytest.mark.parametrize("name", LAYOUTS)
def test_each_layout_gives_the_same_logits(name: str, log: Callable[..., Path]) -> None:
    found = read_logits(log(name), LENGTHS, ROOM, LAYOUTS[name])
    assert found.dtype == np.float32
    assert found[:, :3].tolist() == [each.tolist() for each in LOGITS]


@pytest.mark.parametrize("name", LAYOUTS)
def test_each_layout_gives_the_same_score(
    name: str, log: Callable[..., Path], cats: Dataset, features: Features
) -> None:
    logits = [np.zeros((size, 2)) for size in (11, 11, 9)]
    logits[0][4, 0] = logits[0][8, 1] = 5  # "anna" to "##s"
    path = log(name, logits)
    assert score_run(cats, features, path, layout=LAYOUTS[name]).f1 == 100.0
    other = "end-start" if not name.startswith("end") else "start-end"
    other += "-f16" * name.endswith("-f16")
    assert score_run(cats, features, path, layout=LAYOUTS[other]).f1 != 100.0


def test_a_size_that_does_not_fit_names_the_layouts_that_do(log: Callable[..., Path]) -> None:
    with pytest.raises(StageError) as caught:
        read_logits(log("starts-ends-f16"), LENGTHS, ROOM)
    assert "entry 0: qsl_idx 0: 12 bytes, not 3 to 4 tokens of 8 bytes" in caught.value.detail
    names = "start-end-f16, end-start-f16, starts-ends-f16, ends-starts-f16"
    assert caught.value.hint == f"the sizes of its answers fit --layout {names}"
    with pytest.raises(StageError) as caught:
        read_logits(log("start-end"), LENGTHS, ROOM, LAYOUTS["start-end-f16"])
    assert "fit --layout start-end, end-start, starts-ends, ends-starts" in caught.value.hint


def test_a_size_of_no_layout_is_refused(write_log: Callable[..., Path]) -> None:
    path = write_log([{"qsl_idx": index, "data": "00" * 7} for index in range(2)])
    with pytest.raises(StageError) as caught:
        read_logits(path, LENGTHS, ROOM)
    assert caught.value.hint.startswith("no --layout has answers of these sizes")
