"""Training questions from files of two forms, and the part of them that training never sees.

SQuAD's form (Rajpurkar et al. 2016) is that of SQuADShifts (Miller et al. 2020); QAMR (Michael et
al. 2018) comes as tab-separated questions about sentences that lie in a file of their own.
"""

from __future__ import annotations

import json
import lzma
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submission.errors import StageError

PENN_MARKS = {"``": '"', "''": '"', "-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]"}
_QUESTION, _ANSWER = 5, 6
HINT = "give training data in SQuAD's form (.json) or QAMR's (.tsv and its sentences), .xz or not"


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question, and the answer's place in its context: characters [start, stop)."""

    text: str
    context: str
    start: int
    stop: int
    answers: tuple[str, ...]
    source: str


def read_squad(path: Path) -> list[Question]:
    """Every question of a file in SQuAD's form; raises StageError for another form."""
    try:
        return list(_squad(json.loads(_text(path)), path.name))
    except (OSError, ValueError, LookupError, TypeError, lzma.LZMAError) as error:
        raise _unfit(path, error) from error


def read_qamr(path: Path, sentences: Path) -> list[Question]:
    """Questions of QAMR whose answer is one run of words; raises StageError for another form."""
    try:
        rows = (line.split("\t") for line in _text(sentences).splitlines() if line)
        words = {key: [PENN_MARKS.get(word, word) for word in text.split()] for key, text in rows}
        lines = (line.split("\t") for line in _text(path).splitlines() if line)
        return list(_qamr(lines, words, path.name))
    except (OSError, ValueError, LookupError, lzma.LZMAError) as error:
        raise _unfit(path, error) from error


def held_out(question: Question, *, share: float) -> bool:
    """Whether selection, and never training, may use a question: by its context, whole contexts."""
    return zlib.crc32(question.context.encode()) % 10_000 < share * 10_000


def _squad(root: Any, source: str) -> Iterator[Question]:
    for article in root["data"]:
        for paragraph in article["paragraphs"]:
            for qa in paragraph["qas"]:
                first = qa["answers"][0]
                yield Question(
                    text=qa["question"].strip(),
                    context=paragraph["context"],
                    start=first["answer_start"],
                    stop=first["answer_start"] + len(first["text"]),
                    answers=tuple(answer["text"] for answer in qa["answers"]),
                    source=source,
                )


def _qamr(
    lines: Iterable[list[str]], words: Mapping[str, list[str]], source: str
) -> Iterator[Question]:
    for fields in lines:
        places = [int(place) for place in fields[_ANSWER].split()]
        if not places or places != list(range(places[0], places[-1] + 1)):
            continue  # a span is all that the model can point at
        sentence = words[fields[0]]
        if not 0 <= places[0] <= places[-1] < len(sentence):
            raise ValueError(f"no words {fields[_ANSWER]} in sentence {fields[0]}")
        before = sum(len(word) + 1 for word in sentence[: places[0]])
        answer = " ".join(sentence[places[0] : places[-1] + 1])
        yield Question(
            text=fields[_QUESTION].strip(),
            context=" ".join(sentence),
            start=before,
            stop=before + len(answer),
            answers=(answer,),
            source=source,
        )


def _text(path: Path) -> str:
    raw = path.read_bytes()
    return (lzma.decompress(raw) if path.suffix == ".xz" else raw).decode()


def _unfit(path: Path, error: Exception) -> StageError:
    return StageError("the training data cannot be read", detail=f"{path}: {error!r}", hint=HINT)
