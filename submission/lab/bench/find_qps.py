"""The highest target rate at which a Server run is VALID on this machine."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from submission.errors import FindingsError, UsageError
from submission.files import read_json, write_json, write_text
from submission.harness.facts import versions
from submission.lab.bench.goals import DEFAULT, OURS, PUBLISHED, STACK, STACK_OPENVINO
from submission.lab.bench.published_stack.stack import PublishedStack
from submission.lab.bench.result import plot, result_folder, row, table, write_result
from submission.lab.bench.search import SearchStep, Try, confirmation, found, next_step
from submission.lab.bench.server import Length, ServerCase, idle_ms, run_try
from submission.lab.bench.setup import BenchSetup
from submission.lab.bench.state import SearchState
from submission.lab.bench.subject import (
    Asked,
    Model,
    padded_plan,
    place_of_way,
    write_spec,
)
from submission.runs.decide import make_plan
from submission.runs.rates import FoundRate, write_rate
from submission.runs.tuned import Place
from submission.terminal import duration
from submission.terms import Say, Scenario
from submission.tree.grammar import KIT_PROFILES
from submission.wording import counted

START_SHARE = 0.6
FULL_SHARE = 1 / 3
# to start a run and to compile its buckets; an estimate until the first run
AROUND_S = 15.0
_MINUTE_S = 60.0
# far above any idle latency, so that the run ends normally
IDLE_BOUND_MS = 60_000.0
START_SAMPLES = 200
# queries of a run, by how many of them may be late at the percentile
SHORT_LATE, LATE = 5, 10
#: how a bound names whose idle latency it is
_IDLE = {"idle": PUBLISHED, "stack": STACK}
PERCENTILE, HIGH_PERCENTILE, HIGH_ACCURACY = 0.99, 0.999, "99.9"


@dataclass(frozen=True, kw_only=True)
class Bound:
    """A latency bound in ms, or ``idle_times`` the idle latency of the reference implementation.

    ``idle_of`` says on which software: this OpenVINO, or the published one.
    """

    ms: float = 0.0
    idle_times: float = 0.0
    idle_of: str = PUBLISHED

    @classmethod
    def read(cls, text: str) -> Bound:
        """Parse ``130``, ``idle4`` or ``stack4``, with a number above 0; raises UsageError."""
        word = next((each for each in _IDLE if text.startswith(each)), "")
        number = text.removeprefix(word)
        try:
            value = float(number)
        except ValueError:
            value = 0.0
        if not 0 < value < math.inf:
            raise UsageError(
                "--bound is neither milliseconds nor idleN",
                detail=f"it is {text!r}",
                hint="for example --bound 130, or --bound idle4 for four idle latencies (stack4: "
                "of the published software)",
            )
        return cls(idle_times=value, idle_of=_IDLE[word]) if word else cls(ms=value)

    def __str__(self) -> str:
        if not self.idle_times:
            return f"{self.ms:g}ms"
        (word,) = [each for each, way in _IDLE.items() if way == self.idle_of]
        return f"{word}{self.idle_times:g}"


@dataclass(frozen=True, kw_only=True)
class RateSearch:
    """What is searched: the model, the way it is run, the latency bound, and how long runs last.

    ``short`` and ``full`` are seconds of a run, ``budget`` seconds of the whole search, of which
    a third bounds a full run. ``streams`` 0 is one for each core. ``start`` is the first rate; by
    default an Offline run gives it. Queries are at least those of which a few may be late.
    ``published_python`` makes the environment of the published software, where that is needed.
    """

    setup: BenchSetup
    model: str = DEFAULT
    way: str = OURS
    bound: Bound = Bound(ms=130)
    percentile: float | None = None
    streams: int = 0
    start: float | None = None
    resolution: float = 0.05
    short: float = 20.0
    full: float = 600.0
    short_queries: int | None = None
    queries: int | None = None
    budget: float = 3600.0
    published_python: str | None = None

    def __post_init__(self) -> None:
        """Raise UsageError for a number that is out of range."""
        _check(self)

    @property
    def openvino(self) -> str:
        """The version that is measured."""
        return STACK_OPENVINO if self.way == STACK else versions()["openvino"]

    @property
    def announcement(self) -> str:
        """One line before the search: what is measured, by which bound, how long, with what."""
        return (
            f"measuring Server runs of {self.model} (latency bound {self.bound}; --bound changes "
            f"it) for {duration(self.budget)} at most, with OpenVINO {self.openvino}; a stopped "
            "search resumes"
        )


def find_qps(asked: RateSearch, *, say: Say, warn: Say) -> None:
    """Search, and print the table of all tries; raises FindingsError if nothing was confirmed."""
    model = asked.setup.model(asked.model)
    warn(asked.announcement)
    clock = Clock(budget_s=asked.budget)
    case = _case(asked, model, warn)
    lengths = lengths_of(asked, case.percentile)
    key = key_of(case, lengths)
    state = SearchState.open(case.folder / "state.json", key, lengths[True].seconds)
    start = asked.start or (0.0 if state.tries else START_SHARE * _rate(case))
    search = Search(lengths=lengths, start=start, resolution=asked.resolution, clock=clock)
    _search(case, state, search, warn)
    say("all runs, short ones first:")
    say(table(state.tries))
    write_text(case.folder / "latencies.svg", plot(case, state.tries))
    write_result(case, state, str(asked.bound))
    best = found(state.tries)
    if best is None:
        raise FindingsError(
            "no rate was confirmed",
            detail=f"{counted(len(state.tries), 'run')}, {clock.spent_s:.0f} s of "
            f"{asked.budget:.0f} s; the next one, and a full one after it, would not fit"
            f"{_best_so_far(state.tries)}",
            hint=f"the same command with --budget {enough_s(state.tries, search):.0f} (with make: "
            "BUDGET_S=…) resumes; or give find-qps fewer --short-queries and --queries",
        )
    over = next_step(state.tries, start=search.start, resolution=search.resolution) is None
    if not over:
        warn(
            f"note: the budget of {asked.budget:.0f} s ended the search after "
            f"{counted(len(state.tries), 'run')}: the highest rate may be above; the same command "
            f"with --budget {enough_s(state.tries, search):.0f} (with make: BUDGET_S=…) resumes"
        )
    say(
        f"{'highest VALID' if over else 'VALID, perhaps not the highest,'} target_qps of "
        f"{case.model.name} ({case.way}, "
        f"{case.plan.inference_precision}) at {case.bound_ms:.1f} ms, percentile "
        f"{case.percentile}: {best.qps:.4g}, by {best.queries} queries in {best.asked_s:.0f} s"
    )
    if case.way == OURS:
        say(rate_place(case.model.name, best.qps))
        kept = write_rate(asked.setup.workspace.rates_folder(), _rate_of(case, best))
        say(f"RATES={kept.parent} makes Server runs at that bound use it")


def _rate_of(case: ServerCase, best: Try) -> FoundRate:
    return FoundRate(
        model=case.model.name,
        target_qps=best.qps,
        bound_ms=case.bound_ms,
        percentile=case.percentile,
        cores=case.place.cores,
        openvino=case.place.openvino,
        queries=best.queries,
        seconds=best.asked_s,
    )


def rate_place(model: str, qps: float) -> str:
    """Where a rate that was found goes, for runs that are to use it."""
    return (
        f'to run at it: "target_qps": {qps:.4g} in place of "share_of_probed_rate", in a profile '
        f"({KIT_PROFILES}/NAME.json) whose benchmarks list {model}, under its scenarios, Server, "
        "performance"
    )


@dataclass(frozen=True, kw_only=True)
class Clock:
    """The time that a call may take."""

    budget_s: float
    start: float = field(default_factory=time.monotonic)

    @property
    def spent_s(self) -> float:
        """Seconds since the call began."""
        return time.monotonic() - self.start

    @property
    def left_s(self) -> float:
        """Seconds that are left."""
        return self.budget_s - self.spent_s


@dataclass(frozen=True, kw_only=True)
class Search:
    """How long runs last (by whether they are full), where the search starts, and its clock."""

    lengths: Mapping[bool, Length]
    start: float
    resolution: float
    clock: Clock


def _check(asked: RateSearch) -> None:
    wrong = [
        f"--{name} {value}"
        for name, value in (
            ("budget", asked.budget),
            ("resolution", asked.resolution),
            ("short", asked.short),
            ("full", asked.full),
            ("start", 1 if asked.start is None else asked.start),
        )
        if value <= 0
    ]
    if asked.percentile is not None and not 0 < asked.percentile < 1:
        wrong.append(f"--percentile {asked.percentile}")
    if wrong:
        raise UsageError(
            "a number is out of range",
            detail=", ".join(wrong),
            hint="numbers are above 0, and the percentile below 1",
        )


def _case(asked: RateSearch, model: Model, warn: Say) -> ServerCase:
    features = asked.setup.samples(warn)
    subject = model.subject(features)
    request = replace(asked.setup.request(), streams=asked.streams, requests=asked.streams)
    place = place_of_way(asked.way, model, subject.lengths, request)
    plan = make_plan(
        subject, Scenario.SERVER, asked.setup.tuned_request(place, Scenario.SERVER, request)
    )
    needed = STACK in {asked.way, asked.bound.idle_of}
    case = ServerCase(
        stack=_stack(asked, warn) if needed else None,
        way=asked.way,
        model=model,
        place=place,
        features=features,
        plan=plan if asked.way == OURS else padded_plan(model, plan),
        bound_ms=asked.bound.ms,
        percentile=asked.percentile or percentile_of(model),
        folder=asked.setup.folder / result_folder(asked.way, str(asked.bound), place),
    )
    if not asked.bound.idle_times:
        return case
    # one for all ways, in whichever precision and memory ours is searched
    there, of = asked.bound.idle_of, "" if asked.bound.idle_of == PUBLISHED else "-stack"
    place = place_of_way(there, model, subject.lengths, request)
    file = asked.setup.folder / f"{model.name}{of}-idle.json"
    idle = _idle_ms(replace(case, way=there), place, file)
    # LoadGen takes whole milliseconds
    bound_ms = float(max(1, round(asked.bound.idle_times * idle)))
    software = f" on OpenVINO {place.openvino}" if of else ""
    warn(
        f"idle latency of the reference implementation{software} {idle:.1f} ms: "
        f"bound {bound_ms:.1f} ms"
    )
    return replace(case, bound_ms=bound_ms)


def _stack(asked: RateSearch, warn: Say) -> PublishedStack:
    return PublishedStack.open(asked.setup.workspace, warn, asked.published_python)


def percentile_of(model: Model) -> float:
    """The percentile of the latencies that the bound holds for: 0.99, for bert-99.9 0.999."""
    share = (model.manifest.mlperf_model or "").rpartition("-")[2]
    return HIGH_PERCENTILE if share == HIGH_ACCURACY else PERCENTILE


def _idle_ms(case: ServerCase, place: Place, path: Path) -> float:
    """Idle latency in ms, measured once, so that all ways get the same bound."""
    plan = padded_plan(case.model, case.plan)
    way = PUBLISHED if case.way == OURS else case.way
    idle = replace(case, way=way, plan=plan, bound_ms=IDLE_BOUND_MS)
    key = {"place": asdict(place), "plan": idle.plan_json()}
    try:
        kept = read_json(path)
        if kept["key"] == key:
            return float(kept["idle_ms"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # missing, damaged or of another version: measure
    found_ms = idle_ms(idle)
    write_json(path, {"version": 2, "model": case.model.name, "key": key, "idle_ms": found_ms})
    return found_ms


def lengths_of(asked: RateSearch, percentile: float) -> dict[bool, Length]:
    """Of runs, by whether they are full; LoadGen's early stopping needs some late queries' worth.

    Of 459 queries at the 99th percentile none may be late, at the 99.9th that takes 4,603.
    """
    short, full = (round(late / (1 - percentile)) for late in (SHORT_LATE, LATE))
    return {
        True: Length(
            seconds=min(asked.full, asked.budget * FULL_SHARE), queries=asked.queries or full
        ),
        False: Length(seconds=asked.short, queries=asked.short_queries or short),
    }


def key_of(case: ServerCase, lengths: Mapping[bool, Length]) -> dict[str, Any]:
    """What an earlier try must have in common with this search."""
    return {
        "model": case.model.name,
        "way": case.way,
        "bound_ms": case.bound_ms,
        "percentile": case.percentile,
        "place": asdict(case.place),
        "plan": case.plan_json(),
        "queries": [lengths[False].queries, lengths[True].queries],
    }


def _rate(case: ServerCase) -> float:
    asked = Asked(scenario=Scenario.OFFLINE, samples=START_SAMPLES)
    folder = case.folder / "rate"
    return case.rate(write_spec(case.model, case.features, case.plan, asked, folder))


def _search(case: ServerCase, state: SearchState, search: Search, warn: Say) -> None:
    while step := _affordable(state.tries, search):
        state.add(run_try(case, step, search.lengths[step.full]))
        warn(row(state.tries[-1]))
        # the rest is LoadGen's advice for another use of it
        if why := state.tries[-1].advice.partition("; ")[0]:
            warn(f"  {why}")


def _affordable(tries: Sequence[Try], search: Search) -> SearchStep | None:
    """The next run; a full one already if there is no time for it after another short one."""
    step = next_step(tries, start=search.start, resolution=search.resolution)
    if step is None:
        return None
    last = confirmation(tries, search.resolution)
    reserve = _takes(last, tries, search) if last else 0.0
    if not step.full and _takes(step, tries, search) + reserve > search.clock.left_s:
        step = last
    return step if step and _takes(step, tries, search) <= search.clock.left_s else None


def enough_s(tries: Sequence[Try], search: Search) -> float:
    """Seconds of a budget that usually confirms a rate, to whole minutes.

    That is three full runs, of which the first two may fail, and four short ones before them.
    """
    step = next_step(tries, start=search.start, resolution=search.resolution)
    if step is None:
        return search.clock.budget_s
    short, full = (_takes(replace(step, full=full), tries, search) for full in (False, True))
    return _MINUTE_S * math.ceil((3 * full + 4 * short) / _MINUTE_S)


def _best_so_far(tries: Sequence[Try]) -> str:
    passed = [each.qps for each in tries if each.valid and not each.full]
    return f"; short runs were VALID up to {max(passed):.4g} queries/s" if passed else ""


def _takes(step: SearchStep, tries: Sequence[Try], search: Search) -> float:
    """Seconds that a run will take, including start and end as measured so far."""
    around = max((each.seconds - each.asked_s for each in tries), default=AROUND_S)
    return search.lengths[step.full].at(step.qps) + max(0.0, around)
