"""``bench-sut``: the SUT against the published way, on the same machine and samples."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from submission.files import write_json, write_text
from submission.harness.facts import machine, usable_cores, versions
from submission.lab.bench.command import (
    DEFAULT,
    PRECISIONS,
    Say,
    add_places,
    add_tuned,
    parts_brought,
    request_of,
    samples_of,
    tuned_request,
    workspace,
)
from submission.lab.bench.goals import BOUND, IDLE_BOUND, OURS, PUBLISHED
from submission.lab.bench.report import SutMeasurements, figures, plot, table
from submission.lab.bench.result import read_result
from submission.lab.bench.rounds import (
    Rounds,
    SutComparison,
    benchmark_app,
    moved_logits,
    null_rate,
    run_round,
)
from submission.lab.bench.subject import Model, find_model, place_of_way
from submission.runs.decide import make_plan
from submission.squad.feature_file import load_features
from submission.terms import Scenario, SutPlan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``bench-sut [MODEL …] [--samples N] [--rounds N] [--data DIR]``."""
    parser.add_argument(
        "models", nargs="*", metavar="MODEL", help="of models/, or a folder of make-weights"
    )
    parser.add_argument("--samples", type=int, default=400, help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    parser.add_argument(
        "--precisions",
        nargs="+",
        default=PRECISIONS,
        choices=PRECISIONS,
        help="of ours, each a row",
    )
    parser.add_argument("--no-app", action="store_true", help="leave benchmark_app out")
    parser.add_argument(
        "--find-qps",
        type=Path,
        default=workspace() / "find-qps",
        metavar="DIR",
        help="what make find-qps left (default: %(default)s)",
    )
    add_tuned(parser)
    add_places(parser, "bench-sut")


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Print the table; JSON and plot lie in the folder."""
    features = samples_of(args, warn)
    measured = []
    for name in args.models or [DEFAULT]:
        model = find_model(name, args.manifests, args.folder, parts_brought())
        comparison = SutComparison(
            model=model,
            features=features,
            plans=plans_of(model, features, args),
            samples=args.samples,
            folder=args.folder / "runs" / model.name,
            granted_bytes=round(args.memory * 1e9),
        )
        found, text, picture = _compare(comparison, args, warn)
        write_text(args.folder / f"{model.name}.svg", picture)
        measured.append(found)
        say(text)
    about = {"version": 3, "versions": versions(), "machine": machine(), "models": measured}
    write_json(args.folder / "bench-sut.json", about)
    warn(f"JSON and plots: {args.folder}")
    return 0


def plans_of(model: Model, features: Path, args: argparse.Namespace) -> dict[str, SutPlan]:
    """Ours in each precision that is asked, as a profile would run it here."""
    subject, plans = model.subject(features), {}
    for name in dict.fromkeys(args.precisions):
        request = replace(request_of(args), inference_precision=name)
        place = place_of_way(OURS, model, subject.lengths, request)
        request = tuned_request(args, place, Scenario.OFFLINE, request)
        plans[name] = make_plan(subject, Scenario.OFFLINE, request)
    return plans


def _compare(
    comparison: SutComparison, args: argparse.Namespace, warn: Say
) -> tuple[dict[str, Any], str, str]:
    rounds: Rounds = {}
    app: list[float] = []
    for number in range(args.rounds):
        run_round(comparison, rounds, backwards=number % 2 == 1)
        if not args.no_app:
            app.append(benchmark_app(comparison, usable_cores()))
        told = ", ".join(f"{way} {passes[-1].cpu_ms:.2f}" for way, passes in rounds.items())
        warn(f"{_name(comparison.model)} round {number + 1} of {args.rounds}: CPU ms {told}")
    measured = SutMeasurements(
        rounds=rounds,
        null=null_rate(comparison, args.rounds),
        app=app,
        moved=moved_logits(comparison),
        server={name: _server(comparison, name, args) for name in comparison.plans},
    )
    found = figures(comparison, measured)
    return found, table(comparison, rounds, found), plot(rounds, found)


def _server(
    comparison: SutComparison, precision: str, args: argparse.Namespace
) -> dict[str, dict[str, dict[str, Any]]]:
    """What find-qps left of this model here, by bound and way; ``precision`` is that of ours."""
    lengths = load_features(comparison.features).lengths
    request = replace(request_of(args), inference_precision=precision)
    places = {
        way: place_of_way(way, comparison.model, lengths, request) for way in (OURS, PUBLISHED)
    }
    return {
        bound: {way: read_result(args.find_qps, way, bound, place) for way, place in places.items()}
        for bound in (BOUND, IDLE_BOUND)
    }


def _name(model: Model) -> str:
    return f"{model.name} (made up)" if model.manifest.made_up else model.name
