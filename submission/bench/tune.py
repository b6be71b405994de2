"""``tune``: which plan is fastest for a model on this machine, measured in bounded time."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from submission.bench.command import DEFAULT, add_places, samples_of, wish_of
from submission.bench.process import Passed, offline_pass
from submission.bench.subject import Asked, find_model, place_here, write_spec
from submission.planner.decide import Wish, make_plan
from submission.planner.tuned import Tuned, write_tuned
from submission.terms import Scenario

Say = Callable[[str], None]
# a candidate must beat the default by more than two rounds of the default differ by
MARGIN = 1.02
# one that is so far behind after a round is not measured again
HOPELESS = 0.9
SHAPES, BATCHES = (12, 20, 28), (1, 2, 4)
# Offline has twice as many candidates as Server
OFFLINE_SHARE = 0.7

Choice = Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A choice and what its passes gave; the default is the first of a list."""

    choice: Choice
    passes: list[Passed]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``tune [MODEL] [--budget S] [--samples N] [--rounds N]``."""
    parser.add_argument("model", nargs="?", default=DEFAULT, metavar="MODEL")
    parser.add_argument("--samples", type=int, default=400, help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--budget", type=float, default=900.0, metavar="S", help="in all")
    parser.add_argument("--into", type=Path, default=Path("measurements/tuned"), metavar="DIR")
    add_places(parser, "out/tune")


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Measure candidates of both scenarios side by side; store winners and all that was measured.

    Server has no passes of its own: what it asks of a plan is the least work for single samples,
    which Offline passes of single samples tell with less noise than latencies would.
    """
    features = samples_of(args, warn)
    model = find_model(args.model, args.manifests, args.folder)
    wish = wish_of(args)
    subject = model.subject(features)

    def measure(choice: Choice) -> Passed:
        plan = make_plan(subject, Scenario.OFFLINE, _with(wish, choice))
        asked = Asked(scenario=Scenario.OFFLINE, samples=args.samples)
        spec = write_spec(model, features, plan, asked, args.folder / "runs" / model.name)
        return offline_pass("ours", spec)

    place = place_here(model, subject.lengths, wish.inference_precision)
    start = time.monotonic()
    for scenario, (choices, share) in _fields(wish).items():
        field = [Candidate(choice=choice, passes=[]) for choice in choices]
        _measure(field, measure, start + share * args.budget, args.rounds, warn)
        tuned = _kept(winner(field), scenario)
        path = write_tuned(args.into, place, scenario, tuned, _told(field))
        say(f"{model.name}, {scenario}: {tuned.reason}")
    say(f"{path}: for {place.precision} on {place.cores} cores over samples of these lengths")
    return 0


def _fields(wish: Wish) -> dict[Scenario, tuple[list[Choice], float]]:
    """Candidates of each scenario, and by which share of the time they shall be measured."""
    return {
        Scenario.OFFLINE: (candidates(wish), OFFLINE_SHARE),
        Scenario.SERVER: (single_candidates(wish), 1.0),
    }


def _measure(
    field: list[Candidate],
    measure: Callable[[Choice], Passed],
    ends: float,
    rounds: int,
    warn: Say,
) -> None:
    """Rounds over the candidates until the time is over; the default is measured in any case."""
    running = field
    for number in range(rounds):
        if not _round(running, measure, ends, warn):
            warn(f"the time is over in round {number + 1} of {rounds}")
            return
        running = hopeful(running)


def _kept(tuned: Tuned, scenario: Scenario) -> Tuned:
    """Server takes the number of lengths alone: its streams are a matter of latency."""
    if scenario is Scenario.OFFLINE:
        return tuned
    reason = f"{tuned.reason}, by single samples Offline"
    return Tuned(choice={"shapes": tuned.choice["shapes"]}, reason=reason)


def candidates(wish: Wish) -> list[Choice]:
    """The default first; then other numbers of shapes and of samples that run together."""
    default = {"shapes": wish.shapes, "batch": wish.batch or 1, "streams": 0, "requests": 0}
    others = [{**default, "batch": batch} for batch in BATCHES]
    others += [{**default, "shapes": shapes} for shapes in SHAPES]
    # one stream on all cores: rarely faster, but where it is, by much
    others.append({**default, "streams": 1, "requests": 1})
    return [default, *(other for other in others if other != default)]


def single_candidates(wish: Wish) -> list[Choice]:
    """The default's number of lengths first, then others; one sample at a time."""
    counts = [wish.shapes, *(shapes for shapes in SHAPES if shapes != wish.shapes)]
    return [{"shapes": count, "batch": 1, "streams": 0, "requests": 0} for count in counts]


def hopeful(field: Sequence[Candidate]) -> list[Candidate]:
    """The candidates that may still win; the default always stays."""
    best = max(_gain(field[0], each) for each in field)
    return [each for each in field if each is field[0] or _gain(field[0], each) >= HOPELESS * best]


def winner(field: Sequence[Candidate]) -> Tuned:
    """The fastest choice, if it beats the default by more than noise; else the default."""
    default = field[0]
    best = max(field, key=lambda each: _gain(default, each))
    gain = _gain(default, best)
    others = sum(bool(each.passes) for each in field) - 1
    if others == 0:
        reason = "the default, for nothing else was measured in the time that tune had here"
        return Tuned(choice=default.choice, reason=reason)
    if gain < MARGIN:
        return Tuned(
            choice=default.choice,
            reason=f"tuned here: none of {others} others was over {MARGIN - 1:.0%} faster",
        )
    return Tuned(
        choice=best.choice,
        reason=f"tuned here: {gain - 1:.1%} faster than {_words(default.choice)}",
    )


def _round(
    field: Sequence[Candidate], measure: Callable[[Choice], Passed], ends: float, warn: Say
) -> bool:
    """One pass of each, the default first; False if the time does not reach to the end."""
    for candidate in field:
        if time.monotonic() > ends and field[0].passes:
            return False
        candidate.passes.append(measure(candidate.choice))
        last = candidate.passes[-1]
        warn(f"{_words(candidate.choice)}: {last.rate:.2f} samples/s, {last.cpu_ms:.2f} ms of CPU")
    return True


def _gain(default: Candidate, other: Candidate) -> float:
    """Median over common rounds of how much faster it was than the default; 0 before any.

    Only what shows by the clock and in CPU time counts: a busy neighbour changes the one, cores
    that wait do not show in the other.
    """
    pairs = zip(other.passes, default.passes, strict=False)
    gains = [min(one.rate / two.rate, two.cpu_ms / one.cpu_ms) for one, two in pairs]
    return statistics.median(gains) if gains else 0.0


def _with(wish: Wish, choice: Choice) -> Wish:
    named: dict[str, Any] = dict(choice)
    return replace(wish, **named)


def _told(field: Sequence[Candidate]) -> list[dict[str, Any]]:
    return [
        {"choice": dict(each.choice), "passes": [asdict(one) for one in each.passes]}
        for each in field
    ]


def _words(choice: Choice) -> str:
    streams = "one stream on all cores" if choice["streams"] else "a stream a core"
    return f"{choice['shapes']} lengths, {choice['batch']} together, {streams}"
