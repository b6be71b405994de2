"""Which samples run together, and which let others pass."""

import numpy as np

from submission.harness.dispatch import GroupOrder, Waiting, groups
from submission.harness.ledger import Ledger

LENGTHS = np.array([10, 40, 20, 30, 50], np.int32)
LONG_AGO = -(10**15)


def waiting(*issued_ns: int, bound_ns: int | None) -> Waiting:
    ledger = Ledger()
    for row, moment in enumerate(issued_ns):
        ledger.add([row], [row], moment)
    queue = Waiting(ledger, LENGTHS, bound_ns)
    for row in range(len(issued_ns)):
        queue.put((row,))
    return queue


def test_samples_of_like_length_run_together_longest_first() -> None:
    together, _ = groups(LENGTHS, GroupOrder(batch=2, longest_first=True))
    assert together == [(4, 1), (3, 2), (0,)]


def test_the_order_of_a_query_stays_if_it_is_not_sorted() -> None:
    assert groups(LENGTHS, GroupOrder(batch=3))[0] == [(0, 1, 2), (3, 4)]


def test_the_share_done_counts_tokens() -> None:
    _, done = groups(LENGTHS, GroupOrder(longest_first=True))
    assert done.tolist() == [0, 50 / 150, 90 / 150, 120 / 150, 140 / 150, 1]


def test_first_come_first_served() -> None:
    queue = waiting(3, 1, 2, bound_ns=None)
    assert [queue.take() for _ in range(3)] == [(0,), (1,), (2,)]


def test_what_is_late_lets_pass_what_is_not() -> None:
    queue = waiting(LONG_AGO, 2**62, LONG_AGO, 2**62, bound_ns=1000)
    assert [queue.take() for _ in range(4)] == [(1,), (3,), (0,), (2,)]
    assert queue.postponed == 2


def test_the_time_that_a_sample_needs_makes_it_late() -> None:
    ledger = Ledger()
    queue = Waiting(ledger, LENGTHS, 10**18)
    ledger.add([0, 1], [0, 1], 0)
    queue.learn((0,), 10**20)
    queue.put((1,))
    queue.put((0,))
    assert queue.take() == (1,)
    assert queue.postponed == 2


def test_the_end_comes_after_all_that_waits() -> None:
    queue = waiting(LONG_AGO, bound_ns=1000)
    queue.end()
    queue.end()
    assert queue.size() == 3
    assert queue.take() is None
