"""Which candidate wins, over passes that are given."""

import argparse

from submission.bench.process import Passed
from submission.bench.tune import Candidate, add_arguments, candidates, hopeful, winner
from submission.planner.decide import Wish
from submission.settings.profile import PlanWish


def candidate(batch: int, *rates: float) -> Candidate:
    passes = [Passed(samples=100, wall_s=100 / rate, cpu_s=1) for rate in rates]
    choice = {"shapes": 20, "batch": batch, "streams": 0, "requests": 0}
    return Candidate(choice=choice, passes=passes)


def test_plans_are_measured_in_the_precision_that_profiles_run_in() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert parser.parse_args([]).precision == PlanWish().inference_precision


def test_the_default_is_measured_first_and_once() -> None:
    found = candidates(Wish(batch=2))
    assert found[0] == {"shapes": 20, "batch": 2, "streams": 0, "requests": 0}
    assert found.count(found[0]) == 1


def test_the_fastest_by_the_median_of_its_rounds_wins() -> None:
    field = [candidate(2, 10, 10, 10), candidate(1, 12, 11, 11), candidate(4, 30, 9, 9)]
    won = winner(field)
    assert won.choice["batch"] == 1
    assert "10.0% faster than 20 lengths, 2 together" in won.reason


def test_rounds_are_compared_with_the_same_round_of_the_default() -> None:
    # a neighbour slowed the whole second round down
    field = [candidate(2, 10, 5), candidate(1, 10, 5)]
    assert winner(field).choice["batch"] == 2


def test_a_gain_within_noise_changes_nothing() -> None:
    won = winner([candidate(2, 10, 10), candidate(1, 10.1, 10.1)])
    assert won.choice["batch"] == 2
    assert "no other of 2" in won.reason


def test_the_hopeless_are_left_out_and_the_default_stays() -> None:
    field = [candidate(2, 5), candidate(1, 10), candidate(4, 8)]
    assert [each.choice["batch"] for each in hopeful(field)] == [2, 1]


def test_what_was_never_measured_cannot_win() -> None:
    assert winner([candidate(2, 10), candidate(1)]).choice["batch"] == 2
