"""A vocabulary with capitals: tokens, features, answers and data sets keep the case of words."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tokenizers import BertWordPieceTokenizer

from submission.artifacts.manifest import load_manifest
from submission.cli.main import main
from submission.files import sha256_of
from submission.review.data import load_questions
from submission.squad.answer import aligned, answer_texts
from submission.squad.dataset import load_dataset
from submission.squad.feature_file import load_features, save_features
from submission.squad.features import Features, FeatureSettings, make_features
from submission.squad.prepare import prepare_features
from submission.squad.span import Span
from submission.squad.vocabulary import load_vocabulary
from submission.squad.words import basic_tokens
from submission.tree.finished import ClaimedCell

ROOT = Path(__file__).parents[3]
CASED = FeatureSettings(cased=True)
TOKENS = (
    "[PAD] [UNK] [CLS] [SEP] [MASK] Who who met Anna ann ##a M ##ü ##ller É ##ric ##ri ##c E ##t "
    "in Par ##is paris he He at the The bank Bank ? . ' s"
)
CONTEXT = "Éric met Anna Müller's in Paris. He"


@pytest.fixture
def vocab(tmp_path: Path) -> Path:
    path = tmp_path / "cased-vocab.txt"
    path.write_text("\n".join(TOKENS.split()) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    start = CONTEXT.index("Müller")
    answer = {"text": "Müller", "answer_start": start}
    asked = {"id": "q1", "question": "Who met Éric?", "answers": [answer]}
    article = {"title": "t", "paragraphs": [{"context": CONTEXT, "qas": [asked]}]}
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"version": "1.1", "data": [article]}), encoding="utf-8")
    return path


@pytest.fixture
def features(data: Path, vocab: Path) -> Features:
    return make_features(load_dataset(data), load_vocabulary(vocab), CASED)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        # the examples of BERT's own tests of its BasicTokenizer without lower-casing
        (" \tHeLLo!how  \n Are yoU?  ", ["HeLLo", "!", "how", "Are", "yoU", "?"]),
        (" \tHäLLo!how  \n Are yoU?  ", ["HäLLo", "!", "how", "Are", "yoU", "?"]),
        ("Ha\u0308LLo", ["Ha\u0308LLo"]),
        ("DON'T", ["DON", "'", "T"]),
        ("A\u4e2dB", ["A", "\u4e2d", "B"]),
    ],
)
def test_words_stay_as_they_are_written(text: str, tokens: list[str]) -> None:
    assert basic_tokens(text, cased=True) == tokens


def test_the_ids_are_those_of_another_cased_tokenizer(vocab: Path) -> None:
    other = BertWordPieceTokenizer(str(vocab), lowercase=False, strip_accents=False)
    ours = load_vocabulary(vocab)
    for text in (CONTEXT, "Who met Éric?", "ANNA Anna anna", "The Bank at the bank. Etc"):
        assert ours.ids(text, cased=True) == other.encode(text, add_special_tokens=False).ids


def test_the_vocabulary_shows_its_casing(vocab: Path) -> None:
    assert load_vocabulary(vocab).cased
    assert not load_vocabulary(ROOT / "models" / "squad-mini" / "vocab.txt").cased


def test_features_hold_capitals_and_their_file_says_so(features: Features, tmp_path: Path) -> None:
    words = [features.vocabulary[number] for number in features.tokens.tolist()]
    assert words[1:5] == ["Who", "met", "É", "##ric"]
    save_features(features, tmp_path / "f.npz")
    assert load_features(tmp_path / "f.npz").settings.cased


def test_another_casing_makes_the_features_again(data: Path, vocab: Path, tmp_path: Path) -> None:
    to = tmp_path / "f.npz"
    assert prepare_features(data, vocab, to).made
    assert prepare_features(data, vocab, to, CASED).made
    assert not prepare_features(data, vocab, to, CASED).made


def test_a_file_of_uncased_features_has_no_new_key(data: Path, vocab: Path) -> None:
    plain = make_features(load_dataset(data), load_vocabulary(vocab))
    assert "cased" not in plain.settings.to_json()


def test_an_answer_is_cut_out_by_its_own_case(features: Features, data: Path) -> None:
    words = [features.vocabulary[number] for number in features.tokens.tolist()]
    span = Span(feature=0, first=words.index("M"), last=words.index("##ller"))
    assert answer_texts(load_dataset(data), features, {0: span}) == {"q1": "Müller"}
    assert aligned("müller", "Müller's", cased=True) == "Müller's"
    assert aligned("Müller", "Müller's", cased=True) == "Müller"


def test_add_data_finds_out_and_may_be_told(
    data: Path, vocab: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = tmp_path / "models"
    words = ["add-data", str(data), "--vocab", str(vocab), "--manifests", str(models)]
    assert main([*words, "--name", "found"]) == 0
    assert "cased vocabulary" in capsys.readouterr().out
    assert load_manifest(models / "found").cased
    assert main([*words, "--name", "told", "--no-cased"]) == 0
    assert not load_manifest(models / "told").cased


def test_a_reviewer_makes_the_same_features(
    features: Features, data: Path, vocab: Path, tmp_path: Path
) -> None:
    """The run's metadata say that the vocabulary is cased."""
    folder = tmp_path / "mounted"
    folder.mkdir()
    (folder / "questions.json").write_bytes(data.read_bytes())
    (folder / "vocab.txt").write_bytes(vocab.read_bytes())
    digests = {path.name: sha256_of(path) for path in sorted(folder.iterdir())}
    told: dict[str, Any] = {"dataset": {"name": "mine", "sha256": digests, "cased": True}}
    tree = SimpleNamespace(carried_models=lambda name: [])
    cell = cast("ClaimedCell", SimpleNamespace(metadata=lambda mode: told, tree=tree))
    assert (load_questions(cell, [folder]).features.tokens == features.tokens).all()
    del told["dataset"]["cased"]
    assert len(load_questions(cell, [folder]).features.tokens) != len(features.tokens)
