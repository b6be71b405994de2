"""RULES.md: the rounds, and one line for each rule."""

from __future__ import annotations

from textwrap import fill

from submission.checks.book import BOOK, FAMILIES, RETIRED
from submission.checks.model import EVERYWHERE, Rule
from submission.checks.tried import tried
from submission.policy import load_policy, rounds

HEAD = """\
# Rules of the checker

Written by `tools/check_submission.py --rules-page`; do not edit it. `--explain ID` says what to do
about a rule and which others it requires; `--version` gives the round.

An **error** rejects the result that it is about, a **warning** asks (and rejects with
`--strict`), a **note** informs. *Official* is what the official checker of the round does about
the same fault: `refuses` (the result is not listed), `logs only` (a line, and "looks OK"), `warns`,
`silent`, or `crashes` (a traceback; the rest of the tree is not looked at). *Tried* says about how
many of {results} published results the rule was asked: it applies to them, and the rules that it
requires hold (rules on power and compliance tests: where there are some; rules on figures that
follow from others: where a log has them).
"""
WIDTH = 99
COLUMNS = ("id", "rule", "severity", "scope", "source", "official", "tried")
NOT_CHECKED = """\
Some written rules are about what no file of a tree shows: that an available system can be
bought, on which data an open model was trained, that code detects no benchmark and caches nothing
(the compliance tests look for that). Free text in a system description, such as memory with ECC or
the bandwidth of a network, is asked for and not judged.
"""


def rules_page() -> str:
    """The page in Markdown."""
    lines = [HEAD.format(results=tried().results), "## Rounds", ""]
    lines += [f"- {name}: {load_policy(name).covers}." for name in rounds()]
    lines += ["", "## What no rule checks", "", NOT_CHECKED]
    families = "; ".join(f"{family}: {about}" for family, about in FAMILIES.items())
    lines += ["## Rules", "", fill(f"{families}.", WIDTH), ""]
    lines += [_row(COLUMNS), _row(["---"] * len(COLUMNS))]
    lines += [_row(_cells(rule)) for rule in sorted(BOOK.values(), key=_place)]
    if RETIRED:
        lines += ["", "## Retired", ""]
        lines += [f"- {rule}: {why}" for rule, why in sorted(RETIRED.items())]
    return "\n".join(lines) + "\n"


def _place(rule: Rule) -> tuple[int, str]:
    return list(FAMILIES).index(rule.family), rule.id


def _cells(rule: Rule) -> tuple[str, ...]:
    about = str(rule.scope)
    if rule.divisions != EVERYWHERE:
        about += f" ({', '.join(sorted(rule.divisions))})"
    return (
        rule.id,
        rule.title,
        str(rule.severity),
        about,
        rule.reference,
        str(rule.official),
        str(tried().rules.get(rule.id, 0)),
    )


def _row(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
