"""The rule book for a terminal."""

from __future__ import annotations

from submission.checks.book import BOOK, FAMILIES, RETIRED
from submission.checks.model import EVERYWHERE, Rule
from submission.checks.tried import tried
from submission.checks.words import listed, suggested
from submission.errors import UsageError


def rule_list() -> str:
    """A line for each rule, sorted by id."""
    lines = [f"{rule.id}  {rule.severity:<8} {rule.title}" for rule in _sorted()]
    return "\n".join(lines) + "\n"


def explain(rule_id: str) -> str:
    """Everything about a rule, or of each rule of a family; UsageError if there is neither."""
    if rule_id.upper() in FAMILIES:
        family = [rule for rule in _sorted() if rule.family == rule_id.upper()]
        return "\n".join("\n".join([*_lines(rule), ""]) for rule in family)
    rule = BOOK.get(rule_id.upper())
    if rule_id.upper() in RETIRED:
        raise UsageError(
            f"{rule_id.upper()} is no rule any more",
            detail=RETIRED[rule_id.upper()],
            hint="list the rules with --list-rules",
        )
    if rule is None:
        raise UsageError(
            f"no rule {rule_id!r}",
            detail=f"{len(BOOK)} rules are known{suggested(rule_id.upper(), BOOK)}",
            hint=f"list them with --list-rules; a family is one of {', '.join(FAMILIES)}",
        )
    return "\n".join(_lines(rule)) + "\n"


def divisions(rule: Rule) -> str:
    """The divisions of a rule, in words."""
    return "all divisions" if rule.divisions == EVERYWHERE else listed(rule.divisions)


def _lines(rule: Rule) -> list[str]:
    # imported here: only an explanation reads the tables of all rounds
    from submission.checks.thresholds import threshold_lines  # noqa: PLC0415

    numbers = threshold_lines(rule.id)
    return [
        f"{rule.id} {rule.title}",
        f"  fault:     {rule.fault}",
        f"  severity:  {rule.severity}",
        f"  applies:   to every {rule.scope}, {divisions(rule)}",
        f"  rule:      {rule.reference}",
        f"  fix:       {rule.hint}",
        f"  official:  {rule.official}",
        f"  tried:     on {tried().rules.get(rule.id, 0)} of {tried().results} published results",
        f"  requires:  {listed(rule.requires, 20) or 'nothing'}",
        *(["  numbers of the rounds:"] if numbers else []),
        *(f"    {line}" for line in numbers),
    ]


def _sorted() -> list[Rule]:
    return [BOOK[rule_id] for rule_id in sorted(BOOK)]
