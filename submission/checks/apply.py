"""Tries the rules on one subject and turns breaches into findings."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from submission.checks.book import BUG, CAUSES, rules_of, with_required
from submission.checks.model import Breach, Finding, Rule, Scope, Severity, Waiver
from submission.checks.words import shown, shown_path
from submission.policy import Policy

KEPT: tuple[bool, list[Finding]] = (True, [])
MOST = 1100
"""Of one rule and one subject, so many breaches are told; that there are more is told once."""


@dataclass(kw_only=True)
class Tally:
    """What became of the rules so far; merged over all subjects."""

    findings: list[Finding] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    used_waivers: set[Waiver] = field(default_factory=set)

    def add(self, other: Tally) -> None:
        """Take in what another part of the tree gave."""
        self.findings += other.findings
        self.skipped += other.skipped
        self.used_waivers |= other.used_waivers


class Judge:
    """Applies the chosen rules with one policy and one list of waivers.

    What a chosen rule requires is tried too, but nothing is told of it: a rule finds its facts only
    where those that it requires hold.
    """

    def __init__(self, policy: Policy, chosen: Iterable[str], waivers: Iterable[Waiver]) -> None:
        self.told = frozenset(chosen)
        self.policy = policy
        tried = with_required(self.told)
        self.rules = {scope: rules_of(scope, tried) for scope in Scope}
        self.waivers: dict[str, list[Waiver]] = {}
        for waiver in waivers:
            self.waivers.setdefault(waiver.rule, []).append(waiver)
        self.tally = Tally()

    def apply(
        self,
        scope: Scope,
        subject: Any,
        *,
        division: str,
        broken: frozenset[str],
        at: str,
        ranging: bool = False,
    ) -> tuple[frozenset[str], list[Finding]]:
        """Try the scope's rules on a subject.

        ``broken`` are the rules that do not hold for what contains the subject; what comes back
        is them and those that do not hold for (or were left out of) the subject itself. Of a
        ``ranging`` run only some rules are tried.
        """
        unavailable = set(broken)
        found: list[Finding] = []
        for rule in self.rules[scope]:
            if (division and division not in rule.divisions) or (ranging and not rule.ranging):
                continue
            if not unavailable.isdisjoint(rule.requires):
                self._left_out(rule)
                unavailable.add(rule.id)
                continue
            holds, told = self._try(rule, subject, at)
            if not holds:
                unavailable.add(rule.id)
                found += told
        found = _told_once(found)
        self.tally.findings += found
        return frozenset(unavailable), found

    def _left_out(self, rule: Rule) -> None:
        if rule.id in self.told:
            self.tally.skipped[rule.id] += 1

    def _try(self, rule: Rule, subject: Any, at: str) -> tuple[bool, list[Finding]]:
        """Whether a rule holds, and what is to be told of it."""
        try:
            test = rule.test(subject, self.policy)
            first = next(test, None)
            if first is None:
                return KEPT
            breaches = [first, *islice(test, MOST)]
        except Exception as error:  # noqa: BLE001 - one bad rule must not hide the others
            return False, [bug_finding(error, at, f"rule {rule.id}")]
        if rule.id not in self.told:
            return False, []
        found = [self.finding(rule, breach) for breach in breaches[:MOST]]
        if len(breaches) > MOST:
            more = Breach(at=at, found=f"more than {MOST} such places", expected="none")
            found.append(self.finding(rule, more))
        return False, found

    def finding(self, rule: Rule, breach: Breach) -> Finding:
        """A breach with the words of its rule, and a waiver if one covers it."""
        path = shown_path(breach.at)
        return Finding(
            rule=rule.id,
            severity=rule.severity,
            title=rule.title,
            path=path,
            line=breach.line,
            key=shown(breach.key) if breach.key is not None else None,
            found=shown(breach.found, 400),
            expected=shown(breach.expected, 400),
            hint=rule.hint,
            reference=rule.reference,
            waived=self._waived(rule.id, path),
            mirrors=breach.mirrors,
            about=breach.about,
        )

    def _waived(self, rule: str, path: str) -> str | None:
        for waiver in self.waivers.get(rule, ()):
            if waiver.covers(path):
                self.tally.used_waivers.add(waiver)
                return waiver.reason
        return None


def without_symptoms(findings: Iterable[Finding]) -> list[Finding]:
    """Without what is told of a file or folder that is none: a link, a pipe, an LFS pointer."""
    every = list(findings)
    causes = {f.path for f in every if f.rule in CAUSES and f.rejects}
    if not causes:
        return every
    return [f for f in every if f.rule in CAUSES or causes.isdisjoint(_and_above(f.path))]


def _and_above(path: str) -> set[str]:
    steps = path.split("/")
    return {"/".join(steps[:n]) for n in range(1, len(steps) + 1)}


def _told_once(found: list[Finding]) -> list[Finding]:
    """Without what repeats a key of another file of which an error tells already."""
    errors = [f for f in found if f.mirrors is None and f.severity is Severity.ERROR]
    keys = {key for f in errors for key in (f.key, *f.about)}
    return [f for f in found if f.mirrors is None or f.mirrors not in keys]


def bug_finding(error: Exception, at: str, during: str) -> Finding:
    """A fault of the checker itself, told instead of a traceback; the rest goes on."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else "?"
    return Finding(
        rule=BUG,
        severity=Severity.ERROR,
        title="The checker failed here",
        path=shown_path(at),
        line=None,
        key=None,
        found=shown(f"{type(error).__name__} in {during} ({where}): {error}", 400),
        expected="a verdict",
        hint="report this with the file; the rest of the tree was checked",
        reference="this checker",
    )
