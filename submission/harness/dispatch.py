"""In which order samples run: Offline's one query by length, Server's queries as they come."""

from __future__ import annotations

import time
from dataclasses import dataclass
from queue import Empty, SimpleQueue

import numpy as np
from numpy.typing import NDArray

from submission.harness.ledger import Ledger

# a sample counts as late only if it would be at this share of the last measured time
TIME_SHARE = 0.9

Rows = tuple[int, ...]
"""Rows of the ledger that run together."""


@dataclass(frozen=True, kw_only=True)
class GroupOrder:
    """What a Sut does with the samples that it is given.

    ``batch``: how many samples of one query run together. ``longest_first``: a query is sorted.
    ``bound_ns``: a sample older than this, less its own time, lets others pass; None for none.
    """

    batch: int = 1
    longest_first: bool = False
    bound_ns: int | None = None


def groups(
    lengths: NDArray[np.int32], order: GroupOrder
) -> tuple[list[tuple[int, ...]], NDArray[np.float64]]:
    """The indices of ``lengths`` in the order in which they run, as groups of ``order.batch``.

    Longest first, so that no core is left with a long sample when the others are idle, and
    so that a group has similar lengths. Also the share of all tokens that is done
    after each sample: float64 [n + 1].
    """
    places = np.arange(len(lengths))
    if order.longest_first:
        places = np.argsort(-lengths, kind="stable")
    done = np.concatenate(([0.0], np.cumsum(lengths[places]) / lengths.sum()))
    flat: list[int] = places.tolist()
    step = order.batch
    return [tuple(flat[at : at + step]) for at in range(0, len(flat), step)], done


class Waiting:
    """Groups of rows that wait for a worker; first in, first out, except for late ones.

    Under load a sample that has missed its bound cannot count for the percentile any more, and
    would make those behind it late too. So it runs when nothing else waits.
    """

    def __init__(self, ledger: Ledger, lengths: NDArray[np.int32], bound_ns: int | None) -> None:
        self._ledger = ledger
        self._lengths = lengths
        self._bound_ns = bound_ns
        self._fresh: SimpleQueue[Rows | None] = SimpleQueue()
        self._late: SimpleQueue[Rows] = SimpleQueue()
        self._ns_per_token = 0.0
        self.postponed = 0

    def put(self, rows: Rows) -> None:
        """Add rows that run together."""
        self._fresh.put(rows)

    def end(self) -> None:
        """Let one worker end when nothing waits any more."""
        self._fresh.put(None)

    def size(self) -> int:
        """How many groups wait."""
        return self._fresh.qsize() + self._late.qsize()

    def take(self) -> Rows | None:
        """The rows to run next; blocks while there are none; None at the end."""
        if self._bound_ns is None:
            return self._fresh.get()
        while True:
            try:
                rows = self._fresh.get_nowait()
            except Empty:
                late = _at_once(self._late)
                if late is not None:
                    return late
                rows = self._fresh.get()
            if rows is None or not self._is_late(rows, self._bound_ns):
                return rows
            # the worker that puts it there checks here again before it waits: none is forgotten
            self._late.put(rows)
            self.postponed += 1

    def learn(self, rows: Rows, taken_ns: int) -> None:
        """Record how long rows took, to estimate which samples are late."""
        if self._bound_ns is not None:
            tokens = sum(int(self._lengths[self._ledger.indices[row]]) for row in rows)
            self._ns_per_token += 0.1 * (taken_ns / tokens - self._ns_per_token)

    def _is_late(self, rows: Rows, bound_ns: int) -> bool:
        ledger = self._ledger
        tokens = int(self._lengths[ledger.indices[rows[0]]])
        least_ns = TIME_SHARE * self._ns_per_token * tokens
        return time.perf_counter_ns() + least_ns > ledger.issued_ns[rows[0]] + bound_ns


def _at_once(queue: SimpleQueue[Rows]) -> Rows | None:
    try:
        return queue.get_nowait()
    except Empty:
        return None
