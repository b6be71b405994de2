"""Within, outside, or undecided on a busy machine."""

import pytest

from submission.host.busy import Clocks, others_share, read_clocks
from submission.review.busy import Others, explained
from submission.review.comparison import Line, equal_line
from submission.review.reproduce import Reproduced, Reproduction


def clocks(wall_s: float, busy_s: float, own_s: float) -> Clocks:
    return Clocks(wall_s=wall_s, busy_s=busy_s, own_s=own_s, processors=2)


@pytest.mark.parametrize(
    ("busy_s", "own_s", "share"),
    [(20.0, 20.0, 0.0), (20.0, 10.0, 0.5), (10.0, 12.0, 0.0), (5.0, 0.0, 0.25)],
)
def test_what_others_took_is_what_was_busy_but_not_with_us(
    busy_s: float, own_s: float, share: float
) -> None:
    found = others_share(clocks(0, 100, 7), clocks(10, 100 + busy_s, 7 + own_s))
    assert found == pytest.approx(share)


def test_the_clocks_of_this_machine_run() -> None:
    before = read_clocks()
    others = Others()
    with others.watched():
        sum(range(100_000))
    after = read_clocks()
    assert before is not None
    assert after is not None
    assert after.busy_s >= before.busy_s
    assert before.processors > 0
    assert len(others.shares) == 1


def test_a_little_load_is_not_notable() -> None:
    assert Others(shares=[0.05, 0.09]).share == 0
    assert Others(shares=[0.05, 0.5]).share == 0.5


@pytest.mark.parametrize(
    ("ratio", "share", "spread", "expected"),
    [
        (0.6, 0.4, 0.0, True),
        (0.6, 0.2, 0.0, False),
        (0.01, 0.9, 0.0, False),
        (0.90, 0.0, 0.04, True),
        (1.2, 0.5, 0.0, False),
        (1.2, 0.0, 0.1, True),
    ],
)
def test_load_makes_slower_and_spread_either(
    ratio: float, share: float, spread: float, expected: bool
) -> None:
    assert explained(ratio, 0.05, share=share, spread=spread) is expected


def rate(ratio: float) -> Line:
    return Line(
        what="rate",
        claimed="1",
        found=str(ratio),
        verdict="",
        good=abs(ratio - 1) <= 0.05,
        timed=True,
        ratio=ratio,
        allowed=0.05,
    )


LATE = Line(what="validity", claimed="VALID", found="INVALID", verdict="", good=False, timed=True)


@pytest.mark.parametrize(
    ("lines", "share", "outcome"),
    [
        ([rate(1.0), equal_line("F1", 90, 90)], 0.9, Reproduced.WITHIN),
        ([rate(0.6), equal_line("F1", 90, 90)], 0.0, Reproduced.OUTSIDE),
        ([rate(0.6), equal_line("F1", 90, 90)], 0.5, Reproduced.UNDECIDED),
        ([rate(0.6), equal_line("F1", 90, 80)], 0.5, Reproduced.OUTSIDE),
        ([rate(0.1), LATE], 0.5, Reproduced.OUTSIDE),
        ([rate(1.0), LATE], 0.5, Reproduced.UNDECIDED),
        ([rate(1.0), LATE], 0.0, Reproduced.OUTSIDE),
    ],
)
def test_the_verdict_is_one_of_three(lines: list[Line], share: float, outcome: Reproduced) -> None:
    found = Reproduction(lines=tuple(lines), differences=(), others_share=share)
    assert found.outcome is outcome
