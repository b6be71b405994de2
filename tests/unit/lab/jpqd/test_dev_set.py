"""F1 of an IR over a data set: scored by the reader and the backend of the SUT."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from submission.errors import StageError
from submission.ir.names import IrFile
from submission.lab.jpqd.dev_set import DevScore, score_ir
from submission.squad.answer import answer_texts
from submission.squad.dataset import load_dataset
from submission.squad.feature_file import load_features
from submission.squad.question_scores import question_scores
from submission.squad.span import SpanSettings, best_spans
from tests.fakes.tiny_model import NAMES, VOCABULARY, expected_logits, write_model

TEXT = "[PAD] [UNK] [CLS] [SEP] who sat where ? anna bob the cat dog mat on under a tree . and"
WORDS = TEXT.split()
# the tiny model's best span begins with "sat" and ends with "who"; with start and end swapped it
# is "who" alone
CONTEXT = "Anna sat on the mat near Bob who had a dog and a cat."
QUESTIONS = {"Who sat?": "sat on the mat near Bob who", "Where?": "on the mat"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with a data set of six questions, of contexts of several lengths."""
    assert len(WORDS) <= VOCABULARY
    (tmp_path / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    paragraphs = [
        {
            "context": " ".join([CONTEXT] * times),
            "qas": [
                {"id": f"{times}-{number}", "question": question, "answers": [{"text": answer}]}
                for number, (question, answer) in enumerate(QUESTIONS.items())
            ],
        }
        for times in (1, 4, 40)
    ]
    value = {"version": "1.1", "data": [{"title": "t", "paragraphs": paragraphs}]}
    (tmp_path / "data.json").write_text(json.dumps(value))
    return tmp_path


def scored(data: Path, model: IrFile) -> DevScore:
    said: list[str] = []
    score = score_ir(
        model, data / "data.json", data / "vocab.txt", data / "features.npz", said.append
    )
    assert said[-1] == f"{score.windows} of {score.windows} windows answered"
    return score


def expected(data: Path) -> tuple[float, float]:
    """Exact match and F1 of the tiny model's answers, worked out with numpy."""
    features = load_features(data / "features.npz")
    logits = np.full((len(features), 384, 2), -10000.0, np.float32)
    for index, length in enumerate(features.lengths.tolist()):
        ids, _, segments = features.padded([index], length)[:, 0]
        logits[index, :length] = expected_logits(ids, segments)
    dataset = load_dataset(data / "data.json")
    spans = best_spans(features, logits, SpanSettings())
    return question_scores(dataset, answer_texts(dataset, features, spans)).means()


@pytest.mark.parametrize(
    ("made", "model"),
    [
        ({}, {}),
        ({"two_outputs": True}, {}),
        ({"two_outputs": True, "length": 384}, {"trailing_pad": 1}),
        (
            {"names": ("0", "1", "2")},
            {"inputs": dict(zip(NAMES, ("0", "1", "2"), strict=True))},
        ),
        (
            {"two_outputs": True, "output_names": ("3171", "3172")},
            {"outputs": {"start_logits": "3171", "end_logits": "3172"}},
        ),
    ],
    ids=["one output", "two outputs", "two outputs of one length", "input names", "output names"],
)
def test_every_layout_of_a_model_has_the_same_score(
    data: Path, made: dict[str, Any], model: dict[str, Any]
) -> None:
    xml = write_model(data / "model.xml", **made)
    score = scored(data, IrFile(xml=xml, **model))
    assert (score.exact_match, score.f1) == pytest.approx(expected(data))
    assert 0 < score.f1 < 100
    assert (score.questions, score.windows) == (6, len(load_features(data / "features.npz")))
    assert score.windows > score.questions


def test_an_ir_that_does_not_show_which_output_is_which_is_refused(data: Path) -> None:
    xml = write_model(data / "model.xml", two_outputs=True, output_names=("3171", "3172"))
    with pytest.raises(StageError, match="cannot be used") as caught:
        scored(data, IrFile(xml=xml))
    assert "3171" in caught.value.detail
    assert "outputs" in caught.value.hint
