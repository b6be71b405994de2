"""Tries the rules on one subject and turns breaches into findings."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from submission.checks.book import BUG, rules_of
from submission.checks.model import Breach, Finding, Rule, Scope, Severity, Waiver
from submission.checks.words import shown, shown_path
from submission.policy import Policy


@dataclass(kw_only=True)
class Tally:
    """What became of the rules so far; merged over all subjects."""

    findings: list[Finding] = field(default_factory=list)
    tried: set[str] = field(default_factory=set)
    skipped: Counter[str] = field(default_factory=Counter)
    used_waivers: set[Waiver] = field(default_factory=set)

    def add(self, other: Tally) -> None:
        """Take in what another part of the tree gave."""
        self.findings += other.findings
        self.tried |= other.tried
        self.skipped += other.skipped
        self.used_waivers |= other.used_waivers


class Judge:
    """Applies the chosen rules with one policy and one list of waivers."""

    def __init__(self, policy: Policy, chosen: Iterable[str], waivers: Iterable[Waiver]) -> None:
        ids = tuple(chosen)
        self.policy = policy
        self.rules = {scope: rules_of(scope, ids) for scope in Scope}
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
                self.tally.skipped[rule.id] += 1
                unavailable.add(rule.id)
                continue
            self.tally.tried.add(rule.id)
            breaches = self._breaches(rule, subject, at)
            if breaches:
                unavailable.add(rule.id)
                found += breaches
        self.tally.findings += found
        return frozenset(unavailable), found

    def _breaches(self, rule: Rule, subject: Any, at: str) -> list[Finding]:
        try:
            return [self.finding(rule, breach) for breach in rule.test(subject, self.policy)]
        except Exception as error:  # noqa: BLE001 - one bad rule must not hide the others
            return [bug_finding(error, at, f"rule {rule.id}")]

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
        )

    def _waived(self, rule: str, path: str) -> str | None:
        for waiver in self.waivers.get(rule, ()):
            if waiver.covers(path):
                self.tally.used_waivers.add(waiver)
                return waiver.reason
        return None


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
