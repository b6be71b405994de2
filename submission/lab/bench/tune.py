"""Measure plans for a model on this machine, within a time budget, and keep the fastest."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from submission.errors import StageError, UsageError
from submission.harness.facts import versions
from submission.lab.bench.contest import (
    LEAST_ROUNDS,
    Candidate,
    Choice,
    candidates,
    distinct,
    hopeful,
    single_candidates,
    winner,
    words,
)
from submission.lab.bench.goals import DEFAULT, OURS
from submission.lab.bench.process import LIMIT_S, Passed, offline_pass
from submission.lab.bench.setup import BenchSetup, refuse_settings
from submission.lab.bench.subject import Asked, Model, place_of_way, write_spec
from submission.runs.decide import Subject, budget_bytes, make_plan
from submission.runs.tuned import Tuned, write_tuned
from submission.terminal import duration
from submission.terms import PlanRequest, Say, Scenario, SutPlan

# Offline has twice as many candidates as Server
OFFLINE_SHARE = 0.7

# measures a choice, within a number of seconds
Measure = Callable[[Choice, float], Passed]


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """What is tuned, in how many seconds (``budget``), and the folder that gets the plans.

    ``into`` is by default the folder that the profiles' runs look in.
    """

    setup: BenchSetup
    model: str = DEFAULT
    samples: int = 400
    rounds: int = 3
    budget: float = 900.0
    into: Path | None = None

    def __post_init__(self) -> None:
        """Raise UsageError for a number that is out of range, or a setting of runs alone."""
        _check(self)
        refuse_settings(self.setup.workspace)


def tune(asked: Tuning, *, say: Say, warn: Say) -> None:
    """Measure candidates of both scenarios side by side; store winners and all that was measured.

    Server has no passes of its own: what it asks of a plan is the least work for single samples,
    which Offline passes of single samples show with less noise than latencies would.
    """
    into = asked.into or asked.setup.workspace.tuned_folder()
    what = f"plans of {asked.model} for about {duration(asked.budget)}"
    warn(f"measuring {what} with OpenVINO {versions()['openvino']}, into {into}")
    trial = _trial(asked, warn)
    request = trial.request
    place = place_of_way(OURS, trial.model, trial.subject.lengths, request)
    start = time.monotonic()
    for scenario, (choices, share) in _fields(request).items():
        contest = [Candidate(choice=choice) for choice in distinct(choices, trial.plan)]
        bounds = ContestLimits(
            rounds=asked.rounds,
            ends=start + share * asked.budget,
            memory_bytes=budget_bytes(request),
        )
        measure_all(contest, trial.measure, bounds, warn)
        tuned = _kept(winner(contest), scenario)
        measured = [each.to_json() for each in contest]
        path = write_tuned(into, place, scenario, tuned, measured)
        say(f"{trial.model.name}, {scenario}: {tuned.reason}")
    say(f"{path}: for {place.precision} on {place.cores} cores over samples of these lengths")


def _check(asked: Tuning) -> None:
    least = {"rounds": LEAST_ROUNDS, "samples": 1}
    wrong = [
        f"--{name} {getattr(asked, name)}" for name in least if getattr(asked, name) < least[name]
    ]
    if not asked.budget > 0:
        wrong.append(f"--budget {asked.budget}")
    if wrong:
        raise UsageError(
            "a number is out of range",
            detail=", ".join(wrong),
            hint=f"a winner needs {LEAST_ROUNDS} rounds; samples and seconds are above 0",
        )


@dataclass(frozen=True, kw_only=True)
class PlanTrial:
    """What is measured for every choice, and where the passes leave their files."""

    model: Model
    features: Path
    subject: Subject
    request: PlanRequest
    samples: int
    folder: Path

    def plan(self, choice: Choice) -> SutPlan:
        """The plan of a choice; those for Server are measured by single samples Offline."""
        named: dict[str, Any] = dict(choice)
        return make_plan(self.subject, Scenario.OFFLINE, replace(self.request, **named))

    def measure(self, choice: Choice, limit_s: float) -> Passed:
        """One pass; raises StageError if it fails or lasts longer than ``limit_s``."""
        numbers = Asked(scenario=Scenario.OFFLINE, samples=self.samples)
        spec = write_spec(self.model, self.features, self.plan(choice), numbers, self.folder)
        return offline_pass("ours", spec, limit_s=limit_s)


def _trial(asked: Tuning, warn: Say) -> PlanTrial:
    features = asked.setup.samples(warn, embedded=False)
    model = asked.setup.model(asked.model)
    return PlanTrial(
        model=model,
        features=features,
        subject=model.subject(features),
        request=asked.setup.request(),
        samples=asked.samples,
        folder=asked.setup.runs_folder(model),
    )


def _fields(request: PlanRequest) -> dict[Scenario, tuple[list[Choice], float]]:
    """Candidates of each scenario, and the share of the time at which their measurement ends."""
    return {
        Scenario.OFFLINE: (candidates(request), OFFLINE_SHARE),
        Scenario.SERVER: (single_candidates(request), 1.0),
    }


@dataclass(frozen=True, kw_only=True)
class ContestLimits:
    """Limits of a contest: rounds, time (``ends``, monotonic clock), memory of a plan.

    A candidate that takes no more memory than the default is within the bound.
    """

    rounds: int
    ends: float
    memory_bytes: int


def measure_all(
    contest: Sequence[Candidate], measure: Measure, bounds: ContestLimits, warn: Say
) -> None:
    """Measure the candidates round by round until the time is over.

    The default is measured once in any case, and raises StageError if it fails; of any other
    candidate that is its ``failure``, as is a pass over the bound of memory and the default's peak.
    """
    running = contest
    for number in range(bounds.rounds):
        if not _round(running, measure, bounds, warn):
            warn(f"the time limit is reached in round {number + 1} of {bounds.rounds}")
            return
        running = hopeful(running)


def _round(
    contest: Sequence[Candidate], measure: Measure, bounds: ContestLimits, warn: Say
) -> bool:
    """Measure each once, the default first; False if the time ran out."""
    default = contest[0]
    for candidate in contest:
        left_s = bounds.ends - time.monotonic()
        first = not default.passes
        if left_s <= 0 and not first:
            return False
        try:
            passed = measure(candidate.choice, LIMIT_S if first else min(left_s, LIMIT_S))
        except StageError as error:
            if not first and time.monotonic() >= bounds.ends:
                return False
            if candidate is default:
                raise
            candidate.failure = f"{error.what}: {error.detail}"
        else:
            candidate.passes.append(passed)
            candidate.failure = _over(passed, default, bounds) if candidate is not default else ""
        warn(f"{words(candidate.choice)}: {candidate.last()}")
    return True


def _over(passed: Passed, default: Candidate, bounds: ContestLimits) -> str:
    # a peak is that of the whole process and grows with the cores: compare with the default's
    peak = max(each.memory_bytes for each in default.passes)
    most = max(bounds.memory_bytes, peak)
    if passed.memory_bytes <= most:
        return ""
    name = "the bound of" if most == bounds.memory_bytes else "the default's own"
    return f"it took {passed.memory_bytes / 1e9:.2f} GB of memory, over {name} {most / 1e9:.2f} GB"


def _kept(tuned: Tuned, scenario: Scenario) -> Tuned:
    """Keep only the number of lengths for Server: its streams are a matter of latency."""
    if scenario is Scenario.OFFLINE:
        return tuned
    reason = f"{tuned.reason}, by single samples Offline"
    return Tuned(choice={"shapes": tuned.choice["shapes"]}, reason=reason)
