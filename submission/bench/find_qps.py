"""``find-qps``: the highest target rate at which a Server run is VALID on this machine."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from submission.bench.command import DEFAULT, add_places, samples_of, wish_of
from submission.bench.plot import Line, lines_svg
from submission.bench.process import offline_pass
from submission.bench.search import Try, found, next_step
from submission.bench.server import Lane, Length, idle_ms, run_try
from submission.bench.subject import Asked, find_model, padded_plan, write_spec
from submission.errors import FindingsError, UsageError
from submission.files import read_json, write_json, write_text
from submission.planner.decide import make_plan
from submission.terms import Scenario

Say = Callable[[str], None]
START_SHARE = 0.6
START_SAMPLES = 200
PERCENTILES = (("p50_ms", "50th"), ("p90_ms", "90th"), ("p99_ms", "99th percentile"))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``find-qps [MODEL] [--way ours|published] [--bound-ms N | --times-idle N] …``."""
    parser.add_argument("model", nargs="?", default=DEFAULT, metavar="MODEL")
    parser.add_argument("--way", choices=("ours", "published"), default="ours")
    parser.add_argument("--bound-ms", type=float, default=130.0, help="default: %(default)s")
    parser.add_argument(
        "--times-idle", type=float, metavar="N", help="bound: N idle latencies of the padded way"
    )
    parser.add_argument("--percentile", type=float, default=0.99, help="default: %(default)s")
    parser.add_argument("--streams", type=int, default=0, help="0: one for each core")
    parser.add_argument("--start", type=float, help="first rate (default: by an Offline run)")
    parser.add_argument("--resolution", type=float, default=0.05, help="default: %(default)s")
    parser.add_argument("--short", type=float, default=20.0, metavar="S", help="of a short run")
    parser.add_argument("--full", type=float, default=600.0, metavar="S", help="of the last run")
    parser.add_argument("--queries", type=int, default=1000, help="at least, in each run")
    parser.add_argument("--budget", type=float, default=3600.0, metavar="S", help="in all")
    add_places(parser, "out/find-qps")


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Search, and print the table of all tries; raises FindingsError if nothing was confirmed."""
    _check(args)
    lane = _lane(args, warn)
    if args.times_idle:
        padded = replace(lane, way="published", plan=padded_plan(lane.model, lane.plan))
        idle = idle_ms(padded)
        lane = replace(lane, bound_ms=round(args.times_idle * idle, 3))
        warn(f"idle latency of the padded way {idle:.1f} ms: bound {lane.bound_ms:.1f} ms")
    state = State.open(lane.folder / "state.json", _key(lane, args))
    start = args.start or START_SHARE * _rate(lane)
    _search(lane, state, args, start, warn)
    say(_table(state.tries))
    write_text(lane.folder / "latencies.svg", _plot(lane, state.tries))
    best = found(state.tries)
    if best is None:
        raise FindingsError(
            "no rate was confirmed",
            detail=f"{len(state.tries)} runs in {state.spent_s:.0f} s of {args.budget:.0f} s",
            hint="run it again with a larger --budget: it goes on from where it is",
        )
    say(
        f"highest VALID target_qps of {lane.model.name} ({lane.way}) at {lane.bound_ms:.1f} ms, "
        f"percentile {lane.percentile}: {best.qps:.4g}"
    )
    return 0


@dataclass(kw_only=True)
class State:
    """The tries so far, kept on disk after each, so that a search can go on."""

    path: Path
    key: dict[str, Any]
    tries: list[Try]

    @classmethod
    def open(cls, path: Path, key: dict[str, Any]) -> State:
        """What an earlier search of the same key left; else an empty state."""
        tries: list[Try] = []
        if path.is_file():
            try:
                kept = read_json(path)
                if kept["key"] == key:
                    tries = [Try(**each) for each in kept["tries"]]
            except (ValueError, KeyError, TypeError) as error:
                raise UsageError(
                    "the state of the search cannot be read",
                    detail=f"{path}: {error}",
                    hint="remove the file to search anew",
                ) from error
        return cls(path=path, key=key, tries=tries)

    @property
    def spent_s(self) -> float:
        """Seconds of all runs."""
        return sum(each.seconds for each in self.tries)

    def add(self, one: Try) -> None:
        """Keep a try."""
        self.tries.append(one)
        tries = [asdict(each) for each in self.tries]
        write_json(self.path, {"version": 1, "key": self.key, "tries": tries})


def _check(args: argparse.Namespace) -> None:
    wrong = [
        f"--{name} {value}"
        for name, value in (
            ("bound-ms", args.bound_ms),
            ("budget", args.budget),
            ("resolution", args.resolution),
            ("short", args.short),
            ("full", args.full),
            ("start", 1 if args.start is None else args.start),
        )
        if value <= 0
    ]
    if not 0 < args.percentile < 1:
        wrong.append(f"--percentile {args.percentile}")
    if wrong:
        raise UsageError(
            "a number is out of range",
            detail=", ".join(wrong),
            hint="numbers are above 0, and the percentile below 1",
        )


def _lane(args: argparse.Namespace, warn: Say) -> Lane:
    features = samples_of(args, warn)
    model = find_model(args.model, args.manifests, args.folder)
    wish = replace(wish_of(args), streams=args.streams, requests=args.streams)
    plan = make_plan(model.subject(features), Scenario.SERVER, wish)
    if args.way == "published":
        plan = padded_plan(model, plan)
    return Lane(
        way=args.way,
        model=model,
        features=features,
        plan=plan,
        bound_ms=args.bound_ms,
        percentile=args.percentile,
        folder=args.folder / f"{model.name}-{args.way}",
    )


def _key(lane: Lane, args: argparse.Namespace) -> dict[str, Any]:
    """What makes an earlier try speak for this search; an idle latency is measured anew."""
    return {
        "model": lane.model.name,
        "way": lane.way,
        "bound": args.times_idle or lane.bound_ms,
        "percentile": lane.percentile,
        "buckets": list(lane.plan.buckets),
        "precision": lane.plan.inference_precision,
        "streams": lane.plan.streams,
        "queries": args.queries,
    }


def _rate(lane: Lane) -> float:
    asked = Asked(scenario=Scenario.OFFLINE, samples=START_SAMPLES)
    folder = lane.folder / "rate"
    return offline_pass(
        lane.way, write_spec(lane.model, lane.features, lane.plan, asked, folder)
    ).rate


def _search(lane: Lane, state: State, args: argparse.Namespace, start: float, warn: Say) -> None:
    while step := next_step(state.tries, start=start, resolution=args.resolution):
        seconds = args.full if step.full else args.short
        if state.tries and state.spent_s + seconds > args.budget:
            return
        state.add(run_try(lane, step, Length(seconds=seconds, queries=args.queries)))
        warn(_row(state.tries[-1]))
        if state.tries[-1].advice:
            warn(f"  {state.tries[-1].advice}")


def _table(tries: Sequence[Try]) -> str:
    ordered = sorted(tries, key=lambda each: (each.full, each.qps))
    return "\n".join(_row(each) for each in ordered)


def _row(one: Try) -> str:
    return (
        f"{one.qps:9.2f} queries/s  {'full ' if one.full else 'short'}  "
        f"{'VALID  ' if one.valid else 'INVALID'}  p50 {one.p50_ms:8.1f}  p90 {one.p90_ms:8.1f}  "
        f"p99 {one.p99_ms:8.1f}  max {one.max_ms:9.1f} ms  {one.queries} queries"
    )


def _plot(lane: Lane, tries: Sequence[Try]) -> str:
    answered = sorted((each for each in tries if each.queries), key=lambda each: each.qps)
    lines = [
        Line(name=words, points=[(each.qps, getattr(each, name)) for each in answered])
        for name, words in PERCENTILES
    ]
    title = f"{lane.model.name}, {lane.way}: latency against target rate"
    return lines_svg(title, ("queries/s", "ms"), lines, lane.bound_ms)
