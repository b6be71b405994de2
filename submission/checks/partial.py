"""What a part of a tree came to; results of parts are merged into one, in any order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeVar

from submission.checks.findings import Finding
from submission.checks.model import Waiver
from submission.checks.result_facts import DigestUse, ScoreUse
from submission.checks.results import Result

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class PartialResult:
    """Everything that checking a part of a tree gave.

    ``skipped`` counts how often a rule was left out because one that it requires does not hold.
    ``refused`` are paths that the official checker lists as NoResults, with its reason;
    ``unlisted`` counts results that it refuses without a line; ``crashes`` are its tracebacks.
    ``fingerprints``, ``figures``, ``digests`` and ``scores`` are for rules that compare runs of the
    whole tree (``reuse.py``).
    """

    findings: tuple[Finding, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    used_waivers: frozenset[Waiver] = frozenset()
    results: tuple[Result, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    unlisted: int = 0
    crashes: tuple[str, ...] = ()
    fingerprints: tuple[tuple[int, str], ...] = ()
    figures: tuple[tuple[int, str], ...] = ()
    digests: tuple[DigestUse, ...] = ()
    scores: tuple[ScoreUse, ...] = ()


EMPTY = PartialResult()


def merge(parts: Iterable[PartialResult]) -> PartialResult:
    """All parts as one."""
    every = [part for part in parts if part is not EMPTY]
    if len(every) == 1:
        return every[0]
    skipped: Counter[str] = Counter()
    refused: dict[str, str] = {}
    for part in every:
        skipped.update(part.skipped)
        refused.update(part.refused)
    return PartialResult(
        findings=_joined(part.findings for part in every),
        skipped=skipped,
        used_waivers=frozenset().union(*(part.used_waivers for part in every)),
        results=_joined(part.results for part in every),
        refused=refused,
        unlisted=sum(part.unlisted for part in every),
        crashes=_joined(part.crashes for part in every),
        fingerprints=_joined(part.fingerprints for part in every),
        figures=_joined(part.figures for part in every),
        digests=_joined(part.digests for part in every),
        scores=_joined(part.scores for part in every),
    )


def _joined(lists: Iterable[tuple[T, ...]]) -> tuple[T, ...]:
    return tuple(chain.from_iterable(lists))
