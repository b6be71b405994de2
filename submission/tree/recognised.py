"""The round of a tree: what was asked for, what the tree says, what its logs hold, the default."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from itertools import islice
from pathlib import Path
from typing import Any

from submission.errors import UsageError
from submission.loadgen import DetailLog, read_detail_head
from submission.loadgen.names import DETAIL_FILE
from submission.policy import Seeds, default_round, load_policy, rounds
from submission.policy.tables import seeds_by_round
from submission.terms import Division
from submission.tree.grammar import (
    BY_KIND,
    LAYOUTS,
    PERFORMANCE_RUN,
    Area,
    submitter_folder,
)
from submission.tree.listing import Listing
from submission.tree.round import MOST_SUBMITTERS, round_of

MOST_LOGS = 60
SEEDS = tuple(f"effective_{each.name}" for each in fields(Seeds))
VERSION = "loadgen_version"
ASKED = (*SEEDS, VERSION)


@dataclass(frozen=True, kw_only=True)
class Recognised:
    """A round, and how it is known.

    ``reason`` is empty if the tree names its round, or it is unknown. ``others`` are rounds
    whose seeds are in the tree, too, each with the log that has them.
    """

    round: str
    reason: str = ""
    others: Mapping[str, str] = field(default_factory=dict)


def recognise(root: Path, listing: Listing | None = None) -> Recognised:
    """The round of a tree: what it says itself, else what its logs hold, else the default.

    Reads one log of a benchmark, of 60 benchmarks at most. ``listing`` is that of the tree where
    the caller uses it further. Raises UsageError if the tree names two rounds.
    """
    listing = listing or Listing(root)
    stated = round_of(root, listing)
    if stated is not None:
        return Recognised(round=stated)
    logs = dict(islice(_logs(listing), MOST_LOGS))
    return _by_seeds(logs) or _by_version(listing, logs) or Recognised(round=default_round())


def chosen_round(
    root: Path, asked: str | None, warn: Callable[[str], None], *, by: str = "--version"
) -> str:
    """The round that was asked for, else the tree's own (see ``recognise``).

    Says through ``warn`` where the tree contradicts what was asked for ``by``. Raises UsageError if
    nothing was asked for and the tree contradicts itself.
    """
    if asked is None:
        return recognise(root).round
    try:
        stated = round_of(root)
    except UsageError:
        stated = None
    if stated not in (None, asked):
        warn(f"the tree says that it is of round {stated}; {by} {asked} overrules it")
    return asked


def _by_seeds(logs: Mapping[str, DetailLog]) -> Recognised | None:
    """The round whose seeds most logs have."""
    known = {seeds: name for name, seeds in seeds_by_round().items()}
    found = {path: known.get(_seeds(log)) for path, log in logs.items()}
    counts = Counter(name for name in found.values() if name is not None)
    if not counts:
        return None
    name = max(counts, key=lambda each: (counts[each], each))
    first = {other: path for path, other in reversed(found.items()) if other is not None}
    return Recognised(
        round=name,
        reason=f"{counts[name]} of {len(logs)} logs have the seeds of {name}",
        others={other: path for other, path in first.items() if other != name},
    )


def _by_version(listing: Listing, logs: Mapping[str, DetailLog]) -> Recognised | None:
    """The newest round of the tree's layout for which most logs' LoadGen is approved."""
    numbers = (log.text(VERSION) or "" for log in logs.values())
    counts = Counter(".".join(text.split("@")[0].strip().split(".")[:2]) for text in numbers)
    layout = _layout(listing)
    for number, count in counts.most_common():
        for name in rounds():
            policy = load_policy(name)
            if policy.layout == layout and number in policy.loadgen_versions:
                reason = f"{count} of {len(logs)} logs are by LoadGen {number}, and the layout fits"
                return Recognised(round=name, reason=reason)
    return None


def _layout(listing: Listing) -> str:
    """The layout of the tree's first measurements."""
    for owner in _owners(listing):
        for name, layout in LAYOUTS.items():
            area = layout.path(Area.MEASUREMENTS, owner)
            if layout.path(Area.RESULTS, owner) != area and listing.children(area):
                return name
        if listing.exists(f"{owner}/src"):
            return next(n for n in LAYOUTS if n != BY_KIND.name)
    return BY_KIND.name


def _seeds(log: DetailLog) -> tuple[Any, ...]:
    return tuple(map(log.get, SEEDS))


def _owners(listing: Listing) -> Iterator[str]:
    owners = (submitter_folder(d, name) for d in Division for name in listing.children(d))
    return islice(owners, MOST_SUBMITTERS)


def _logs(listing: Listing) -> Iterator[tuple[str, DetailLog]]:
    """One performance log of each benchmark of a system; results lie alike in every layout."""
    for owner in _owners(listing):
        results = BY_KIND.path(Area.RESULTS, owner)
        for system in listing.children(results):
            for benchmark in listing.children(f"{results}/{system}"):
                scenarios = listing.children(f"{results}/{system}/{benchmark}")
                for scenario in scenarios[:1]:
                    folder = f"{results}/{system}/{benchmark}/{scenario}/{PERFORMANCE_RUN}"
                    yield from _log(listing, f"{folder}/{DETAIL_FILE}")


def _log(listing: Listing, path: str) -> Iterator[tuple[str, DetailLog]]:
    if not listing.has_file(path):
        return
    log = read_detail_head(listing.place(path), ASKED)
    if isinstance(log, DetailLog):
        yield path, log
