"""A SQuAD v1.1 file as examples, in the order of the file.

Source of the form: Rajpurkar et al. 2016, "SQuAD: 100,000+ Questions for Machine Comprehension
of Text": articles (``data``) hold paragraphs, a paragraph has one ``context`` and questions
(``qas``), a question has an ``id`` and reference ``answers``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submission.errors import StageError

VERSION = "1.1"
# the data set of the round's accuracy, by the name of its manifest, and its questions
SQUAD = "squad"
DEV_QUESTIONS = 10_570
HINT = "name a SQuAD v1.1 JSON file such as dev-v1.1.json, complete and unchanged"


@dataclass(frozen=True, kw_only=True)
class Example:
    """One question about one paragraph; ``context`` is the text exactly as in the file."""

    qid: str
    question: str
    context: str
    answers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """All questions of a file in its order; ``sha256`` is that of the file's bytes."""

    examples: tuple[Example, ...]
    sha256: str


def load_dataset(path: Path) -> Dataset:
    """Read a SQuAD v1.1 file.

    Raises StageError, which names the article, paragraph and question, for a file that cannot
    be read, is not JSON, is not SQuAD v1.1, holds no question or holds a question id twice.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
    examples = tuple(_Walk(path).examples(_parsed(path, content)))
    if not examples:
        raise _not_squad(path, "the file", "it holds no question")
    _refuse_repeated_ids(path, examples)
    return Dataset(examples=examples, sha256=hashlib.sha256(content).hexdigest())


def check_offsets(path: Path) -> None:
    """Raise StageError unless every answer stands at its offset, and no question is SQuAD v2's.

    Blank answers, which no answer of a model can equal, and texts that are no Unicode are refused.

    A data set of one's own is checked so once; scoring reads the texts alone.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
    _Walk(path).check_offsets(_parsed(path, content))


def _unreadable(path: Path, error: OSError) -> StageError:
    return StageError(
        "the data set cannot be read",
        detail=f"{path}: {error.strerror or error}",
        hint="check that the file exists and can be read",
    )


def _parsed(path: Path, content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise StageError(
            "the data set is not JSON", detail=f"{path}: {error}".replace("\n", " "), hint=HINT
        ) from error


def _not_squad(path: Path, place: str, trouble: str, hint: str = HINT) -> StageError:
    return StageError(
        "the data set is not SQuAD v1.1", detail=f"{path}: {place}: {trouble}", hint=hint
    )


def _refuse_repeated_ids(path: Path, examples: tuple[Example, ...]) -> None:
    seen: dict[str, int] = {}
    for number, example in enumerate(examples):
        first = seen.setdefault(example.qid, number)
        if first != number:
            place = f"question {number + 1} of the file"
            trouble = f'"id" {example.qid!r} is also that of question {first + 1}'
            raise _not_squad(path, place, trouble)


class _Walk:
    """Walks the levels of a file; errors name the article, paragraph and question."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def examples(self, root: Any) -> Iterator[Example]:
        version = self._field(root, "version", str, "the file")
        if version != VERSION:
            trouble = f'"version" is {version!r}, not "{VERSION}"'
            hint = f'write "{VERSION}" if every question has an answer; {HINT}'
            raise _not_squad(self._path, "the file", trouble, hint)
        for number, article in enumerate(self._field(root, "data", list, "the file")):
            yield from self._article(article, f"article {number}")

    def check_offsets(self, root: Any) -> None:
        """Raise StageError for the first answer elsewhere, or question without an answer."""
        for number, article in enumerate(self._field(root, "data", list, "the file")):
            place = f"article {number}"
            for n, paragraph in enumerate(self._field(article, "paragraphs", list, place)):
                inner = f"{place}, paragraph {n}"
                context = self._whole(paragraph, "context", inner)
                for q, qa in enumerate(self._field(paragraph, "qas", list, inner)):
                    self._check_answers(qa, context, f"{inner}, question {q}")

    def _check_answers(self, qa: Any, context: str, place: str) -> None:
        place = f"{place} ({self._text(qa, 'id', place)})"
        if qa.get("is_impossible"):
            trouble = "it is unanswerable, which only the second version of SQuAD knows"
            hint = f"leave the questions out whose is_impossible is true; {HINT}"
            raise _not_squad(self._path, place, trouble, hint)
        self._whole(qa, "question", place)
        for answer in self._field(qa, "answers", list, place):
            text = self._whole(answer, "text", place)
            start = self._field(answer, "answer_start", int, place)
            if start < 0 or context[start : start + len(text)] != text:
                there = context.find(text)
                hint = (
                    f"it stands at {there} of the context: correct its answer_start"
                    if there >= 0
                    else "it stands nowhere in the context: correct the answer or the context"
                )
                trouble = f"its answer {text[:40]!r} does not stand at answer_start {start}"
                raise _not_squad(self._path, place, trouble, hint)

    def _article(self, article: Any, place: str) -> Iterator[Example]:
        for number, paragraph in enumerate(self._field(article, "paragraphs", list, place)):
            yield from self._paragraph(paragraph, f"{place}, paragraph {number}")

    def _paragraph(self, paragraph: Any, place: str) -> Iterator[Example]:
        context = self._text(paragraph, "context", place)
        for number, qa in enumerate(self._field(paragraph, "qas", list, place)):
            yield self._example(qa, context, f"{place}, question {number}")

    def _example(self, qa: Any, context: str, place: str) -> Example:
        qid = self._text(qa, "id", place)
        place = f"{place} ({qid})"
        answers = self._field(qa, "answers", list, place)
        if not answers:
            raise _not_squad(self._path, place, "it has no reference answer")
        return Example(
            qid=qid,
            question=self._text(qa, "question", place),
            context=context,
            answers=tuple(self._field(answer, "text", str, place) for answer in answers),
        )

    def _text(self, value: Any, key: str, place: str) -> str:
        text: str = self._field(value, key, str, place)
        if not text.strip():
            raise _not_squad(self._path, place, f'"{key}" is blank')
        return text

    def _whole(self, value: Any, key: str, place: str) -> str:
        """A text that is not blank and can be written as UTF-8."""
        text = self._text(value, key, place)
        try:
            text.encode()
        except UnicodeEncodeError as error:
            trouble = f'"{key}" holds half of a surrogate pair at character {error.start}'
            raise _not_squad(self._path, place, trouble) from error
        return text

    def _field(self, value: Any, key: str, kind: type, place: str) -> Any:
        if not isinstance(value, dict):
            raise _not_squad(self._path, place, f"expected an object, found {_kind(value)}")
        if key not in value:
            raise _not_squad(self._path, place, f'"{key}" is missing')
        found = value[key]
        if not isinstance(found, kind):
            trouble = f'"{key}" is {_kind(found)}, not {_NAMES[kind]}'
            raise _not_squad(self._path, place, trouble)
        return found


_NAMES: dict[type, str] = {
    int: "a whole number",
    str: "a text",
    list: "a list",
    dict: "an object",
    bool: "a truth value",
}


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    return _NAMES.get(type(value), "a number")
