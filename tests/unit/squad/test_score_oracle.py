"""The score of the SQuAD dev set against the official scripts, to the last digit."""

import hashlib
import json
import lzma
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from submission.squad.dataset import Dataset, load_dataset
from submission.squad.features import make_features
from submission.squad.question_scores import question_scores
from submission.squad.score import Score, score_run
from submission.squad.vocabulary import load_vocabulary

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def dev_set(shared_data: Path) -> Dataset:
    return load_dataset(shared_data / "squad" / "dev-v1.1.json")


@pytest.fixture(scope="module")
def official(shared_data: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((shared_data / "oracle" / "oracle.json").read_text())
    return facts["score"]


@pytest.fixture(scope="module")
def log(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The oracle's logits in the form in which LoadGen logs the responses, last sample first."""
    with np.load(shared_data / "oracle" / "logits_fp16.npz") as archive:
        lengths, values = archive["lengths"], archive["logits"].astype("<f4")
    answers = np.split(values, np.cumsum(lengths)[:-1])
    entries = [
        f'{{ "seq_id" : {n}, "qsl_idx" : {n}, "data" : "{answer.tobytes().hex().upper()}" }}'
        for n, answer in enumerate(answers)
    ]
    path = tmp_path_factory.mktemp("run") / "mlperf_log_accuracy.json"
    path.write_text("[\n" + ",\n".join(reversed(entries)) + "\n]\n")
    return path


@pytest.fixture(scope="module")
def scored(dev_set: Dataset, shared_data: Path, log: Path) -> tuple[Score, float]:
    vocabulary = load_vocabulary(shared_data / "squad" / "vocab.txt")
    features = make_features(dev_set, vocabulary)
    begin = time.process_time()
    score = score_run(dev_set, features, log)
    return score, time.process_time() - begin


def test_exact_match_and_f1_are_the_official_ones(
    scored: tuple[Score, float], official: dict[str, Any]
) -> None:
    score, _ = scored
    assert (score.exact_match, score.f1) == (official["exact_match"], official["f1"])


def test_every_answer_is_the_official_one(
    scored: tuple[Score, float], official: dict[str, Any], shared_data: Path
) -> None:
    answers = dict(scored[0].predictions)
    packed = (shared_data / "oracle" / "predictions.json.xz").read_bytes()
    assert answers == json.loads(lzma.decompress(packed))
    canonical = json.dumps(answers, sort_keys=True, separators=(",", ":"))
    found = hashlib.sha256(canonical.encode()).hexdigest()
    assert found == official["predictions_sha256_canonical_json"]


def test_scoring_the_dev_set_takes_less_than_fifteen_seconds_of_cpu_time(
    scored: tuple[Score, float],
) -> None:
    assert scored[1] < 15.0


@pytest.mark.parametrize(
    ("name", "f1", "exact_match"),
    [("bert_ensemble", 92.1956, 86.2062), ("logistic", 50.9815, 40.1419)],
)
def test_published_predictions_score_what_was_published(
    dev_set: Dataset, shared_data: Path, name: str, f1: float, exact_match: float
) -> None:
    (packed,) = (shared_data / "squad" / "preds").glob(f"*{name}*.json.xz")
    answers = json.loads(lzma.decompress(packed.read_bytes()))
    found = question_scores(dev_set, answers).means()
    assert found == pytest.approx((exact_match, f1), abs=5e-5)
