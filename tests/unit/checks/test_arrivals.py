"""When Server's queries arrive: the checker's tables against the generator, gap by gap."""

from itertools import pairwise

import pytest

from submission.checks.relations.arrivals import (
    FIRST_COUNT,
    FOLDER,
    GROWTH,
    arrivals,
    counts_of,
)
from submission.policy import load_policy, rounds
from tests.fakes.arrivals import server_schedule, sums

SEEDS = sorted(int(path.name.removesuffix(".json")) for path in FOLDER.iterdir())
COUNTS = (FIRST_COUNT, 401, 1_000, 4_321, 50_000, 99_999)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_sum_of_gaps_lies_where_the_table_says(seed: int) -> None:
    known = sums(seed, max(COUNTS))
    for count in COUNTS:
        bounds = arrivals(seed, count)
        assert bounds is not None
        assert bounds[0] <= known[count] <= bounds[1]
        # near enough to tell a rate that is a hundredth higher
        assert bounds[1] - bounds[0] < count / 100 or count < 5_000


def test_every_round_and_test_has_its_table() -> None:
    policies = [load_policy(version) for version in rounds()]
    seeds = {policy.seeds_of(test) for policy in policies for test in ("", "TEST05")}
    assert {found.by_key()["schedule_rng_seed"] for found in seeds} == set(SEEDS)


def test_nothing_is_said_of_another_seed_nor_of_too_few_queries_or_too_many() -> None:
    assert arrivals(1, 10_000) is None
    assert arrivals(SEEDS[0], FIRST_COUNT - 1) is None
    assert arrivals(SEEDS[0], 0) is None
    assert arrivals(SEEDS[0], 10**12) is None


def test_the_counts_of_a_table_grow_by_a_thousandth() -> None:
    counts = counts_of(3_000)
    assert counts[0] == FIRST_COUNT
    assert all(b - a == max(1, a // GROWTH) for a, b in pairwise(counts))
    assert list(counts_of(5)) == [400, 401, 402, 403, 404]


def test_a_schedule_ends_with_the_first_query_behind_the_duration() -> None:
    queries, last_s, gaps_ns = server_schedule(SEEDS[0], 100.0, 60_000, 100)
    known = sums(SEEDS[0], queries + 1)
    assert known[queries - 2] / 100 < 60 <= last_s == pytest.approx(known[queries - 1] / 100)
    assert gaps_ns > last_s * 1e9
