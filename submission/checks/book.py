"""All rules, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter

from submission.checks.model import Rule, Scope
from submission.checks.rules import (
    accuracy,
    accuracy_figures,
    anomalies,
    benchmark,
    compliance,
    compliance_clocks,
    compliance_files,
    compliance_outputs,
    compliance_scores,
    conf,
    description,
    document,
    endpoints,
    evidence,
    figure,
    follows,
    latency,
    loadgen,
    log,
    measurement,
    pairing,
    performance,
    power,
    power_evidence,
    power_session,
    setting,
    submitter,
    summary,
    system,
    tree,
    truncation,
)
from submission.errors import UsageError

MODULES = (
    tree,
    anomalies,
    submitter,
    system,
    description,
    benchmark,
    measurement,
    evidence,
    conf,
    document,
    log,
    loadgen,
    summary,
    performance,
    endpoints,
    setting,
    figure,
    follows,
    latency,
    accuracy,
    accuracy_figures,
    truncation,
    pairing,
    compliance,
    compliance_clocks,
    compliance_files,
    compliance_outputs,
    compliance_scores,
    power,
    power_evidence,
    power_session,
)

FAMILIES: Mapping[str, str] = {
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
"""What the rules of a family are about; a family is the three letters of an id."""

RETIRED: Mapping[str, str] = {}
"""Ids that were rules once, and why they are none now; they are never given to another rule."""

CAUSES = frozenset({"TRE003", "TRE010", "TRE011", "TRE019", "TRE021"})
"""Rules on what is no file or folder of its own: what else is said of it follows from that."""

BUG = "BUG001"
"""The id of a finding about a fault of the checker itself."""


def _book() -> dict[str, Rule]:
    """The rules of all modules, each after those that it requires."""
    rules: dict[str, Rule] = {}
    for module in MODULES:
        for found in vars(module).values():
            if isinstance(found, Rule) and rules.setdefault(found.id, found) is not found:
                raise ValueError(f"two rules have the id {found.id}")
    order = TopologicalSorter({rule.id: rule.requires for rule in rules.values()}).static_order()
    return {rule_id: rules[rule_id] for rule_id in order}


BOOK = _book()


INTEGRITY = frozenset(
    found.id
    for module in (log, summary, loadgen, figure, follows, truncation)
    for found in vars(module).values()
    if isinstance(found, Rule)
)
"""Rules on whether a log is whole and what LoadGen wrote; no waiver lifts them."""


def rules_of(scope: Scope, chosen: Iterable[str]) -> tuple[Rule, ...]:
    """The chosen rules of a scope, each after those that it requires."""
    wanted = set(chosen)
    return tuple(rule for rule in BOOK.values() if rule.scope is scope and rule.id in wanted)


def with_required(chosen: Iterable[str]) -> frozenset[str]:
    """The chosen rules and all that they require, near or far."""
    found: set[str] = set()
    waiting = list(chosen)
    while waiting:
        rule_id = waiting.pop()
        if rule_id not in found:
            found.add(rule_id)
            waiting += BOOK[rule_id].requires
    return frozenset(found)


def choose(select: Iterable[str], ignore: Iterable[str]) -> tuple[str, ...]:
    """Rule ids by ids or their beginnings (``PRF``); raises UsageError for what matches none."""
    selected = matching(select) if list(select) else set(BOOK)
    chosen = selected - matching(ignore)
    if not chosen:
        raise UsageError(
            "no rule is left",
            detail="--ignore takes away all that --select chose",
            hint="ignore fewer rules; what nothing judges did not pass",
        )
    return tuple(sorted(chosen))


def matching(words: Iterable[str]) -> set[str]:
    """The rules of these ids or beginnings; raises UsageError for a word that matches none."""
    found: set[str] = set()
    for word in words:
        hits = {rule_id for rule_id in BOOK if word and rule_id.startswith(word.upper())}
        if not hits:
            raise UsageError(
                f"no rule {word!r}",
                detail="rule ids are three letters and three digits; a family is its letters",
                hint="list them with --list-rules",
            )
        found |= hits
    return found
