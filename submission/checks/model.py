"""What a rule is, what a breach of it is, and how a breach is accepted."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from submission.policy import Policy
from submission.terms import Division


class Severity(StrEnum):
    """How much a finding weighs: an error rejects, a warning or a note does not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Scope(StrEnum):
    """What a rule looks at."""

    TREE = "tree"
    SUBMITTER = "submitter"
    SYSTEM = "system"
    BENCHMARK = "benchmark"
    RESULT = "result"
    RUN = "run"
    WAIVERS = "list of waivers"


class Counterpart(StrEnum):
    """What the official checker of the round does about a breach of the rule."""

    REFUSES = "refuses"
    LOGS_ONLY = "logs only"
    WARNS = "warns"
    SILENT = "silent"
    CRASHES = "crashes"


EVERYWHERE: frozenset[str] = frozenset(Division)
CLOSED: frozenset[str] = frozenset({Division.CLOSED, Division.NETWORK})
OPEN: frozenset[str] = frozenset({Division.OPEN})


@dataclass(frozen=True, kw_only=True, slots=True)
class Breach:
    """One place where a rule is broken.

    ``at`` is a path relative to the input, ``key`` the key or field at fault. ``mirrors`` is a key
    of another file whose value is repeated here: the breach is dropped where an error of the same
    subject has that key, as its ``key`` or in ``about``, so that one cause is reported once.
    """

    at: str
    found: str
    expected: str
    line: int | None = None
    key: str | None = None
    mirrors: str | None = None
    about: tuple[str, ...] = ()


Test = Callable[[Any, Policy], Iterator[Breach]]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule of the book; made by the decorator ``rule`` on its test.

    ``title`` says what should hold, ``fault`` what is wrong where it does not, without a full stop.
    ``test`` takes the facts of the rule's scope and the policy of the round, reads no file, and
    yields a Breach for each place where the rule is broken. ``requires`` names rules of the same
    thing or of what contains it: where one of those is broken this one is skipped, so that one
    cause is reported once. ``official`` is what the official checker does about the same fault.
    ``ranging`` rules also look at the run in which the power analyzer finds its range.
    """

    id: str
    title: str
    fault: str
    scope: Scope
    reference: str
    hint: str
    test: Test
    severity: Severity = Severity.ERROR
    requires: frozenset[str] = frozenset()
    divisions: frozenset[str] = EVERYWHERE
    official: Counterpart = Counterpart.SILENT
    ranging: bool = False

    @property
    def family(self) -> str:
        """The letters of the id: which part of a submission the rule is about."""
        return self.id[:3]

    def holds(self, facts: Any, policy: Policy) -> bool:
        """Whether the test finds nothing."""
        return next(self.test(facts, policy), None) is None


def rule(
    *,
    id: str,  # noqa: A002 - what a rule's number is called everywhere
    title: str,
    fault: str,
    scope: Scope,
    reference: str,
    hint: str,
    severity: Severity = Severity.ERROR,
    requires: AbstractSet[str] = frozenset(),
    divisions: frozenset[str] = EVERYWHERE,
    official: Counterpart = Counterpart.SILENT,
    ranging: bool = False,
) -> Callable[[Test], Rule]:
    """Make a Rule of the test below; see Rule for the arguments."""

    def decorate(test: Test) -> Rule:
        return Rule(
            id=id,
            title=title,
            fault=fault,
            scope=scope,
            reference=reference,
            hint=hint,
            test=test,
            severity=severity,
            requires=frozenset(requires),
            divisions=divisions,
            official=official,
            ranging=ranging,
        )

    return decorate


@dataclass(frozen=True, kw_only=True, order=True)
class Waiver:
    """Accepts breaches of a rule at paths that match a pattern (``*`` crosses slashes)."""

    rule: str
    path: str
    reason: str

    def covers(self, path: str) -> bool:
        """Whether the path matches the pattern."""
        return fnmatch.fnmatchcase(path, self.path)
