"""Logs that are the same, byte by byte, where two runs should have given two logs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from submission.loadgen import same_content

ACCURACY_PROMISE = re.compile(r"-99(\.9)?(?![0-9])")
PARTS = 6
"""division, submitter, results or compliance, system, benchmark, scenario, then the run."""


def copies_of(root: Path, fingerprints: Iterable[tuple[int, str]]) -> tuple[tuple[str, str], ...]:
    """(copy, original) of logs that are the same and may not be; sorted.

    One run may stand for two benchmarks or for two scenarios of a system (bert-99 and bert-99.9,
    an inferred scenario), and for the same system in two divisions; else a log is a run's own.
    """
    groups: dict[int, list[str]] = defaultdict(list)
    for fingerprint, path in fingerprints:
        groups[fingerprint].append(path)
    found = []
    for paths in groups.values():
        first, *others = sorted(paths)
        found += [(path, first) for path in others if not may_share(path, first)]
    return tuple(sorted(pair for pair in found if same_content(root / pair[0], root / pair[1])))


def at_odds(digests: Iterable[tuple[str, str, str]]) -> tuple[tuple[str, str], ...]:
    """(accuracy.txt, an earlier one) that give two truncated logs one digest; sorted.

    ``digests`` are (digest that is given, digest of the truncated log's bytes, accuracy.txt). Two
    logs of one beginning and one end may well differ between, so the reverse proves nothing.
    """
    groups: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for entry in sorted(digests, key=lambda entry: entry[2]):
        groups[entry[0]].append(entry)
    return tuple(
        sorted(
            (path, first[2])
            for first, *others in groups.values()
            for _, content, path in others
            if content != first[1]
        )
    )


def may_share(one: str, other: str) -> bool:
    """Whether two places may hold the log of one run."""
    a, b = one.split("/"), other.split("/")
    same_system = a[1:4] == b[1:4] and a[PARTS:] == b[PARTS:]
    return same_system and _family(a[4]) == _family(b[4])


def _family(benchmark: str) -> str:
    """A benchmark's name without the accuracy that it promises: bert-99.9_x and bert-99_x agree."""
    return ACCURACY_PROMISE.sub("", benchmark)
