"""Time the SUT beside the reference implementation, on the same machine and samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submission.files import write_json, write_text
from submission.harness.facts import machine, usable_cores, versions
from submission.lab.bench.goals import (
    BOUND,
    DEFAULT,
    IDLE_BOUND,
    OURS,
    PUBLISHED,
    STACK,
    STACK_BOUND,
)
from submission.lab.bench.published_stack.stack import PublishedStack
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
from submission.lab.bench.setup import PRECISIONS, BenchSetup
from submission.lab.bench.subject import Model, place_of_way
from submission.runs.decide import make_plan
from submission.squad.feature_file import load_features
from submission.terms import Say, Scenario, SutPlan


@dataclass(frozen=True, kw_only=True)
class SutBench:
    """What is measured: models, each with ``precisions`` of the SUT as rows.

    ``find_qps`` is the folder of earlier searches, by default the workspace's. ``published_stack``
    runs the reference implementation on OpenVINO 2022.3 too, in an environment of its own that
    ``published_python``, or a Python 3.10 that is found, makes.
    """

    setup: BenchSetup
    models: Sequence[str] = (DEFAULT,)
    samples: int = 400
    rounds: int = 3
    precisions: Sequence[str] = PRECISIONS
    app: bool = True
    find_qps: Path | None = None
    published_stack: bool = False
    published_python: str | None = None

    @property
    def searches(self) -> Path:
        """Where the results of find-qps lie."""
        return self.find_qps or self.setup.workspace.bench_folder("find-qps")


def bench_sut(asked: SutBench, *, say: Say, warn: Say) -> None:
    """Print the table; JSON and plot lie in the folder."""
    warn(f"measuring with OpenVINO {versions()['openvino']}")
    features = asked.setup.samples(warn)
    stack = (
        PublishedStack.open(asked.setup.workspace, warn, asked.published_python)
        if asked.published_stack
        else None
    )
    measured = []
    for name in asked.models:
        model = asked.setup.model(name)
        comparison = SutComparison(
            model=model,
            features=features,
            plans=plans_of(model, features, asked),
            samples=asked.samples,
            folder=asked.setup.runs_folder(model),
            granted_bytes=asked.setup.memory_bytes,
            stack=stack,
        )
        found, text, picture = _compare(comparison, asked, warn)
        write_text(asked.setup.folder / f"{model.name}.svg", picture)
        measured.append(found)
        say(text)
    about = {"version": 3, "versions": versions(), "machine": machine(), "models": measured}
    write_json(asked.setup.folder / "bench-sut.json", about)
    warn(f"JSON and plots: {asked.setup.folder}")


def plans_of(model: Model, features: Path, asked: SutBench) -> dict[str, SutPlan]:
    """The plans of ours in each precision, as a profile would run them here."""
    subject, plans = model.subject(features), {}
    for name in dict.fromkeys(asked.precisions):
        request = asked.setup.request(name)
        place = place_of_way(OURS, model, subject.lengths, request)
        request = asked.setup.tuned_request(place, Scenario.OFFLINE, request)
        plans[name] = make_plan(subject, Scenario.OFFLINE, request)
    return plans


def _compare(
    comparison: SutComparison, asked: SutBench, warn: Say
) -> tuple[dict[str, Any], str, str]:
    rounds: Rounds = {}
    app: list[float] = []
    for number in range(asked.rounds):
        run_round(comparison, rounds, backwards=number % 2 == 1)
        if asked.app:
            app.append(benchmark_app(comparison, usable_cores()))
        figures_text = ", ".join(f"{way} {passes[-1].cpu_ms:.2f}" for way, passes in rounds.items())
        warn(
            f"{_name(comparison.model)} round {number + 1} of {asked.rounds}: CPU ms {figures_text}"
        )
    measured = SutMeasurements(
        rounds=rounds,
        null=null_rate(comparison, asked.rounds),
        app=app,
        moved=moved_logits(comparison),
        server={name: _server(comparison, name, asked) for name in comparison.plans},
    )
    found = figures(comparison, measured)
    return found, table(comparison, rounds, found), plot(rounds, found)


def _server(
    comparison: SutComparison, precision: str, asked: SutBench
) -> dict[str, dict[str, dict[str, Any]]]:
    """The results of find-qps for this model here, by bound and way; ``precision`` is ours."""
    lengths = load_features(comparison.features).lengths
    request = asked.setup.request(precision)
    compared = {BOUND: (OURS, PUBLISHED), IDLE_BOUND: (OURS, PUBLISHED)}
    if asked.published_stack:
        compared[STACK_BOUND] = (OURS, STACK)
    places = {
        way: place_of_way(way, comparison.model, lengths, request)
        for way in (OURS, PUBLISHED, STACK)
    }
    folder = asked.searches
    return {
        bound: {way: read_result(folder, way, bound, places[way]) for way in ways}
        for bound, ways in compared.items()
    }


def _name(model: Model) -> str:
    return f"{model.name} (synthetic)" if model.manifest.synthetic else model.name
