from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from submission.errors import StageError
from submission.squad.dataset import Dataset
from submission.squad.features import Features
from submission.squad.score import score_run


@pytest.fixture
def entries(entry: Any) -> list[dict[str, Any]]:
    logits = [np.zeros((size, 2), dtype=np.float32) for size in (11, 11, 9)]
    logits[0][4, 0] = logits[0][8, 1] = 5  # "anna" to "##s"
    return [entry(index, values) for index, values in enumerate(logits)]


def test_a_right_answer_scores_a_hundred(
    cats: Dataset, features: Features, write_log: Any, entries: Any
) -> None:
    score = score_run(cats, features, write_log(entries[::-1]))
    assert (score.exact_match, score.f1) == (100.0, 100.0)
    assert score.predictions == {"q1": "Anna's cats"}


def test_features_of_another_data_set_are_refused(
    cats: Dataset, features: Features, write_log: Any, entries: Any
) -> None:
    other = replace(cats, sha256="e" * 64)
    with pytest.raises(StageError, match="made from another data set") as caught:
        score_run(other, features, write_log(entries))
    assert "e" * 64 in caught.value.detail


def test_a_log_of_fewer_samples_is_refused(
    cats: Dataset, features: Features, write_log: Any, entries: Any
) -> None:
    with pytest.raises(StageError, match="the accuracy log cannot be scored") as caught:
        score_run(cats, features, write_log(entries[:2]))
    assert "1 of 3 samples have no answer (qsl_idx 2)" in caught.value.detail
