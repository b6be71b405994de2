"""Time the versions of OpenVINO that the image can be built with, by instruction set.

The results extend the table that OPENVINO=auto chooses by.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from submission.errors import UsageError
from submission.files import write_json, write_text
from submission.harness.facts import machine, usable_cores, versions
from submission.host.busy import Clocks, others_share, read_clocks
from submission.host.instructions import LIMIT, InstructionSet, cpu_flags, imitable, instruction_set
from submission.lab.bench.environments import python_with
from submission.lab.bench.goals import DEFAULT
from submission.lab.bench.openvino_page import openvino_page
from submission.lab.bench.process import Passed, offline_pass
from submission.lab.bench.rounds import spread
from submission.lab.bench.setup import BenchSetup
from submission.lab.bench.subject import Asked, Model, write_spec
from submission.lab.plot import Bar, bars_svg
from submission.runs.decide import make_plan
from submission.runs.tuning import this_host
from submission.terms import Say, Scenario, SutPlan
from submission.workspace.folders import image_openvino, openvino_versions
from submission.workspace.openvino import VersionTimes, extend_table

# few buckets compile quickly, and a speedup shows at any length
SHAPES = 6


@dataclass(frozen=True, kw_only=True)
class Version:
    """A version of OpenVINO and the Python of an environment that has it."""

    name: str
    python: str


@dataclass(frozen=True, kw_only=True)
class VersionBench:
    """What is measured: models, under versions of OpenVINO, with instruction sets.

    By default all versions that have a lock, and this processor's own set with all that it can
    imitate. ``table`` is the file that the figures are added to, by default the kit's own; its page
    lies beside it.
    """

    setup: BenchSetup
    models: Sequence[str] = (DEFAULT,)
    versions: Sequence[str] = ()
    instruction_sets: Sequence[InstructionSet] = ()
    samples: int = 200
    rounds: int = 3
    table: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Turns:
    """Who takes turns: every version with every instruction set; ``own`` is the processor's."""

    versions: Sequence[Version]
    own: InstructionSet
    instruction_sets: Sequence[InstructionSet]

    def limit(self, instructions: InstructionSet) -> Mapping[str, str]:
        """The variables of a pass that is to use no more than these instructions."""
        return {} if instructions is self.own else {LIMIT: str(instructions)}


#: by instruction set and version, a pass for each round
Passes = dict[InstructionSet, dict[str, list[Passed]]]


def bench_openvino(asked: VersionBench, *, say: Say, warn: Say) -> None:
    """Make an environment for each version, measure in turn, print tables, extend the table."""
    sets = _instruction_sets(asked)
    here = versions()["openvino"]
    wanted = _wanted(asked, here)
    others = [
        Version(name=name, python=python_with(name, asked.setup.workspace, warn))
        for name in wanted
        if name != here
    ]
    turns = Turns(
        versions=[Version(name=here, python=sys.executable), *others],
        own=sets[0],
        instruction_sets=asked.instruction_sets or sets,
    )
    folder, features = asked.setup.folder, asked.setup.samples(warn)
    measured: list[dict[str, Any]] = []
    for name in asked.models:
        model = asked.setup.model(name)
        before = read_clocks()
        passes = _measure(asked, model, features, turns, warn)
        rows = _rows(asked, model, passes, (before, read_clocks()))
        _keep(asked, rows)
        say("\n\n".join(_table(model, each, found, here) for each, found in passes.items()))
        _draw(folder, model, passes)
        measured += [
            {
                "model": model.name,
                "instruction_set": each,
                "passes": {key: [asdict(one) for one in passed] for key, passed in found.items()},
            }
            for each, found in passes.items()
        ]
    about = {"version": 2, "machine": machine(), "models": measured}
    write_json(folder / "bench-openvino.json", about)


def _instruction_sets(asked: VersionBench) -> list[InstructionSet]:
    """The processor's own and those that it can imitate; UsageError for others that are asked."""
    flags = cpu_flags()
    limit = asked.setup.workspace.instruction_limit
    own = instruction_set(flags, limit)
    if own is None:
        raise UsageError(
            "the versions of OpenVINO cannot be compared on this processor",
            detail="it has no AVX2, or the kernel shows no flags",
            hint="measure on an x86 processor with AVX2 or later",
        )
    known = [own, *([] if limit else imitable(flags))]
    unknown = [each for each in asked.instruction_sets if each not in known]
    if unknown:
        raise UsageError(
            f"this processor cannot imitate {', '.join(unknown)}",
            detail=f"it is {own} and can imitate {', '.join(known[1:]) or 'nothing'}",
            hint="leave them out; they are measured on a processor that has them",
        )
    return known


