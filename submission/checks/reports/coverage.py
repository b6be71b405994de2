"""``--coverage``: which question of the official checkers and of the written rules is covered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from submission.checks.book import BOOK
from submission.checks.coverage import (
    BY_USAGE,
    NOT_COVERED,
    OFFICIAL,
    WRITTEN,
    named_rules,
    rules_in,
)

FURTHER = "rules of this checker that answer none of these"


def coverage_text() -> str:
    """Each question with the rules that ask it here, or why none does; then the other rules.

    RULES.md says of each rule what the official checker does about the same fault.
    """
    lines = list(_questions("official checkers", OFFICIAL))
    lines += ["", *_questions("written rules", WRITTEN)]
    further = sorted(BOOK.keys() - named_rules())
    lines += ["", f"{FURTHER}: {len(further)}"]
    lines += [f"  {BOOK[rule].id} {BOOK[rule].title} ({BOOK[rule].reference})" for rule in further]
    return "\n".join(lines) + "\n"


def _questions(name: str, table: Iterable[tuple[str, str]]) -> Iterator[str]:
    every = list(table)
    lacking = sum(answer.startswith(NOT_COVERED) for _, answer in every)
    yield f"{name}: {len(every)} questions, {len(every) - lacking} covered, {lacking} not"
    for question, answer in every:
        yield f"  {question}"
        if answer.startswith(NOT_COVERED):
            yield f"      not covered: {answer.removeprefix(NOT_COVERED)}"
        elif answer.startswith(BY_USAGE):
            yield f"      by the command line: {answer.removeprefix(BY_USAGE)}"
        else:
            yield f"      {', '.join(rules_in(answer))}"
