"""The plain loop makes the same features, so that the comparison means something."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from submission.cli import main
from submission.errors import UsageError
from submission.lab.bench import features as bench
from submission.lab.bench.plain_wordpiece import plain_features
from submission.squad.dataset import Dataset, load_dataset
from submission.squad.features import Features, FeatureSettings, make_features
from submission.squad.vocabulary import Vocabulary, load_vocabulary

MINI = Path(__file__).parents[4] / "models" / "squad-mini"
SMALL = FeatureSettings(max_seq_length=11, doc_stride=3, max_query_length=2)


def test_a_plain_feature_is_padded_and_masked(cats: Dataset, vocabulary: Vocabulary) -> None:
    last = plain_features(cats.examples, vocabulary, SMALL)[-1]
    assert last.ids == [2, 13, 14, 3, 10, 11, 12, 8, 3, 0, 0]
    assert last.mask == [1] * 9 + [0, 0]
    assert last.segments == [0] * 4 + [1] * 5 + [0, 0]
    assert last.max_context == [False, False, True, True]


def test_the_plain_loop_agrees_with_the_kit(
    cats: Dataset, vocabulary: Vocabulary, features: Features
) -> None:
    bench._check(features, plain_features(cats.examples, vocabulary, SMALL))


ODD = "Zürich\u200b 東京 [SEP] can't\u00a0stop—\ufffdÅngström" + "x" * 101


def test_odd_characters_are_read_alike() -> None:
    mini, vocabulary = load_dataset(MINI / "mini-v1.1.json"), load_vocabulary(MINI / "vocab.txt")
    odd = replace(mini.examples[0], question=ODD, context=f"{ODD} {mini.examples[0].context}")
    few = replace(mini, examples=(odd, *mini.examples[::20]))
    plain = plain_features(few.examples, vocabulary, FeatureSettings())
    bench._check(make_features(few, vocabulary), plain)


def test_other_features_are_refused(
    cats: Dataset, vocabulary: Vocabulary, features: Features
) -> None:
    with pytest.raises(UsageError, match="makes different features"):
        bench._check(
            features, plain_features(cats.examples, vocabulary, replace(SMALL, doc_stride=2))
        )


@pytest.mark.slow
def test_the_command_prints_the_ratio(capsys: pytest.CaptureFixture[str]) -> None:
    places = ["--data", str(MINI / "mini-v1.1.json"), "--vocab", str(MINI / "vocab.txt")]
    assert main(["bench-features", *places, "--rounds", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "all three are equal" in lines[2]
    assert lines[3].startswith("made ")
