"""The hub's parquet becomes the very file that it was made from."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from submission.errors import StageError
from submission.squad.parquet import squad_json

pyarrow = pytest.importorskip("pyarrow", reason="pyarrow comes with `make more`")
parquet = pytest.importorskip("pyarrow.parquet")

MINI = Path(__file__).parents[3] / "models" / "squad-mini" / "mini-v1.1.json"


def rows_of(squad: dict[str, Any]) -> list[dict[str, Any]]:
    """As the hub's builder makes them."""
    return [
        {
            "id": qa["id"],
            "title": article["title"],
            "context": paragraph["context"],
            "question": qa["question"],
            "answers": {
                "text": [answer["text"] for answer in qa["answers"]],
                "answer_start": [answer["answer_start"] for answer in qa["answers"]],
            },
        }
        for article in squad["data"]
        for paragraph in article["paragraphs"]
        for qa in paragraph["qas"]
    ]


def written(folder: Path, rows: list[dict[str, Any]]) -> Path:
    parquet.write_table(pyarrow.Table.from_pylist(rows), folder / "validation.parquet")
    return folder / "validation.parquet"


@pytest.mark.slow
def test_the_dev_set_comes_back_to_the_byte(shared_data: Path, tmp_path: Path) -> None:
    original = (shared_data / "squad" / "dev-v1.1.json").read_bytes()
    made = squad_json(written(tmp_path, rows_of(json.loads(original))))
    assert hashlib.md5(made).hexdigest() == "3e85deb501d4e538b6bc56f786231552"
    assert made == original


def test_articles_paragraphs_and_questions_come_back_in_order(tmp_path: Path) -> None:
    squad = json.loads(MINI.read_text(encoding="utf-8"))
    made = json.loads(squad_json(written(tmp_path, rows_of(squad))))
    assert rows_of(made) == rows_of(squad)
    assert [a["title"] for a in made["data"]] == [a["title"] for a in squad["data"]]


def test_another_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="is not the hub's SQuAD"):
        squad_json(written(tmp_path, [{"id": "1", "text": "x"}]))


def test_answers_of_another_form_are_named(tmp_path: Path) -> None:
    squad = json.loads(MINI.read_text(encoding="utf-8"))
    rows = [row | {"answers": None} for row in rows_of(squad)[:1]]
    with pytest.raises(StageError, match="a row is not a question"):
        squad_json(written(tmp_path, rows))


@pytest.mark.parametrize("content", [b"", b"<html>no parquet</html>"])
def test_a_file_that_is_no_parquet_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(content)
    with pytest.raises(StageError) as stop:
        squad_json(tmp_path / "x.parquet")
    assert "\n" not in stop.value.detail
