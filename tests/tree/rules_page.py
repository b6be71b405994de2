"""RULES.md: the registry, and for each rule a bad example with what the checker says of it."""

import itertools
from pathlib import Path

from submission.checks.book import BOOK
from submission.checks.facts import Options
from submission.checks.findings import Finding
from submission.checks.model import Rule
from submission.checks.reports.rule_text import divisions
from submission.checks.reports.text import finding_lines
from submission.checks.tree import check_tree
from submission.policy import load_policy, rounds
from tests.fakes.submission_tree import build
from tests.tree.coverage import coverage_lines
from tests.tree.edits import Break
from tests.tree.table import BREAKS

FAMILIES = {
    "TRE": "folders and files",
    "SYS": "system descriptions",
    "BEN": "benchmark folders and scenarios",
    "MEA": "measurements, code and write-ups",
    "CNF": "mlperf.conf and user.conf",
    "DOC": "tables in READMEs",
    "LOG": "LoadGen's two logs",
    "PRF": "runs and their results",
    "LAT": "latency bounds and early stopping",
    "ACC": "accuracy runs",
    "CMP": "compliance tests",
    "PWR": "power",
    "WAV": "waivers",
}
HEAD = """\
# Rules of the checker

Made from the registry by `make golden`; do not edit it. `tools/check_submission.py --explain ID`
shows a rule in the terminal, `--list-rules` all of them.

An **error** rejects the result that it is about, a **warning** asks (and rejects with `--strict`),
a **note** tells. *Official* is what the official checker of the round does about the same fault:
`refuses` (the result is not listed), `logs only` (a line, and "looks OK"), `warns`, `silent`, or
`crashes` (a traceback; the rest of the tree is not looked at). A rule is left out where one that it
*requires* is broken, so that a cause is reported once. Each example is one edit of a good tree; all
that the checker says of it under that rule is shown.
"""


def rules_page(root: Path) -> str:
    """The whole page; the trees of the examples are made below ``root``."""
    parts = [HEAD, "## Rounds\n", *_rounds(), "\n## What is asked, and where\n"]
    parts += coverage_lines()
    for family, rules in itertools.groupby(sorted(BOOK.values(), key=_order), key=_family):
        parts.append(f"\n## {family}: {FAMILIES[family]}\n")
        parts += [_section(rule, root) for rule in rules]
    return "\n".join(parts) + "\n"


def _rounds() -> list[str]:
    return [f"- `--version {name}`: {load_policy(name).covers}." for name in rounds()]


def _family(rule: Rule) -> str:
    return rule.id[:3]


def _order(rule: Rule) -> tuple[int, str]:
    return list(FAMILIES).index(_family(rule)), rule.id


def _section(rule: Rule, root: Path) -> str:
    case = min((c for c in BREAKS if rule.id in c.ids), key=lambda c: len(c.ids))
    requires = f"; requires {', '.join(sorted(rule.requires))}" if rule.requires else ""
    return (
        f"### {rule.id} {rule.title}\n\n"
        f"{rule.severity}; for every {rule.scope}, {divisions(rule)}; official: {rule.official}"
        f"{requires}  \n"
        f"Source: {rule.reference}\n\n"
        f"Bad example: {case.name} ({case.kind})\n\n"
        f"```text\n{_output(rule, case, root)}\n```\n"
    )


def _output(rule: Rule, case: Break, root: Path) -> str:
    """What the checker says; an example that root cannot break is told in words."""
    if case.needs_user:
        return f"(depends on who runs the checker) fix:  {rule.hint}"
    folder = root / rule.id
    folder.mkdir()
    tree = build(case.kind, folder, load_policy("v3.0"))
    case.edit(tree)
    options = Options(more_power_check=case.thorough)
    report = check_tree(folder, options=options, waivers=case.waivers)
    return "\n".join(line for finding in report.findings for line in _words(finding, rule))


def _words(finding: Finding, rule: Rule) -> list[str]:
    return finding_lines(finding) if finding.rule == rule.id else []
