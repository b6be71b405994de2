"""Training data of two forms, and what training may never see."""

from __future__ import annotations

import json
import lzma
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from submission.artifacts.manifest import load_manifest
from submission.errors import StageError
from submission.lab.jpqd.corpus import Question, held_out, read_qamr, read_squad
from submission.lab.jpqd.sources import Source, divide, read_questions

SQUAD = {
    "data": [
        {
            "paragraphs": [
                {
                    "context": "A cat sat on a mat.",
                    "qas": [
                        {
                            "question": " Who sat? ",
                            "answers": [
                                {"text": "cat", "answer_start": 2},
                                {"text": "A cat", "answer_start": 0},
                            ],
                        }
                    ],
                }
            ]
        }
    ]
}
SENTENCES = "S:1\tThe `` big '' dog -LRB- old -RRB- ran home\n"


def row(question: str, places: str) -> str:
    return "\t".join(["S:1", "0", "w", "0", "0", question, places, "5", "valid"])


def qamr(folder: Path, *rows: str, sentences: str = SENTENCES) -> list:
    (folder / "q.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "s.tsv").write_text(sentences, encoding="utf-8")
    return read_qamr(folder / "q.tsv", folder / "s.tsv")


@pytest.mark.parametrize("end", ["", ".xz"])
def test_a_question_in_squads_form_points_at_its_first_answer(tmp_path: Path, end: str) -> None:
    raw = json.dumps(SQUAD).encode()
    path = tmp_path / f"some.json{end}"
    path.write_bytes(lzma.compress(raw) if end else raw)
    (found,) = read_squad(path)
    assert (found.text, found.context[found.start : found.stop]) == ("Who sat?", "cat")
    assert found.answers == ("cat", "A cat")


def test_an_answer_of_qamr_is_its_words_as_they_are_written(tmp_path: Path) -> None:
    (found,) = qamr(tmp_path, row("Which dog?", "1 2 3 4"))
    assert found.context == 'The " big " dog ( old ) ran home'
    assert found.context[found.start : found.stop] == found.answers[0] == '" big " dog'


def test_words_of_qamr_that_are_no_run_are_left_out(tmp_path: Path) -> None:
    found = qamr(
        tmp_path, row("Gap?", "1 3"), row("Back?", "4 3"), row("None?", ""), row("Ok?", "8")
    )
    assert [question.text for question in found] == ["Ok?"]


@pytest.mark.parametrize(
    "text", ["", "[]", '{"data": [{}]}', '{"data": [{"paragraphs": [{"qas": [{}]}]}]}', "{"]
)
def test_a_file_that_is_not_in_squads_form_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StageError) as caught:
        read_squad(path)
    assert "cannot be read" in caught.value.what
    assert "bad.json" in caught.value.detail
    assert "SQuAD" in caught.value.hint


@pytest.mark.parametrize("bad", ["S:1\tonly two", row("Q?", "one"), row("Q?", "40 41")])
def test_a_file_that_is_not_in_qamrs_form_is_named(tmp_path: Path, bad: Any) -> None:
    with pytest.raises(StageError, match="cannot be read") as caught:
        qamr(tmp_path, bad)
    assert "q.tsv" in caught.value.detail


def test_a_sentence_that_is_missing_and_a_broken_archive_are_named(tmp_path: Path) -> None:
    with pytest.raises(StageError):
        qamr(tmp_path, row("Q?", "1"), sentences="S:2\tother\n")
    (tmp_path / "cut.json.xz").write_bytes(lzma.compress(b"{}")[:-9])
    with pytest.raises(StageError):
        read_squad(tmp_path / "cut.json.xz")
    with pytest.raises(StageError):
        read_squad(tmp_path / "absent.json")


