"""Runs samples through a backend, without LoadGen and untimed."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from submission.harness.backend import Answer, Backend


def answer_all(backend: Backend, groups: Sequence[Sequence[int]]) -> dict[int, Answer]:
    """The answer to each sample; a group runs together, and each slot has a thread.

    Raises what the backend raises.
    """
    backend.load([index for group in groups for index in group])

    def work(slot: int) -> dict[int, Answer]:
        found: dict[int, Answer] = {}
        for group in groups[slot :: backend.slots]:
            found.update(zip(group, backend.infer(slot, group), strict=True))
        return found

    with ThreadPoolExecutor(backend.slots) as pool:
        parts = list(pool.map(work, range(backend.slots)))
    return {index: answer for part in parts for index, answer in part.items()}