def _wanted(asked: VersionBench, here: str) -> list[str]:
    """The versions beside the installed one; UsageError for one without a lock."""
    known = openvino_versions(asked.setup.workspace.root)
    wanted = list(asked.versions) or known
    unknown = [name for name in wanted if name not in {here, *known}]
    if unknown:
        raise UsageError(
            f"there is no lock for OpenVINO {', '.join(unknown)}",
            detail=f"there are {', '.join(known) or 'none'} besides the default",
            hint="add the version to docker/openvino-versions.txt and run docker/lock.sh",
        )
    return wanted


def _measure(asked: VersionBench, model: Model, features: Path, turns: Turns, warn: Say) -> Passes:
    plan = make_plan(model.subject(features), Scenario.OFFLINE, asked.setup.request())
    passes: Passes = {
        each: {version.name: [] for version in turns.versions} for each in turns.instruction_sets
    }
    for number in range(asked.rounds):
        for instructions in turns.instruction_sets:
            for version in turns.versions if number % 2 == 0 else reversed(turns.versions):
                spec = _spec(asked, model, features, plan, f"{version.name}-{instructions}")
                last = offline_pass(
                    "ours", spec, version.python, environment=turns.limit(instructions)
                )
                passes[instructions][version.name].append(last)
                warn(
                    f"{model.name}, {instructions}, OpenVINO {version.name}, round {number + 1} "
                    f"of {asked.rounds}: {last.cpu_ms:.2f} ms of CPU a sample"
                )
    return passes


def _spec(asked: VersionBench, model: Model, features: Path, plan: SutPlan, name: str) -> Path:
    numbers = Asked(scenario=Scenario.OFFLINE, samples=asked.samples)
    return write_spec(model, features, plan, numbers, asked.setup.runs_folder(model) / name)


def _rows(
    asked: VersionBench,
    model: Model,
    passes: Passes,
    clocks: tuple[Clocks | None, Clocks | None],
) -> list[VersionTimes]:
    before, after = clocks
    others = None if before is None or after is None else round(others_share(before, after), 3)
    own = instruction_set(cpu_flags())
    return [
        VersionTimes(
            date=datetime.now(UTC).date().isoformat(),
            machine=this_host().cpu_name,
            cores=usable_cores(),
            others_share=others,
            instruction_set=instructions,
            imitated=instructions is not own,
            model=model.name,
            synthetic=model.manifest.synthetic,
            precision=asked.setup.precision,
            samples=asked.samples,
            cpu_ms={
                name: [round(each.cpu_ms, 3) for each in passed] for name, passed in found.items()
            },
        )
        for instructions, found in passes.items()
    ]


def _keep(asked: VersionBench, rows: list[VersionTimes]) -> None:
    """Add the figures to the table, and write its page again."""
    workspace = asked.setup.workspace
    path = asked.table or workspace.openvino_table()
    table = extend_table(path, rows)
    page = openvino_page(
        table,
        default=image_openvino(workspace.root) or "",
        available=openvino_versions(workspace.root),
    )
    write_text(path.with_suffix(".md"), page)


def _draw(folder: Path, model: Model, passes: Passes) -> None:
    bars = [
        Bar(name=f"{name}, {instructions}", **_ends(passed))
        for instructions, found in passes.items()
        for name, passed in found.items()
    ]
    title = f"{model.name}: CPU time a sample by version of OpenVINO"
    write_text(folder / f"{model.name}.svg", bars_svg(title, "ms", bars))


def _table(
    model: Model, instructions: InstructionSet, passes: Mapping[str, list[Passed]], default: str
) -> str:
    rows = [
        f"{model.name}, {instructions.words}: Offline, CPU ms a sample (least … most), samples/s"
    ]
    for name, found in passes.items():
        ends = _ends(found)
        pairs = zip(found, passes[default], strict=True)
        times = spread([one.cpu_ms / other.cpu_ms for one, other in pairs])[1]
        rate = spread([each.rate for each in found])[1]
        rows.append(
            f"  OpenVINO {name:10} {ends['middle']:8.2f} ({ends['low']:.2f} … {ends['high']:.2f})"
            f" {rate:9.2f}/s  {times:5.2f} times the CPU time of {default}"
        )
    return "\n".join(rows)


def _ends(passes: list[Passed]) -> dict[str, Any]:
    low, middle, high = spread([each.cpu_ms for each in passes])
    return {"low": low, "middle": middle, "high": high}
