"""Evidence that was used twice: copied logs or figures, one digest given for two logs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

from submission.checks.arithmetic import same_figure
from submission.checks.result_facts import DigestUse, ScoreUse
from submission.loadgen import DetailLog, same_content
from submission.loadgen.keys import PERCENTILES
from submission.terms import Scenario
from submission.tree.grammar import Area

ACCURACY_TARGET = re.compile(r"-9[0-9](\.9)?(?![0-9])")
INFERRED_FROM = (Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM)
LATENCIES = (
    *(f"result_{word}_latency_ns" for word in ("min", "mean", "max")),
    *(f"result_{p}_percentile_latency_ns" for p in PERCENTILES),
)
RUN = 6
"""Index of the run in a path: division, submitter, area, system, benchmark, scenario, run."""


def copied_logs(root: Path, fingerprints: Iterable[tuple[int, str]]) -> tuple[tuple[str, str], ...]:
    """Pairs (copy, original) of identical logs in places that need runs of their own; sorted.

    ``fingerprints`` are (fingerprint of a log, its path in the tree); logs with the same
    fingerprint are compared byte by byte. ``may_share`` says which places may share a run.
    """
    groups: dict[int, list[str]] = defaultdict(list)
    for fingerprint, path in fingerprints:
        groups[fingerprint].append(path)
    found = []
    for paths in groups.values():
        first, *others = sorted(paths)
        found += [(path, first) for path in others if not may_share(path, first)]
    return tuple(sorted(pair for pair in found if same_content(root / pair[0], root / pair[1])))


def figures_of(log: DetailLog) -> int | None:
    """A number that is equal for logs with the same latencies; None where one is missing."""
    found = tuple(log.values.get(key) for key in LATENCIES)
    return hash(found) if all(type(value) is int for value in found) else None


def copied_figures(figures: Iterable[tuple[int, str]]) -> tuple[tuple[str, str], ...]:
    """Pairs (log, an earlier one) of the same latencies in places that need runs of their own.

    Nine latencies in nanoseconds are never the same twice, whatever else a log says. ``figures``
    are (number of ``figures_of``, path of the log).
    """
    groups: dict[int, list[str]] = defaultdict(list)
    for number, path in figures:
        groups[number].append(path)
    found = []
    for paths in groups.values():
        # a result's own run is the original, that of a compliance test the copy
        first, *others = sorted(paths, key=lambda path: (path.split("/")[2] != Area.RESULTS, path))
        found += [(path, first) for path in others if not may_share(path, first)]
    return tuple(sorted(found))


def without_figures(
    logs: Iterable[tuple[str, str]], figures: Iterable[tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    """The pairs of identical logs that are not also pairs of the same latencies: one cause."""
    known = {path for pair in figures for path in pair}
    return tuple(pair for pair in logs if not known.issuperset(pair))


def conflicting_digests(
    digests: Iterable[DigestUse],
) -> tuple[tuple[str, str], ...]:
    """Pairs (accuracy.txt, an earlier one) with the same digest beside different logs; sorted.

    Equal truncated logs with different digests prove nothing: the logs may differ in what was cut
    out.
    """
    return _pairs(digests, lambda one, other: one.cut != other.cut)


def conflicting_scores(digests: Iterable[DigestUse]) -> tuple[tuple[str, str], ...]:
    """Pairs (accuracy.txt, an earlier one) that give the same log another accuracy; sorted."""
    return _pairs(digests, _score_differs)


def inferred_scores(scores: Iterable[ScoreUse]) -> tuple[tuple[str, str], ...]:
    """Pairs (accuracy.txt of a scenario whose accuracy run was of another, that one's); sorted.

    Both stand for runs of the same scenario on the same system, and give another accuracy.
    """
    every = list(scores)
    sources = {
        (use.benchmark, use.scenario): use
        for use in every
        if use.is_own and use.scenario in INFERRED_FROM
    }
    found = []
    for use in every:
        source = None if use.is_own else sources.get((use.benchmark, use.scenario))
        if source is not None and _scores_differ(use.scores, source.scores):
            found.append((use.path, source.path))
    return tuple(sorted(found))


def _score_differs(one: DigestUse, other: DigestUse) -> bool:
    """Whether a metric that both have differs, as far as both print it."""
    if one.cut != other.cut:
        return False
    return _scores_differ(one.scores, other.scores)


def _scores_differ(one: tuple[tuple[str, str], ...], other: tuple[tuple[str, str], ...]) -> bool:
    others = dict(other)
    return any(name in others and not same_figure(text, others[name]) for name, text in one)


def _pairs(
    digests: Iterable[DigestUse], conflict: Callable[[DigestUse, DigestUse], bool]
) -> tuple[tuple[str, str], ...]:
    groups: dict[str, list[DigestUse]] = defaultdict(list)
    for entry in sorted(digests, key=lambda entry: entry.path):
        groups[entry.digest].append(entry)
    found = (
        (entry.path, first.path)
        for first, *others in groups.values()
        for entry in others
        if conflict(entry, first)
    )
    return tuple(sorted(found))


def may_share(one: str, other: str) -> bool:
    """Whether two paths of logs may hold the log of the same run.

    A run may stand for several benchmarks that differ in their accuracy target (bert-99 and
    bert-99.9, yolo-95 and yolo-99), for several scenarios (where one is inferred), and for the same
    system in several divisions.
    """
    a, b = one.split("/"), other.split("/")
    same_system = a[1:4] == b[1:4] and a[RUN:] == b[RUN:]
    return same_system and _family(a[4]) == _family(b[4])


def _family(benchmark: str) -> str:
    """A benchmark's name without its accuracy target: the same for bert-99.9_x and bert-99_x."""
    return ACCURACY_TARGET.sub("", benchmark)
