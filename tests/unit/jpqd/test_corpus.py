"""Training data of two forms, and what training may never see."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch comes with the group train")

from submission.errors import StageError
from submission.jpqd.corpus import held_out, read_qamr, read_squad
from tests.unit.jpqd.tiny import questions

ROOT = Path(__file__).parents[3]
SHARED = ROOT.parent / "shared" / "data"
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
def test_a_question_in_squads_form_points_at_its_first_answer(tmp_path, end):
    raw = json.dumps(SQUAD).encode()
    path = tmp_path / f"some.json{end}"
    path.write_bytes(lzma.compress(raw) if end else raw)
    (found,) = read_squad(path)
    assert (found.text, found.context[found.start : found.stop]) == ("Who sat?", "cat")
    assert found.answers == ("cat", "A cat")


def test_an_answer_of_qamr_is_its_words_as_they_are_written(tmp_path):
    (found,) = qamr(tmp_path, row("Which dog?", "1 2 3 4"))
    assert found.context == 'The " big " dog ( old ) ran home'
    assert found.context[found.start : found.stop] == found.answers[0] == '" big " dog'


def test_words_of_qamr_that_are_no_run_are_left_out(tmp_path):
    found = qamr(
        tmp_path, row("Gap?", "1 3"), row("Back?", "4 3"), row("None?", ""), row("Ok?", "8")
    )
    assert [question.text for question in found] == ["Ok?"]


@pytest.mark.parametrize(
    "text", ["", "[]", '{"data": [{}]}', '{"data": [{"paragraphs": [{"qas": [{}]}]}]}', "{"]
)
def test_a_file_that_is_not_in_squads_form_is_named(tmp_path, text):
    path = tmp_path / "bad.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StageError) as caught:
        read_squad(path)
    assert "cannot be read" in caught.value.what
    assert "bad.json" in caught.value.detail
    assert "SQuAD" in caught.value.hint


@pytest.mark.parametrize("bad", ["S:1\tonly two", row("Q?", "one"), row("Q?", "40 41")])
def test_a_file_that_is_not_in_qamrs_form_is_named(tmp_path, bad):
    with pytest.raises(StageError, match="cannot be read") as caught:
        qamr(tmp_path, bad)
    assert "q.tsv" in caught.value.detail


def test_a_sentence_that_is_missing_and_a_broken_archive_are_named(tmp_path):
    with pytest.raises(StageError):
        qamr(tmp_path, row("Q?", "1"), sentences="S:2\tother\n")
    (tmp_path / "cut.json.xz").write_bytes(lzma.compress(b"{}")[:-9])
    with pytest.raises(StageError):
        read_squad(tmp_path / "cut.json.xz")
    with pytest.raises(StageError):
        read_squad(tmp_path / "absent.json")


def test_a_part_is_held_out_by_whole_contexts_and_the_same_part_every_time():
    made = questions(3000)
    out = [held_out(question, share=0.1) for question in made]
    assert 0.07 < sum(out) / len(out) < 0.13
    twins = [type(q)(**{**vars(q), "text": "another question"}) for q in made]
    assert [held_out(question, share=0.1) for question in twins] == out
    assert not any(held_out(question, share=0.0) for question in made)


def training_folder() -> Path:
    for folder in (ROOT / "models" / "squad-train", SHARED / "train"):
        if any(folder.rglob("new_wiki*.xz")):
            return folder
    pytest.skip(
        "neither models/squad-train nor shared/data/train is here: no overlap was looked for"
    )


def runs_of(context: str, length: int = 12) -> Iterator[str]:
    """Every run of so many words."""
    words = context.lower().split()
    return (" ".join(words[place : place + length]) for place in range(len(words) - length + 1))


def test_nothing_of_squads_dev_set_is_in_the_training_data():
    folder, dev_path = training_folder(), SHARED / "squad" / "dev-v1.1.json"
    if not dev_path.exists():
        pytest.skip(
            "no shared/data/squad/dev-v1.1.json beside the checkout: no overlap was looked for"
        )
    found = [q for path in folder.rglob("*_v1.0.json.xz") for q in read_squad(path)]
    (sentences,) = folder.rglob("qamr_wiki-sentences.tsv.xz")
    for part in ("dev", "test"):
        (path,) = folder.rglob(f"qamr_{part}.tsv.xz")
        found += read_qamr(path, sentences)
    dev = read_squad(dev_path)
    assert len(dev) == 10570
    assert len(found) > 40_000
    assert {q.context for q in found} & {q.context for q in dev} == set()
    pairs = [{(q.text.lower(), q.answers[0].lower()) for q in side} for side in (found, dev)]
    assert pairs[0] & pairs[1] == set()
    runs = {run for context in {q.context for q in dev} for run in runs_of(context)}
    openings = {next(runs_of(q.context), "") for q in found} - {""}
    assert openings & runs == set()
