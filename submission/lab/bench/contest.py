"""Candidates for a tuned plan, their measurements, and the choice of a winner."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from submission.lab.bench.process import Passed
from submission.runs.tuned import Tuned
from submission.terms import PlanRequest, SutPlan

# a winner beats the default by more than this, and by more than two passes of the default differ
MARGIN = 1.02
# one lucky round is no measurement
LEAST_ROUNDS = 2
# a candidate this far behind the best is not measured again
HOPELESS = 0.9
SHAPES, BATCHES = (12, 20, 28), (1, 2, 4)

Choice = Mapping[str, int]


@dataclass(kw_only=True)
class Candidate:
    """A choice and its measurements; the default is the first of a list.

    ``failure`` says why it is not measured any more: it keeps its passes but cannot win.
    """

    choice: Choice
    passes: list[Passed] = field(default_factory=list)
    failure: str = ""

    def last(self) -> str:
        """The figures of the last pass, or the failure."""
        if self.failure:
            return self.failure
        return f"{self.passes[-1].rate:.2f} samples/s, {self.passes[-1].cpu_ms:.2f} ms of CPU"

    def to_json(self) -> dict[str, Any]:
        """The JSON form in the file of the tuned plan."""
        value = {"choice": dict(self.choice), "passes": [asdict(one) for one in self.passes]}
        return value | ({"failure": self.failure} if self.failure else {})


def candidates(request: PlanRequest) -> list[Choice]:
    """The default first; then others, each of which differs from it in one factor."""
    default = {"shapes": request.shapes, "batch": request.batch or 1, "streams": 0, "requests": 0}
    others = [{**default, "batch": batch} for batch in BATCHES]
    others += [{**default, "shapes": shapes} for shapes in SHAPES]
    # one stream on all cores: rarely faster, but then by much
    others.append({**default, "streams": 1, "requests": 1})
    return [default, *(other for other in others if other != default)]


def single_candidates(request: PlanRequest) -> list[Choice]:
    """The default's number of lengths first, then others; one sample at a time."""
    counts = [request.shapes, *(shapes for shapes in SHAPES if shapes != request.shapes)]
    return [{"shapes": count, "batch": 1, "streams": 0, "requests": 0} for count in counts]


def distinct(choices: Sequence[Choice], plan_of: Callable[[Choice], SutPlan]) -> list[Choice]:
    """The choices with the number of lengths that they get from the planner, each plan once.

    Little memory, or few different samples, bound several requests to the same plan.
    """
    found: list[Choice] = []
    for choice in choices:
        given = {**choice, "shapes": len(plan_of(choice).buckets)}
        if given not in found:
            found.append(given)
    return found


def hopeful(contest: Sequence[Candidate]) -> list[Candidate]:
    """The candidates that may still win; the default always stays."""
    default = contest[0]
    running = [each for each in contest if each is default or not each.failure]
    best = max(_gain(default, each) for each in running)
    return [e for e in running if e is default or _gain(default, e) >= HOPELESS * best]


def winner(contest: Sequence[Candidate]) -> Tuned:
    """The fastest choice, if it beats the default by more than noise; else the default."""
    default, *others = contest
    judged = [
        each for each in others if not each.failure and _rounds(default, each) >= LEAST_ROUNDS
    ]
    best = max(judged, key=lambda each: _gain(default, each), default=None)
    name = words(default.choice)
    if best is None:
        reason = f"the default, {name}: nothing else was measured twice in the time of tune"
        return Tuned(choice=default.choice, reason=reason)
    gain, margin = _gain(default, best), _margin(default)
    if gain <= margin:
        reason = (
            f"tuned here: {name} stays, none of {len(judged)} others was over {margin - 1:.1%} "
            f"faster ({_measured(default, default)})"
        )
        return Tuned(choice=default.choice, reason=reason)
    reason = (
        f"tuned here: {words(best.choice)} was {gain - 1:.1%} faster than {name} "
        f"({_measured(default, best)})"
    )
    return Tuned(choice=best.choice, reason=reason)


def words(choice: Choice) -> str:
    """A choice in words, for messages."""
    streams = "one stream on all cores" if choice["streams"] else "a stream a core"
    return f"{choice['shapes']} buckets, {choice['batch']} together, {streams}"


def _measured(default: Candidate, other: Candidate) -> str:
    return f"{_rounds(default, other)} rounds of {other.passes[0].samples} samples"


def _rounds(default: Candidate, other: Candidate) -> int:
    return min(len(default.passes), len(other.passes))


def _gain(default: Candidate, other: Candidate) -> float:
    """Median speedup over the default in the rounds that both have; 0 if there are none."""
    pairs = zip(other.passes, default.passes, strict=False)
    gains = [_faster(one, two) for one, two in pairs]
    return statistics.median(gains) if gains else 0.0


def _faster(one: Passed, two: Passed) -> float:
    """The speedup of ``one`` over ``two``.

    Only what shows by the clock and in CPU time counts: a busy neighbour changes the one, cores
    that wait do not show in the other.
    """
    return min(one.rate / two.rate, two.cpu_ms / one.cpu_ms)


def _margin(default: Candidate) -> float:
    """The least gain of a winner: the largest speedup of one pass of the default over another."""
    pairs = itertools.permutations(default.passes, 2)
    return max([MARGIN, *(_faster(one, two) for one, two in pairs)])
