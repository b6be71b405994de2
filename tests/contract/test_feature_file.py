"""What squad writes is what the harness reads: the two rooms do not know each other."""

from pathlib import Path

import numpy as np

from submission.harness.samples import read_features
from submission.squad.dataset import Dataset, Example
from submission.squad.feature_file import save_features
from submission.squad.features import FeatureSettings, make_features
from submission.squad.vocabulary import Vocabulary

WORDS = "[PAD] [UNK] [CLS] [SEP] anna ' s cat ##s sat . on mat who ?"


def test_the_harness_reads_the_features_of_squad(tmp_path: Path) -> None:
    example = Example(qid="q", question="Who?", context="Anna's cats sat.", answers=("Anna",))
    made = make_features(
        Dataset(examples=(example,), sha256="d" * 64),
        Vocabulary(tokens=tuple(WORDS.split()), sha256="v" * 64),
        FeatureSettings(max_seq_length=16, doc_stride=4, max_query_length=4),
    )
    save_features(made, tmp_path / "features.npz")
    samples = read_features(tmp_path / "features.npz")
    ids, mask, segments = (np.empty(16, np.int64) for _ in range(3))
    samples.write(0, ids, mask, segments)
    words = [WORDS.split()[token] for token in ids]
    assert " ".join(words[:5]) == "[CLS] who ? [SEP] anna"
    assert words[-1] == "[PAD]"
    assert segments.tolist() == [0] * 4 + [1] * (int(mask.sum()) - 4) + [0] * (16 - int(mask.sum()))
