"""The list of evidence as a page of Markdown: what is compared, and what no file can show."""

from __future__ import annotations

from collections.abc import Iterator

from submission.review.evidence.book import BOOK, UNSEEN

HEAD = """# Evidence

What `verify` compares in a tree, in its order; written by `make golden` and `verify --page`. Each
line gives the number of comparisons; a line without anything to compare is a difference, unless the
tree says itself why it has none. Lines that need the image are skipped outside of it, and the last
line of the output names them.
`check` judges the same files by the rules of the round (RULES.md), `score` recomputes F1 from the
whole accuracy log, `reproduce` measures again.

| kind | what the tree says | what must agree with it | needs |
|---|---|---|---|
"""
UNSEEN_HEAD = """
## What no file can show

| a false | passes because | what helps |
|---|---|---|
"""


def evidence_page() -> str:
    """The page in Markdown: a table of what is compared, one of what cannot be seen."""
    return HEAD + "".join(_rows()) + UNSEEN_HEAD + "".join(_unseen())


def _rows() -> Iterator[str]:
    for each in BOOK:
        yield f"| {each.kind} | {each.statement} | {each.against} | {each.needs} |\n"


def _unseen() -> Iterator[str]:
    for each in UNSEEN:
        yield f"| {each.what} | {each.why} | {each.helps} |\n"
