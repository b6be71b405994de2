"""``bench-sut``: the SUT against the published way, on the same machine and samples."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from submission.bench.report import figures, plot, table
from submission.bench.rounds import Comparison, Rounds, benchmark_app, null_rate, run_round
from submission.bench.subject import Model, find_model, make_samples
from submission.files import write_json, write_text
from submission.harness.facts import machine, usable_cores, versions
from submission.planner.decide import OFFLINE_BATCH, SHAPES, Subject, Wish, make_plan
from submission.terms import Scenario, SutPlan

Say = Callable[[str], None]
DEFAULT = "minilm-squad"
PRECISIONS = ("f32", "bf16")
DATA = (Path("out/data/squad"), Path("models/squad-mini"))


def add_places(parser: argparse.ArgumentParser, folder: str) -> None:
    """Where models and samples come from, and where files go."""
    parser.add_argument("--manifests", type=Path, default=Path("models"), metavar="DIR")
    parser.add_argument("--data", type=Path, metavar="DIR", help="dev-v1.1.json and vocab.txt")
    parser.add_argument("--folder", type=Path, default=Path(folder), help="default: %(default)s")
    # what the profiles run in, if they say nothing else
    parser.add_argument("--precision", default=Wish().inference_precision, choices=PRECISIONS)
    parser.add_argument("--shapes", type=int, default=SHAPES, help="default: %(default)s")
    parser.add_argument("--batch", type=int, default=OFFLINE_BATCH, help="default: %(default)s")
    parser.add_argument("--memory", type=float, default=0.0, metavar="GB", help="0: the default")


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
    add_places(parser, "out/bench-sut")


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Print the table; JSON and plot lie in the folder."""
    features = samples_of(args, warn)
    measured = []
    for name in args.models or [DEFAULT]:
        model = find_model(name, args.manifests, args.folder)
        comparison = Comparison(
            model=model,
            features=features,
            plans=plans_of(model.subject(features), args),
            samples=args.samples,
            folder=args.folder / "runs" / model.name,
        )
        found, text, picture = _compare(comparison, args, warn)
        write_text(args.folder / f"{model.name}.svg", picture)
        measured.append(found)
        say(text)
    about = {"version": 1, "versions": versions(), "machine": machine(), "models": measured}
    write_json(args.folder / "bench-sut.json", about)
    warn(f"JSON and plots: {args.folder}")
    return 0


def samples_of(args: argparse.Namespace, warn: Say) -> Path:
    """The features to measure with, made where needed; says which data set they come from."""
    data = _data_folder(args)
    warn(f"samples from {data}")
    return make_samples(data, args.folder)


def _data_folder(args: argparse.Namespace) -> Path:
    """The folder that was named, else the first of the usual ones that is there."""
    given = args.data or os.environ.get("BERT_DATA_DIR")
    if given:
        return Path(given)
    return next((folder for folder in DATA if folder.is_dir()), DATA[-1])


def wish_of(args: argparse.Namespace) -> Wish:
    """The planner's wish as the command line says."""
    wish = Wish(shapes=args.shapes, batch=args.batch, inference_precision=args.precision)
    return replace(wish, memory_bytes=round(args.memory * 1e9)) if args.memory else wish


def plans_of(subject: Subject, args: argparse.Namespace) -> dict[str, SutPlan]:
    """Ours in each precision that is asked."""
    return {
        name: make_plan(subject, Scenario.OFFLINE, replace(wish_of(args), inference_precision=name))
        for name in dict.fromkeys(args.precisions)
    }


def _compare(
    comparison: Comparison, args: argparse.Namespace, warn: Say
) -> tuple[dict[str, Any], str, str]:
    rounds: Rounds = {}
    app: list[float] = []
    for number in range(args.rounds):
        run_round(comparison, rounds, backwards=number % 2 == 1)
        if not args.no_app:
            app.append(benchmark_app(comparison, usable_cores()))
        told = ", ".join(f"{way} {passes[-1].cpu_ms:.2f}" for way, passes in rounds.items())
        warn(f"{_name(comparison.model)} round {number + 1} of {args.rounds}: CPU ms {told}")
    null = null_rate(comparison, args.rounds)
    found = figures(comparison, rounds, null, app)
    return found, table(comparison, rounds, found), plot(rounds, found)


def _name(model: Model) -> str:
    return f"{model.name} (made up)" if model.manifest.made_up else model.name
