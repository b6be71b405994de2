"""Findings: a rule, the place where it is broken, and the waiver that accepts it, if any."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from submission.checks.book import BOOK, BUG, CAUSES
from submission.checks.model import Breach, Rule, Scope, Severity, Waiver
from submission.checks.words import shown, shown_path

SHOWN_CHARACTERS = 400

CHECKER_FAILED = Rule(
    id=BUG,
    title="The checker failed here",
    fault="The checker failed here",
    scope=Scope.TREE,
    reference="this checker",
    hint="report this with the file; the rest of the tree was checked",
    test=lambda _facts, _policy: iter(()),
)
"""Stands for a fault of the checker itself; not in the book, since nobody can break it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A rule's id, the breach, and the waiver that covers it; texts of the breach are safe to show.

    Title, hint and reference stand once, in the rule: see ``definition``.
    """

    rule: str
    breach: Breach
    waiver: Waiver | None = None

    @property
    def definition(self) -> Rule:
        """The rule that is broken."""
        return BOOK.get(self.rule, CHECKER_FAILED)

    @property
    def fault(self) -> str:
        """What is wrong, in a sentence; the rule's title says what should hold."""
        return self.definition.fault

    @property
    def severity(self) -> Severity:
        """How much the finding weighs, waived or not."""
        return self.definition.severity

    @property
    def path(self) -> str:
        """Where the rule is broken, relative to the input."""
        return self.breach.at

    @property
    def line(self) -> int | None:
        """The line in the file, where there is one."""
        return self.breach.line

    @property
    def key(self) -> str | None:
        """The key or field that is at fault, where there is one."""
        return self.breach.key

    @property
    def found(self) -> str:
        return self.breach.found

    @property
    def expected(self) -> str:
        """What the rule wants there."""
        return self.breach.expected

    @property
    def waived(self) -> str | None:
        """The reason of the waiver; None where there is no waiver."""
        return self.waiver.reason if self.waiver is not None else None

    @property
    def rejects(self) -> bool:
        """Whether the finding is an error that nobody accepted."""
        return self.waiver is None and self.severity is Severity.ERROR

    def order(self) -> tuple[str, int, str, str, str, str]:
        """A sort key: by place, then by rule; the same in every output."""
        breach = self.breach
        return (
            breach.at,
            breach.line or 0,
            self.rule,
            breach.key or "",
            breach.found,
            breach.expected,
        )


def safe(breach: Breach) -> Breach:
    """The breach with texts that cannot move a cursor or hide a name, and are not too long."""
    at = shown_path(breach.at)
    key = shown(breach.key) if breach.key is not None else None
    found = shown(breach.found, SHOWN_CHARACTERS)
    expected = shown(breach.expected, SHOWN_CHARACTERS)
    if (at, key, found, expected) == (breach.at, breach.key, breach.found, breach.expected):
        return breach
    return replace(breach, at=at, key=key, found=found, expected=expected)


def failure(error: Exception, at: str, during: str) -> Finding:
    """A bug of the checker, reported instead of a traceback so that the check continues."""
    # imported here: nearly no check needs it
    import traceback  # noqa: PLC0415

    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else "?"
    found = f"{type(error).__name__} in {during} ({where}): {error}"
    return Finding(rule=BUG, breach=safe(Breach(at=at, found=found, expected="a verdict")))


def without_mirrors(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Without findings on copies of a key that an error of the same subject is about already."""
    every = tuple(findings)
    if all(f.breach.mirrors is None for f in every):
        return every
    own = [f for f in every if f.breach.mirrors is None]
    errors = [f.breach for f in own if f.severity is Severity.ERROR]
    keys = {key for breach in errors for key in (breach.key, *breach.about)}
    return tuple(f for f in every if f.breach.mirrors is None or f.breach.mirrors not in keys)


def without_symptoms(findings: Iterable[Finding]) -> list[Finding]:
    """Without findings at or below what is no file or folder: a link, a pipe, an LFS pointer."""
    every = list(findings)
    causes = {f.path for f in every if f.rule in CAUSES and f.rejects}
    if not causes:
        return every
    return [f for f in every if f.rule in CAUSES or causes.isdisjoint(_with_parents(f.path))]


def _with_parents(path: str) -> set[str]:
    steps = path.split("/")
    return {"/".join(steps[:n]) for n in range(1, len(steps) + 1)}
