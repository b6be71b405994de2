"""Rebuilds the JSON file of SQuAD v1.1 from the hub's parquet.

The hub keeps one row a question, in the order of the file: ``id``, ``title``, ``context``,
``question``, and ``answers`` with ``text`` and ``answer_start``. Articles are runs of one title,
paragraphs runs of one context. The original was written by Python's ``json``, so the bytes
are the same; the caller verifies a checksum.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from submission.errors import StageError, words_of
from submission.squad.dataset import VERSION

COLUMNS = ("id", "title", "context", "question", "answers")


def squad_json(parquet: Path) -> bytes:
    """The SQuAD v1.1 JSON of ``parquet``.

    Raises StageError if pyarrow is not installed, or the file is not of that form.
    """
    rows = _rows(parquet)
    try:
        articles = [
            {"title": title, "paragraphs": _paragraphs(of_title)}
            for title, of_title in groupby(rows, key=itemgetter("title"))
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise _unfit(parquet, f"a row is not a question of SQuAD v1.1: {error!r}") from error
    return json.dumps({"data": articles, "version": VERSION}).encode()


def _rows(parquet: Path) -> list[dict[str, Any]]:
    try:
        # installed by `make more`; only this source needs it
        from pyarrow import ArrowException  # noqa: PLC0415
        from pyarrow.parquet import read_table  # noqa: PLC0415
    except ImportError as error:
        raise StageError(
            "reading parquet needs pyarrow",
            detail=f"import pyarrow: {error}",
            hint="run `make more` or pip install pyarrow, or fetch the JSON file itself",
        ) from error
    try:
        rows: list[dict[str, Any]] = read_table(parquet, columns=list(COLUMNS)).to_pylist()
    except (ArrowException, OSError, KeyError, ValueError) as error:
        raise _unfit(parquet, words_of(error)) from error
    return rows


def _paragraphs(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"context": context, "qas": [_question(row) for row in of_context]}
        for context, of_context in groupby(rows, key=itemgetter("context"))
    ]


def _question(row: Mapping[str, Any]) -> dict[str, Any]:
    answers = row["answers"]
    pairs = zip(answers["answer_start"], answers["text"], strict=True)
    return {
        "answers": [{"answer_start": start, "text": text} for start, text in pairs],
        "question": row["question"],
        "id": row["id"],
    }


def _unfit(parquet: Path, why: str) -> StageError:
    return StageError(
        f"{parquet.name} is not the hub's SQuAD v1.1",
        detail=f"{parquet}: {why}",
        hint="fetch dev-v1.1.json itself, or provide it with --mirror",
    )
