"""Build the small question set from its source and check it.

    python build.py                     write mini-v1.1.json
    python build.py --check             compare and check the committed file
    python build.py --check --vocab F   also print lengths in WordPiece tokens

A source file is one article::

    # Title

    A paragraph, on as many lines as it likes.

    - A question? | answer | a variant of the answer

An answer is quoted from its paragraph word for word. Where it occurs more than once, a variant
means the place that overlaps the first answer; else say which: ``answer {2}`` is the second.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import NamedTuple, TypedDict

HERE = Path(__file__).resolve().parent
MIN_PARAGRAPHS = 60
MIN_QUESTIONS = 300
MAX_ANSWERS = 3
SEQUENCE_LENGTH = 384
SPECIAL_TOKENS = 3  # [CLS] question [SEP] context [SEP]
ORDINAL = re.compile(r"^(?P<text>.*\S)\s*\{(?P<ordinal>[1-9])\}$")


class Answer(TypedDict):
    """One reference answer and its place in the paragraph, in characters."""

    answer_start: int
    text: str


class Question(TypedDict):
    """One question and its reference answers."""

    id: str
    question: str
    answers: list[Answer]


class Paragraph(TypedDict):
    """A text and the questions about it."""

    context: str
    qas: list[Question]


class Article(TypedDict):
    """Paragraphs under one title."""

    title: str
    paragraphs: list[Paragraph]


class Dataset(TypedDict):
    """The whole file, in the form of SQuAD v1.1."""

    version: str
    data: list[Article]


class Asked(NamedTuple):
    """A question and where it stands."""

    where: str
    context: str
    qa: Question


class SourceError(Exception):
    """The source cannot be turned into a question set; the message names the place."""


def place(title: str, number: int, question: str = "") -> str:
    """Name an article, a paragraph (counted from 1) and a question for a message."""
    name = f"article '{title}', paragraph {number}"
    return f"{name}, question '{question}'" if question else name


def question_id(title: str, number: int, question: str) -> str:
    """24 hex digits that stay the same as long as the question does."""
    return hashlib.sha1(f"{title}/{number}/{question}".encode()).hexdigest()[:24]  # noqa: S324


def occurrences(context: str, text: str) -> list[int]:
    """Where a text begins in a paragraph, whole words only."""
    pattern = rf"(?=(?<!\w){re.escape(text)}(?!\w))"
    if not text[0].isalnum():
        pattern = pattern.replace(r"(?<!\w)", "")
    if not text[-1].isalnum():
        pattern = pattern.replace(r"(?!\w)", "")
    return [found.start() for found in re.finditer(pattern, context)]


def find_answer(context: str, quoted: str, first: Answer | None, where: str) -> Answer:
    """Locate a quoted answer; `first` settles where a repeated variant is meant."""
    marked = ORDINAL.match(quoted)
    text = marked["text"] if marked else quoted
    starts = occurrences(context, text)
    if marked:
        starts = starts[int(marked["ordinal"]) - 1 :][:1]
    elif len(starts) > 1 and first is not None:
        low, high = first["answer_start"], first["answer_start"] + len(first["text"])
        starts = [start for start in starts if start < high and low < start + len(text)]
    if not starts:
        raise SourceError(f"{where}: answer '{quoted}' is not in the paragraph")
    if len(starts) > 1:
        raise SourceError(f"{where}: answer '{quoted}' occurs {len(starts)} times; add {{1}}, ...")
    return {"answer_start": starts[0], "text": text}


def parse_question(line: str, title: str, number: int, context: str) -> Question:
    """Read one line ``- question | answer | variant``."""
    question, *quoted = [part.strip() for part in line.removeprefix("- ").split("|")]
    where = place(title, number, question)
    if not quoted or not all(quoted):
        raise SourceError(f"{where}: no answer, or an empty one")
    answers: list[Answer] = []
    for text in quoted:
        first = answers[0] if answers else None
        answers.append(find_answer(context, text, first, where))
    return {"id": question_id(title, number, question), "question": question, "answers": answers}


def parse_article(text: str, name: str) -> Article:
    """Read one source file."""
    heading, *blocks = [block for block in re.split(r"\n\s*\n", text.strip()) if block]
    if not heading.startswith("# "):
        raise SourceError(f"{name}: the first line is not '# Title'")
    title = heading[2:].strip().replace(" ", "_")
    paragraphs: list[Paragraph] = []
    for block in blocks:
        if not block.startswith("- "):
            paragraphs.append({"context": " ".join(block.split()), "qas": []})
            continue
        if not paragraphs:
            raise SourceError(f"{name}: questions before the first paragraph")
        for line in block.splitlines():
            if not line.startswith("- "):
                raise SourceError(f"{name}: expected '- question | answer', got '{line}'")
            context = paragraphs[-1]["context"]
            qa = parse_question(line, title, len(paragraphs), context)
            paragraphs[-1]["qas"].append(qa)
    return {"title": title, "paragraphs": paragraphs}


def build(source: Path) -> Dataset:
    """Read every source file, in the order of their names."""
    files = sorted(source.glob("*.md"))
    return {
        "version": "1.1",
        "data": [parse_article(file.read_text(encoding="utf-8"), file.name) for file in files],
    }


def render(dataset: Dataset) -> str:
    """The file's text: plain ASCII, so that it reads the same under any locale."""
    return json.dumps(dataset, indent=1) + "\n"


def asked(dataset: Dataset) -> list[Asked]:
    """Every question with its place and paragraph."""
    return [
        Asked(place(article["title"], number, qa["question"]), paragraph["context"], qa)
        for article in dataset["data"]
        for number, paragraph in enumerate(article["paragraphs"], 1)
        for qa in paragraph["qas"]
    ]


