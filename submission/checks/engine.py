"""Applies the rules to one subject: facts and policy in, findings out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from submission.checks.book import INTEGRITY, rules_of, with_required
from submission.checks.findings import Finding, failure, safe, without_mirrors
from submission.checks.model import Breach, Rule, Scope, Waiver
from submission.checks.partial import EMPTY, PartialResult
from submission.policy import Policy

MOST = 1100
"""At most this many breaches of a rule are reported for a subject; the rest in one finding."""


@dataclass(frozen=True, kw_only=True)
class RuleEngine:
    """The rules of a round, those that are reported, and the waivers by rule.

    What a reported rule requires is tried as well, though nothing is reported of it: a rule may
    rely on facts being there only where the rules that it requires hold.
    """

    policy: Policy
    rules: Mapping[Scope, tuple[Rule, ...]]
    reported: frozenset[str]
    waivers: Mapping[str, tuple[Waiver, ...]]
    _tried: dict[tuple[Scope, str, bool], tuple[Rule, ...]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def tried(self, scope: Scope, division: str, *, ranging: bool) -> tuple[Rule, ...]:
        """The rules of a scope that are tried in a division (empty: outside of them all)."""
        key = scope, division, ranging
        if key not in self._tried:
            self._tried[key] = tuple(
                rule
                for rule in self.rules[scope]
                if (not division or division in rule.divisions) and (rule.ranging or not ranging)
            )
        return self._tried[key]


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What the rules say of one subject.

    ``unavailable`` are the rules that do not hold, or were not tried, for the subject or for what
    contains it; rules that require one of them cannot be tried on what it contains.
    """

    unavailable: frozenset[str]
    partial: PartialResult


def make_engine(policy: Policy, reported: Iterable[str], waivers: Iterable[Waiver]) -> RuleEngine:
    """The engine for the reported rules (by id) and all that they require."""
    chosen = frozenset(reported)
    tried = with_required(chosen)
    by_rule: dict[str, list[Waiver]] = defaultdict(list)
    for waiver in waivers:
        if waiver.rule not in INTEGRITY:
            by_rule[waiver.rule].append(waiver)
    return RuleEngine(
        policy=policy,
        rules={scope: rules_of(scope, tried) for scope in Scope},
        reported=chosen,
        waivers={rule: tuple(found) for rule, found in by_rule.items()},
    )


def judge(
    engine: RuleEngine,
    scope: Scope,
    subject: Any,
    *,
    at: str,
    division: str = "",
    unavailable: frozenset[str] = frozenset(),
    ranging: bool = False,
) -> Judgement:
    """Try the rules of a scope on a subject.

    ``at`` is the subject's path, ``division`` empty where it has none. ``unavailable`` are the
    rules that do not hold for what contains the subject. Of a ``ranging`` run only the rules that
    say so are tried.
    """
    missing = set(unavailable)
    skipped: list[str] = []
    found: list[Finding] = []
    policy = engine.policy
    for rule in engine.tried(scope, division, ranging=ranging):
        if missing and not missing.isdisjoint(rule.requires):
            missing.add(rule.id)
            skipped.append(rule.id)
            continue
        try:
            test = rule.test(subject, policy)
            # a rule that holds, as nearly all do, costs no more than this
            for first in test:
                missing.add(rule.id)
                found += _findings(engine, rule, [first, *islice(test, MOST)], at)
                break
        except Exception as error:  # noqa: BLE001 - one bad rule must not hide the others
            missing.add(rule.id)
            found.append(failure(error, at, f"rule {rule.id}"))
    partial = EMPTY
    if found or skipped:
        partial = PartialResult(
            findings=without_mirrors(found),
            skipped=Counter(rule_id for rule_id in skipped if rule_id in engine.reported),
            used_waivers=frozenset(f.waiver for f in found if f.waiver is not None),
        )
    return Judgement(unavailable=frozenset(missing), partial=partial)


def _findings(engine: RuleEngine, rule: Rule, breaches: list[Breach], at: str) -> list[Finding]:
    """The findings on the breaches of a rule; none if the rule is not reported."""
    if rule.id not in engine.reported:
        return []
    if len(breaches) > MOST:
        more = Breach(at=at, found=f"more than {MOST} such places", expected="none")
        breaches = [*breaches[:MOST], more]
    return [_finding(engine, rule, breach) for breach in breaches]


def _finding(engine: RuleEngine, rule: Rule, breach: Breach) -> Finding:
    shown = safe(breach)
    waivers = (waiver for waiver in engine.waivers.get(rule.id, ()) if waiver.covers(shown.at))
    return Finding(rule=rule.id, breach=shown, waiver=next(waivers, None))
