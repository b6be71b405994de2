"""``find-qps``: the highest target rate at which a Server run is VALID on this machine."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from submission.errors import FindingsError, UsageError
from submission.files import read_json, write_json, write_text
from submission.lab.bench.command import (
    DEFAULT,
    Say,
    add_places,
    add_tuned,
    parts_brought,
    request_of,
    samples_of,
    tuned_request,
)
from submission.lab.bench.goals import OURS, PUBLISHED
from submission.lab.bench.process import offline_pass
from submission.lab.bench.result import plot, result_folder, row, table, write_result
from submission.lab.bench.search import SearchStep, Try, confirmation, found, next_step
from submission.lab.bench.server import Length, ServerCase, idle_ms, run_try
from submission.lab.bench.state import SearchState
from submission.lab.bench.subject import (
    Asked,
    Model,
    find_model,
    padded_plan,
    place_of_way,
    write_spec,
)
from submission.runs.decide import make_plan
from submission.runs.tuned import Place
from submission.terms import Scenario

START_SHARE = 0.6
FULL_SHARE = 1 / 3
# to start a run and to compile its shapes, before the first one has shown it
AROUND_S = 15.0
# far above any idle latency: the run shall come to its end
IDLE_BOUND_MS = 60_000.0
START_SAMPLES = 200
# queries of a run, by how many of them the percentile would let be late
SHORT_LATE, LATE = 5, 10
PERCENTILE, HIGH_PERCENTILE, HIGH_ACCURACY = 0.99, 0.999, "99.9"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``find-qps [MODEL] [--way ours|published] [--bound MS|idleN] [--budget S] …``."""
    parser.add_argument("model", nargs="?", default=DEFAULT, metavar="MODEL")
    parser.add_argument("--way", choices=(OURS, PUBLISHED), default=OURS)
    parser.add_argument(
        "--bound",
        type=Bound.read,
        default="130",
        metavar="MS|idleN",
        help="latency bound, or N times the published way's idle latency (default: %(default)s)",
    )
    parser.add_argument(
        "--percentile",
        type=float,
        help=f"default: {PERCENTILE}, and {HIGH_PERCENTILE} for a model of bert-{HIGH_ACCURACY}",
    )
    parser.add_argument("--streams", type=int, default=0, help="0: one for each core")
    parser.add_argument("--start", type=float, help="first rate (default: by an Offline run)")
    parser.add_argument("--resolution", type=float, default=0.05, help="default: %(default)s")
    parser.add_argument("--short", type=float, default=20.0, metavar="S", help="of a short run")
    parser.add_argument("--full", type=float, default=600.0, metavar="S", help="of the last run")
    parser.add_argument(
        "--short-queries",
        type=int,
        metavar="N",
        help=f"at least (default: those of which {SHORT_LATE} may be late)",
    )
    parser.add_argument(
        "--queries",
        type=int,
        metavar="N",
        help=f"at least, in a full run (default: those of which {LATE} may be late)",
    )
    parser.add_argument(
        "--budget",
        type=float,
        default=3600.0,
        metavar="S",
        help="of this call; a third of it bounds a full run (default: %(default)s)",
    )
    add_tuned(parser)
    add_places(parser, "find-qps")


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Search, and print the table of all tries; raises FindingsError if nothing was confirmed."""
    _check(args)
    clock = Clock(budget_s=args.budget)
    case = _case(args, warn)
    lengths = lengths_of(args, case.percentile)
    key = key_of(case, lengths)
    state = SearchState.open(case.folder / "state.json", key, lengths[True].seconds)
    start = args.start or (0.0 if state.tries else START_SHARE * _rate(case))
    _search(case, state, Search(lengths=lengths, start=start, args=args, clock=clock), warn)
    say(table(state.tries))
    write_text(case.folder / "latencies.svg", plot(case, state.tries))
    write_result(case, state, str(args.bound))
    best = found(state.tries)
    if best is None:
        raise FindingsError(
            "no rate was confirmed",
            detail=f"{len(state.tries)} runs, {clock.spent_s:.0f} s of {args.budget:.0f} s; "
            "the next one would not fit",
            hint="run it again with a larger --budget, it goes on from where it is; or "
            "--short-queries and --queries smaller",
        )
    say(
        f"highest VALID target_qps of {case.model.name} ({case.way}, "
        f"{case.plan.inference_precision}) at {case.bound_ms:.1f} ms, percentile "
        f"{case.percentile}: {best.qps:.4g}, by {best.queries} queries in {best.asked_s:.0f} s"
    )
    return 0


@dataclass(frozen=True, kw_only=True)
class Bound:
    """A latency bound in ms, or ``idle_times`` the idle latency of the published way."""

    ms: float = 0.0
    idle_times: float = 0.0

    @classmethod
    def read(cls, text: str) -> Bound:
        """``130`` or ``idle4``; ArgumentTypeError for anything else and for nothing above 0."""
        number = text.removeprefix("idle")
        try:
            value = float(number)
        except ValueError:
            value = 0.0
        if not 0 < value < math.inf:
            raise argparse.ArgumentTypeError(f"{text!r} is neither milliseconds nor idleN")
        return cls(ms=value) if number == text else cls(idle_times=value)

    def __str__(self) -> str:
        return f"idle{self.idle_times:g}" if self.idle_times else f"{self.ms:g}ms"


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
    args: argparse.Namespace
    clock: Clock


def _check(args: argparse.Namespace) -> None:
    wrong = [
        f"--{name} {value}"
        for name, value in (
            ("budget", args.budget),
            ("resolution", args.resolution),
            ("short", args.short),
            ("full", args.full),
            ("start", 1 if args.start is None else args.start),
        )
        if value <= 0
    ]
    if args.percentile is not None and not 0 < args.percentile < 1:
        wrong.append(f"--percentile {args.percentile}")
    if wrong:
        raise UsageError(
            "a number is out of range",
            detail=", ".join(wrong),
            hint="numbers are above 0, and the percentile below 1",
        )


def _case(args: argparse.Namespace, warn: Say) -> ServerCase:
    features = samples_of(args, warn)
    model = find_model(args.model, args.manifests, args.folder, parts_brought())
    subject = model.subject(features)
    request = replace(request_of(args), streams=args.streams, requests=args.streams)
    place = place_of_way(args.way, model, subject.lengths, request)
    plan = make_plan(subject, Scenario.SERVER, tuned_request(args, place, Scenario.SERVER, request))
    case = ServerCase(
        way=args.way,
        model=model,
        place=place,
        features=features,
        plan=padded_plan(model, plan) if args.way == PUBLISHED else plan,
        bound_ms=args.bound.ms,
        percentile=args.percentile or percentile_of(model),
        folder=args.folder / result_folder(args.way, str(args.bound), place),
    )
    if not args.bound.idle_times:
        return case
    # one for both ways, in whichever precision and memory ours is searched
    there = place_of_way(PUBLISHED, model, subject.lengths, request)
    idle = _idle_ms(case, there, args.folder / f"{model.name}-idle.json")
    # LoadGen takes whole milliseconds
    bound_ms = float(max(1, round(args.bound.idle_times * idle)))
    warn(f"idle latency of the published way {idle:.1f} ms: bound {bound_ms:.1f} ms")
    return replace(case, bound_ms=bound_ms)


def percentile_of(model: Model) -> float:
    """What is asked of the latencies: 99 in 100 within the bound, of bert-99.9 999 in 1000."""
    share = (model.manifest.mlperf_model or "").rpartition("-")[2]
    return HIGH_PERCENTILE if share == HIGH_ACCURACY else PERCENTILE


def _idle_ms(case: ServerCase, place: Place, path: Path) -> float:
    """Measured once for both ways, so that they are held to the same bound."""
    plan = padded_plan(case.model, case.plan)
    idle = replace(case, way=PUBLISHED, plan=plan, bound_ms=IDLE_BOUND_MS)
    key = {"place": asdict(place), "plan": idle.plan_json()}
    try:
        kept = read_json(path)
        if kept["key"] == key:
            return float(kept["idle_ms"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # missing, damaged or of another version: measured anew
    found_ms = idle_ms(idle)
    write_json(path, {"version": 2, "model": case.model.name, "key": key, "idle_ms": found_ms})
    return found_ms


def lengths_of(args: argparse.Namespace, percentile: float) -> dict[bool, Length]:
    """Of runs, by whether they are full; LoadGen's early stopping needs some late queries' worth.

    Of 459 queries at the 99th percentile none may be late, at the 99.9th that takes 4,603.
    """
    short, full = (round(late / (1 - percentile)) for late in (SHORT_LATE, LATE))
    return {
        True: Length(
            seconds=min(args.full, args.budget * FULL_SHARE), queries=args.queries or full
        ),
        False: Length(seconds=args.short, queries=args.short_queries or short),
    }


def key_of(case: ServerCase, lengths: Mapping[bool, Length]) -> dict[str, Any]:
    """What makes an earlier try speak for this search."""
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
    return offline_pass(
        case.way, write_spec(case.model, case.features, case.plan, asked, folder)
    ).rate


def _search(case: ServerCase, state: SearchState, search: Search, warn: Say) -> None:
    while step := _affordable(state.tries, search):
        state.add(run_try(case, step, search.lengths[step.full]))
        warn(row(state.tries[-1]))
        if state.tries[-1].advice:
            warn(f"  {state.tries[-1].advice}")


def _affordable(tries: Sequence[Try], search: Search) -> SearchStep | None:
    """The next run; the full one early where the time would not reach for it after a short one."""
    step = next_step(tries, start=search.start, resolution=search.args.resolution)
    if step is None:
        return None
    last = confirmation(tries, search.args.resolution)
    reserve = _takes(last, tries, search) if last else 0.0
    if not step.full and _takes(step, tries, search) + reserve > search.clock.left_s:
        step = last
    return step if step and _takes(step, tries, search) <= search.clock.left_s else None


def _takes(step: SearchStep, tries: Sequence[Try], search: Search) -> float:
    """Seconds that a run will take, start and end included as they were seen."""
    around = max((each.seconds - each.asked_s for each in tries), default=AROUND_S)
    return search.lengths[step.full].at(step.qps) + max(0.0, around)
