"""Lengths chosen by what the samples have."""

from itertools import combinations

import numpy as np
import pytest

from submission.runs.buckets import ALIGNMENT, choose_buckets, padded, work

LENGTHS = np.random.default_rng(3).integers(20, 120, 300).astype(np.int32)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_no_other_choice_of_lengths_costs_less(count: int) -> None:
    def cost(ends: tuple[int, ...]) -> float:
        order = np.asarray(ends)
        return float(work(order[np.searchsorted(order, LENGTHS)]).sum())

    grid = range(ALIGNMENT, 128, ALIGNMENT)
    best = min(cost((*some, 128)) for some in combinations(grid, count - 1))
    assert cost(choose_buckets(LENGTHS, longest=128, count=count)) == pytest.approx(best)


def test_one_length_is_the_longest() -> None:
    assert choose_buckets(LENGTHS, longest=384, count=1) == (384,)


def test_more_lengths_than_there_are_help_nothing() -> None:
    lengths = np.array([10, 10, 30], np.int32)
    assert choose_buckets(lengths, longest=64, count=9) == (16, 32, 64)


def test_padding_that_a_model_needs_is_kept() -> None:
    assert choose_buckets(np.array([16], np.int32), longest=64, count=2, spare=1) == (32, 64)


def test_a_sample_of_the_full_length_runs_at_it() -> None:
    lengths = np.array([16, 64], np.int32)
    chosen = choose_buckets(lengths, longest=64, count=3, spare=1)
    assert chosen == (32, 64)
    assert padded(lengths, chosen, spare=1) == 48
