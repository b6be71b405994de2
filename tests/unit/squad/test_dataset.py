import copy
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from submission.errors import StageError
from submission.squad.dataset import load_dataset

GOOD: dict[str, Any] = {
    "version": "1.1",
    "data": [
        {
            "title": "Cats",
            "paragraphs": [
                {
                    "context": "A cat\u202fsat. ",
                    "qas": [
                        {
                            "id": "q2",
                            "question": "Who sat?",
                            "answers": [
                                {"text": "A cat", "answer_start": 0},
                                {"text": "cat", "answer_start": 2},
                            ],
                        },
                        {
                            "id": "q1",
                            "question": "What did it do?",
                            "answers": [{"text": "sat", "answer_start": 6}],
                        },
                    ],
                }
            ],
        }
    ],
}


def written(folder: Path, value: Any) -> Path:
    path = folder / "set.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def test_questions_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    dataset = load_dataset(written(tmp_path, GOOD))
    assert [example.qid for example in dataset.examples] == ["q2", "q1"]
    assert dataset.examples[0].answers == ("A cat", "cat")
    assert dataset.examples[0].context == "A cat\u202fsat. "


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    assert load_dataset(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def _paragraph(value: Any) -> Any:
    return value["data"][0]["paragraphs"][0]


def _question(value: Any) -> Any:
    return _paragraph(value)["qas"][0]


BREAKS: list[tuple[Callable[[Any], Any], str]] = [
    (lambda v: v.pop("version"), 'the file: "version" is missing'),
    (lambda v: v.update(version="v2.0"), 'the file: "version" is \'v2.0\', not "1.1"'),
    (lambda v: v.update(version=1.1), 'the file: "version" is a number, not a text'),
    (lambda v: v.pop("data"), 'the file: "data" is missing'),
    (lambda v: v.update(data={}), 'the file: "data" is an object, not a list'),
    (lambda v: v.update(data=[]), "the file: it holds no question"),
    (lambda v: v["data"].append(None), "article 1: expected an object, found null"),
    (lambda v: v["data"][0].pop("paragraphs"), 'article 0: "paragraphs" is missing'),
    (lambda v: _paragraph(v).pop("context"), 'article 0, paragraph 0: "context" is missing'),
    (lambda v: _paragraph(v).update(context=" \n"), 'article 0, paragraph 0: "context" is blank'),
    (lambda v: _paragraph(v).update(qas=7), '"qas" is a whole number, not a list'),
    (lambda v: _question(v).pop("id"), 'paragraph 0, question 0: "id" is missing'),
    (lambda v: _question(v).update(question=""), 'question 0 (q2): "question" is blank'),
    (lambda v: _question(v).update(answers=[]), "question 0 (q2): it has no reference answer"),
    (lambda v: _question(v).update(answers=["cat"]), "(q2): expected an object, found a text"),
    (lambda v: _question(v).update(answers=[{"text": True}]), '"text" is a truth value, not'),
    (lambda v: _question(v).update(id="q1"), "question 2 of the file: \"id\" 'q1' is also that of"),
]


@pytest.mark.parametrize(("edit", "words"), BREAKS)
def test_what_is_not_squad_names_its_place(
    tmp_path: Path, edit: Callable[[Any], Any], words: str
) -> None:
    value = copy.deepcopy(GOOD)
    edit(value)
    with pytest.raises(StageError, match="the data set is not SQuAD") as caught:
        load_dataset(written(tmp_path, value))
    assert words in caught.value.detail


def test_another_version_may_only_need_its_number(tmp_path: Path) -> None:
    with pytest.raises(StageError) as caught:
        load_dataset(written(tmp_path, {**GOOD, "version": "v2.0"}))
    assert 'write "1.1" if every question has an answer' in caught.value.hint


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe\xfa", b"PK\x03\x04", b"[" * 100_000, b"9" * 5_000]
)
def test_what_is_not_json_is_said_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "set.json"
    path.write_bytes(content)
    with pytest.raises(StageError, match="the data set is not JSON") as caught:
        load_dataset(path)
    assert "\n" not in caught.value.detail


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="cannot be read") as caught:
        load_dataset(tmp_path / "none.json")
    assert "No such file" in caught.value.detail


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just("1.1"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "version",
                    "data",
                    "paragraphs",
                    "context",
                    "qas",
                    "id",
                    "answers",
                    "text",
                    "question",
                ]
            ),
            inner,
        )
    ),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=JSON)
def test_no_json_gives_a_traceback(tmp_path: Path, data: Any) -> None:
    with pytest.raises(StageError):
        load_dataset(written(tmp_path, {"version": "1.1", "data": [data]}))
