"""``find-qps``: the highest target rate at which a Server run is VALID on this machine."""

from __future__ import annotations

import argparse

from submission.cli.environment import under_make
from submission.cli.lab.bench_setup import add_published_python, add_setup, add_tuned, setup_of
from submission.cli.lab.openvino_of_runs import measure_as_runs_do
from submission.errors import UsageError
from submission.lab.bench.find_qps import (
    HIGH_ACCURACY,
    HIGH_PERCENTILE,
    LATE,
    PERCENTILE,
    SHORT_LATE,
    Bound,
    RateSearch,
    find_qps,
)
from submission.lab.bench.goals import OURS, PUBLISHED, STACK
from submission.terminal import duration
from submission.terms import Say

NAME = "find-qps"
WHICH = f"a name in the manifests' folder (with --budget also none: {RateSearch.model})"
RESOLUTION = "share of the rate that the search stops at (default: %(default)s)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``find-qps [MODEL] [--way WAY] [--bound MS|idleN|stackN] [--budget S] …``."""
    add = parser.add_argument
    add("model", nargs="?", metavar="MODEL", help=WHICH)
    add(
        "--way",
        choices=(OURS, PUBLISHED, STACK),
        default=RateSearch.way,
        help="the SUT of this kit, or the way of the published submission: on this OpenVINO, or on "
        "the published one",
    )
    add(
        "--bound",
        default="130",
        metavar="MS|idleN|stackN",
        help="latency bound, or N times the idle latency of the reference implementation (stackN: "
        "on the published OpenVINO; default: %(default)s)",
    )
    add(
        "--percentile",
        type=float,
        metavar="P",
        help=f"of the latencies (default: {PERCENTILE}; bert-{HIGH_ACCURACY}: {HIGH_PERCENTILE})",
    )
    add("--streams", type=int, default=RateSearch.streams, metavar="N", help="0: one for each core")
    add("--start", type=float, metavar="QPS", help="first rate (default: by an Offline run)")
    add("--resolution", type=float, default=RateSearch.resolution, help=RESOLUTION)
    add_published_python(parser)
    _add_lengths(parser)
    add_tuned(parser)
    add_setup(parser, NAME)


def _add_lengths(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--short", type=float, default=RateSearch.short, metavar="S", help="seconds of a short run")
    add("--full", type=float, default=RateSearch.full, metavar="S", help="seconds of the last run")
    add(
        "--short-queries",
        type=int,
        metavar="N",
        help=f"least queries of a short run (default: those of which {SHORT_LATE} may be late)",
    )
    add(
        "--queries",
        type=int,
        metavar="N",
        help=f"least queries of a full run (default: those of which {LATE} may be late)",
    )
    add(
        "--budget",
        type=float,
        metavar="S",
        help="seconds of this call; a third of it bounds a full run "
        f"(default, where MODEL is given: {RateSearch.budget:.0f})",
    )


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Search, and print the table of all tries."""
    asked = RateSearch(
        setup=setup_of(args, NAME),
        model=args.model or RateSearch.model,
        way=args.way,
        bound=Bound.read(args.bound),
        percentile=args.percentile,
        streams=args.streams,
        start=args.start,
        resolution=args.resolution,
        short=args.short,
        full=args.full,
        short_queries=args.short_queries,
        queries=args.queries,
        budget=RateSearch.budget if args.budget is None else args.budget,
        published_python=args.published_python,
    )
    if args.model is None and args.budget is None:
        raise _unnamed(asked)
    asked.setup.demand(asked.model)
    measure_as_runs_do(args, warn)
    find_qps(asked, say=say, warn=warn)
    return 0


def _unnamed(asked: RateSearch) -> UsageError:
    """A search takes an hour: it asks for a model or a budget before it starts."""
    model = RateSearch.model
    command = f"find-qps {model} --budget 900"
    if under_make():
        command = f"make find-qps MODEL={model} BUDGET_S=900"
    return UsageError(
        f"a search takes up to {duration(asked.budget)}, for one model: name it, or give seconds",
        detail=f"models here: {', '.join(asked.setup.workspace.known('model'))}",
        hint=f"{command}; without a model {model} is measured",
    )
