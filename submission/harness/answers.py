"""Runs samples through a backend, without LoadGen and untimed."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from submission.harness.backend import Answer, Backend
from submission.ir.compiled import check_numbers


def answer_all(backend: Backend, groups: Sequence[Sequence[int]]) -> dict[int, Answer]:
    """The answer to each sample; a group runs together, and each slot has a thread.

    Raises what the backend raises, and ModelError for answers that are no numbers.
    """
    backend.load([index for group in groups for index in group])

    def work(slot: int) -> dict[int, Answer]:
        found: dict[int, Answer] = {}
        for group in groups[slot :: backend.slots]:
            answers = backend.infer(slot, group)
            check_numbers(answers, f"a group of samples from {group[0]} on")
            found.update(zip(group, answers, strict=True))
        return found

    with ThreadPoolExecutor(backend.slots) as pool:
        parts = list(pool.map(work, range(backend.slots)))
    return {index: answer for part in parts for index, answer in part.items()}