def answer_problem(context: str, answer: Answer) -> str | None:
    """What is wrong with one answer, or nothing."""
    text, start = answer["text"], answer["answer_start"]
    if not text or text not in context:
        return f"answer '{text}' is not in the paragraph"
    if start < 0 or not context.startswith(text, start):
        return f"answer '{text}' is not at character {start}"
    return None


def size_problems(dataset: Dataset) -> list[str]:
    """Name what is too small, and paragraphs without questions."""
    problems = [
        f"{place(article['title'], number)}: no questions"
        for article in dataset["data"]
        for number, paragraph in enumerate(article["paragraphs"], 1)
        if not paragraph["qas"]
    ]
    paragraphs = sum(len(article["paragraphs"]) for article in dataset["data"])
    questions = len(asked(dataset))
    if paragraphs < MIN_PARAGRAPHS:
        problems.append(f"{paragraphs} paragraphs, at least {MIN_PARAGRAPHS} are needed")
    if questions < MIN_QUESTIONS:
        problems.append(f"{questions} questions, at least {MIN_QUESTIONS} are needed")
    return problems


def verify(dataset: Dataset) -> list[str]:
    """Every problem of a question set; none when it is sound."""
    problems = size_problems(dataset)
    seen: dict[str, str] = {}
    for where, context, qa in asked(dataset):
        if not re.fullmatch(r"[0-9a-f]{24}", qa["id"]):
            problems.append(f"{where}: id '{qa['id']}' is not 24 hex digits")
        if qa["id"] in seen:
            problems.append(f"{where}: id {qa['id']} is also that of {seen[qa['id']]}")
        seen.setdefault(qa["id"], where)
        count = len(qa["answers"])
        if not 1 <= count <= MAX_ANSWERS:
            problems.append(f"{where}: {count} answers, 1 to {MAX_ANSWERS} are allowed")
        found = (answer_problem(context, answer) for answer in qa["answers"])
        problems += [f"{where}: {problem}" for problem in found if problem]
    return problems


def check(committed: Path, source: Path) -> list[str]:
    """Compare the committed file with its source, and verify what it says."""
    if not committed.is_file():
        return [f"{committed.name} is missing; run build.py"]
    text = committed.read_text(encoding="utf-8")
    problems = verify(json.loads(text))
    if text != render(build(source)):
        problems.append(f"{committed.name} is not what {source.name}/ gives; run build.py")
    return problems


def spread(name: str, lengths: list[int]) -> str:
    """One line of statistics."""
    ordered = sorted(lengths)
    middle, high = ordered[len(ordered) // 2], ordered[len(ordered) * 9 // 10]
    mean = sum(ordered) / len(ordered)
    return (
        f"{name}: min {ordered[0]}, median {middle}, mean {mean:.1f}, 90% {high}, max {ordered[-1]}"
    )


def length_statistics(dataset: Dataset, vocab: Path) -> list[str]:
    """Lengths in WordPiece tokens of contexts, questions and whole inputs."""
    from tokenizers import BertWordPieceTokenizer  # noqa: PLC0415 - only this option needs it

    tokenizer = BertWordPieceTokenizer(str(vocab), lowercase=True)

    def length(text: str) -> int:
        return len(tokenizer.encode(text, add_special_tokens=False).ids)

    paragraphs = [p["context"] for article in dataset["data"] for p in article["paragraphs"]]
    contexts = {context: length(context) for context in paragraphs}
    questions = [(length(item.qa["question"]), item.context) for item in asked(dataset)]
    whole = [count + contexts[context] + SPECIAL_TOKENS for count, context in questions]
    longer = sum(count > SEQUENCE_LENGTH for count in whole)
    return [
        spread("context tokens", list(contexts.values())),
        spread("question tokens", [count for count, _ in questions]),
        spread("input tokens", whole),
        f"inputs longer than {SEQUENCE_LENGTH} tokens: {longer} of {len(whole)}",
    ]


def summary(dataset: Dataset) -> str:
    """One line of counts."""
    paragraphs = sum(len(article["paragraphs"]) for article in dataset["data"])
    questions = asked(dataset)
    answers = sum(len(item.qa["answers"]) for item in questions)
    return (
        f"{len(dataset['data'])} articles, {paragraphs} paragraphs, "
        f"{len(questions)} questions, {answers} answers"
    )


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--check", action="store_true", help="check the file, write nothing")
    parser.add_argument("--vocab", type=Path, help="print lengths with this WordPiece vocabulary")
    parser.add_argument("--source", type=Path, default=HERE / "source")
    parser.add_argument("--output", type=Path, default=HERE / "mini-v1.1.json")
    return parser.parse_args()


def run(chosen: argparse.Namespace) -> list[str]:
    """Build or check as chosen; the problems found."""
    dataset = build(chosen.source)
    problems = check(chosen.output, chosen.source) if chosen.check else verify(dataset)
    if problems:
        return problems
    if not chosen.check:
        chosen.output.write_text(render(dataset), encoding="utf-8")
    print(summary(dataset))
    if chosen.vocab:
        print("\n".join(length_statistics(dataset, chosen.vocab)))
    return []


def main() -> int:
    """Run and say what is wrong; 0 when nothing is."""
    try:
        problems = run(options())
    except (SourceError, OSError, ValueError) as error:
        problems = [str(error)]
    except (KeyError, TypeError) as error:
        problems = [f"the file is not in the form of SQuAD v1.1 ({error})"]
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
