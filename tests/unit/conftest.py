"""A question about cats in three windows, its log, settings of a Server run, and shared data."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from submission.squad.dataset import Dataset, Example
from submission.squad.features import Features, FeatureSettings, make_features
from submission.squad.vocabulary import Vocabulary
from submission.terms import LoadgenSettings

WriteLog = Callable[[Sequence[dict[str, Any]]], Path]


@pytest.fixture
def vocabulary() -> Vocabulary:
    words = "[PAD] [UNK] [CLS] [SEP] anna ' s cat ##s sat . on mat who ?"
    return Vocabulary(tokens=tuple(words.split()), sha256="v" * 64)


@pytest.fixture
def cats() -> Dataset:
    example = Example(
        qid="q1", question="Who?", context="Anna's cats sat. On mats", answers=("Anna's cats",)
    )
    return Dataset(examples=(example,), sha256="d" * 64)


@pytest.fixture
def features(cats: Dataset, vocabulary: Vocabulary) -> Features:
    settings = FeatureSettings(max_seq_length=11, doc_stride=3, max_query_length=2)
    return make_features(cats, vocabulary, settings)


@pytest.fixture
def write_log(tmp_path: Path) -> WriteLog:
    def write(entries: Sequence[dict[str, Any]]) -> Path:
        path = tmp_path / "mlperf_log_accuracy.json"
        lines = ",\n".join(json.dumps(entry) for entry in entries)
        path.write_text(f"[\n{lines}\n]\n")
        return path

    return write


@pytest.fixture
def entry() -> Callable[..., dict[str, Any]]:
    def build(index: int, logits: Any) -> dict[str, Any]:
        data = np.asarray(logits, dtype="<f4").tobytes().hex().upper()
        return {"seq_id": 0, "qsl_idx": index, "data": data, "token_count": 0}

    return build


@pytest.fixture
def server_settings() -> LoadgenSettings:
    return LoadgenSettings(
        performance_sample_count=10833,
        qsl_rng_seed=10003631887983097364,
        sample_index_rng_seed=17183018601990103738,
        schedule_rng_seed=12134888396634371638,
        min_duration_ms=600000,
        min_query_count=270336,
        target_qps=550.0,
        target_latency_ns=130_000_000,
        target_latency_percentile=0.999,
    )


@pytest.fixture(scope="session")
def shared_data() -> Path:
    folder = Path(__file__).parents[2].parent / "shared" / "data"
    if not (folder / "oracle").is_dir():
        pytest.skip("no folder shared/data beside the checkout: the oracle is not compared")
    return folder