def test_a_part_is_held_out_by_whole_contexts_and_the_same_part_every_time() -> None:
    made = [
        Question(text="?", context=f"text {n}", start=0, stop=4, answers=("text",), source="made")
        for n in range(3000)
    ]
    out = [held_out(question, share=0.1) for question in made]
    assert 0.07 < sum(out) / len(out) < 0.13
    twins = [type(q)(**{**vars(q), "text": "another question"}) for q in made]
    assert [held_out(question, share=0.1) for question in twins] == out
    assert not any(held_out(question, share=0.0) for question in made)


def words_of(text: str) -> list[str]:
    """Lower case, without marks, so that QAMR's loose tokens and SQuAD's text are alike."""
    return re.findall(r"\w+", text.lower())


def runs_of(text: str, length: int = 12) -> Iterator[str]:
    """Every run of this many words."""
    words = words_of(text)
    return (" ".join(words[place : place + length]) for place in range(len(words) - length + 1))


@pytest.fixture(scope="module")
def learned(repo: Path) -> list[Question]:
    """All that may be learned from, held-out contexts too."""
    folder = repo / "models" / "squad-train"
    return read_questions(Source(manifest=load_manifest(folder), folder=folder / "parts"))


@pytest.fixture(scope="module")
def dev(repo: Path) -> list[Question]:
    path = repo.parent / "shared" / "data" / "squad" / "dev-v1.1.json"
    if not path.exists():
        pytest.skip(f"no {'/'.join(path.parts[-4:])} beside the checkout: no overlap was sought")
    return read_squad(path)


@pytest.mark.slow
def test_every_question_of_the_committed_data_is_read(learned: list[Question]) -> None:
    assert Counter(question.source.split("_")[0] for question in learned) == {
        "new": 7938,
        "amazon": 9885,
        "reddit": 9803,
        "qamr": 36748,
    }
    found = divide(learned, share=0.02)
    assert (len(learned), len(found.training), len(found.selecting)) == (64_374, 62_967, 589)


@pytest.mark.slow
def test_no_paragraph_of_the_dev_set_is_learned_from(
    learned: list[Question], dev: list[Question]
) -> None:
    assert len(dev) == 10570
    sides = [{" ".join(words_of(q.context)) for q in side} for side in (learned, dev)]
    assert len(sides[1]) > 2000
    assert sides[0] & sides[1] == set()


@pytest.mark.slow
def test_no_question_of_the_dev_set_is_learned_from(
    learned: list[Question], dev: list[Question]
) -> None:
    """Two have words that anybody may use ("When was the article published?"), of other texts."""
    contexts: dict[str, set[str]] = {}
    for question in dev:
        contexts.setdefault(" ".join(words_of(question.text)), set()).add(question.context)
    alike = [(" ".join(words_of(q.text)), q) for q in learned]
    alike = [(text, question) for text, question in alike if text in contexts]
    assert len(alike) == 2
    for text, question in alike:
        own = set(runs_of(question.context, 5))
        assert own
        assert own.isdisjoint(run for context in contexts[text] for run in runs_of(context, 5))
        assert not {a.lower() for a in question.answers} & answers_to(dev, text)


def answers_to(dev: list[Question], text: str) -> set[str]:
    """What the dev set takes for an answer to that question."""
    asked = (question for question in dev if " ".join(words_of(question.text)) == text)
    return {answer.lower() for question in asked for answer in question.answers}


@pytest.mark.slow
def test_the_sentences_that_dev_paragraphs_hold_too_are_reported_where_the_data_is(
    learned: list[Question], dev: list[Question], repo: Path
) -> None:
    """Questions about them are others; they are few, all of QAMR, and no secret."""
    runs = {run for context in {q.context for q in dev} for run in runs_of(context)}
    shared = {
        context
        for context in {question.context for question in learned}
        if not runs.isdisjoint(runs_of(context))
    }
    asked = [question for question in learned if question.context in shared]
    assert {question.source.split("_")[0] for question in asked} == {"qamr"}
    reported = (repo / "models" / "squad-train" / "README.md").read_text(encoding="utf-8")
    assert f"{len(shared)} of its sentences ({len(asked)} questions)" in " ".join(reported.split())
