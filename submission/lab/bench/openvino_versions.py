"""Time the versions of OpenVINO that the image can be built with."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from submission.errors import StageError, UsageError
from submission.files import write_json, write_text
from submission.harness.facts import machine, versions
from submission.lab.bench.process import Passed, offline_pass
from submission.lab.bench.rounds import spread
from submission.lab.bench.setup import DEFAULT, BenchSetup
from submission.lab.bench.subject import Asked, Model, write_spec
from submission.lab.plot import Bar, bars_svg
from submission.runs.decide import make_plan
from submission.terms import Say, Scenario
from submission.workspace.folders import openvino_lock, openvino_versions

# few buckets compile quickly, and a speedup shows at any length
SHAPES = 6


@dataclass(frozen=True, kw_only=True)
class Version:
    """A version of OpenVINO and the Python of an environment that has it."""

    name: str
    python: str


@dataclass(frozen=True, kw_only=True)
class VersionBench:
    """What is measured under which versions of OpenVINO; by default all that have a lock."""

    setup: BenchSetup
    models: Sequence[str] = (DEFAULT,)
    versions: Sequence[str] = ()
    samples: int = 200
    rounds: int = 3


def bench_openvino(asked: VersionBench, *, say: Say, warn: Say) -> None:
    """Make an environment for each version, measure in turn, and print a table."""
    field = [Version(name=versions()["openvino"], python=sys.executable)]
    field += [_environment(name, asked.setup, warn) for name in _wanted(asked)]
    features = asked.setup.samples(warn)
    measured = []
    for name in asked.models:
        model = asked.setup.model(name)
        passes = _measure(asked, model, features, field, warn)
        say(_table(model, passes, field[0].name))
        bars = [Bar(name=key, **_ends(found)) for key, found in passes.items()]
        title = f"{model.name}: CPU time a sample by version of OpenVINO"
        write_text(asked.setup.folder / f"{model.name}.svg", bars_svg(title, "ms", bars))
        as_json = {key: [asdict(each) for each in found] for key, found in passes.items()}
        measured.append({"model": model.name, "passes": as_json})
    about = {"version": 1, "machine": machine(), "models": measured}
    write_json(asked.setup.folder / "bench-openvino.json", about)


def _wanted(asked: VersionBench) -> list[str]:
    known = openvino_versions(asked.setup.workspace.root)
    wanted = list(asked.versions) or known
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise UsageError(
            f"there is no lock for OpenVINO {', '.join(unknown)}",
            detail=f"there are {', '.join(known) or 'none'} besides the default",
            hint="add the version to docker/openvino-versions.txt and run docker/lock.sh",
        )
    return wanted


def _environment(name: str, setup: BenchSetup, warn: Say) -> Version:
    """A virtual environment with the lock of that version, made once."""
    venv = setup.folder / f"venv-{name}"
    python = venv / "bin" / "python"
    ready = venv / "ready"
    if not ready.is_file():
        warn(f"installing OpenVINO {name} into {venv}")
        lock = str(openvino_lock(setup.workspace.root, name))
        pip = ["-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "-r", lock]
        for command in ([sys.executable, "-m", "venv", str(venv)], [str(python), *pip]):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise StageError(
                    f"OpenVINO {name} could not be installed",
                    detail=" ".join(done.stderr.splitlines()[-2:]) or "pip printed nothing",
                    hint="check the network and pip's configuration, or leave this version out",
                )
        ready.touch()
    return Version(name=name, python=str(python))


def _measure(
    asked: VersionBench, model: Model, features: Path, field: list[Version], warn: Say
) -> dict[str, list[Passed]]:
    plan = make_plan(model.subject(features), Scenario.OFFLINE, asked.setup.request())
    passes: dict[str, list[Passed]] = {version.name: [] for version in field}
    for number in range(asked.rounds):
        for version in field if number % 2 == 0 else reversed(field):
            numbers = Asked(scenario=Scenario.OFFLINE, samples=asked.samples)
            folder = asked.setup.runs_folder(model) / version.name
            spec = write_spec(model, features, plan, numbers, folder)
            passes[version.name].append(offline_pass("ours", spec, version.python))
            last = passes[version.name][-1]
            warn(f"{model.name}, OpenVINO {version.name}: {last.cpu_ms:.2f} ms of CPU a sample")
    return passes


def _table(model: Model, passes: dict[str, list[Passed]], default: str) -> str:
    rows = [f"{model.name}: Offline, CPU ms a sample (least … most), samples/s"]
    for name, found in passes.items():
        ends = _ends(found)
        pairs = zip(found, passes[default], strict=True)
        times = float(np.median([one.cpu_ms / other.cpu_ms for one, other in pairs]))
        rate = spread([each.rate for each in found])[1]
        rows.append(
            f"  OpenVINO {name:10} {ends['middle']:8.2f} ({ends['low']:.2f} … {ends['high']:.2f})"
            f" {rate:9.2f}/s  {times:5.2f} times the CPU time of {default}"
        )
    return "\n".join(rows)


def _ends(passes: list[Passed]) -> dict[str, Any]:
    low, middle, high = spread([each.cpu_ms for each in passes])
    return {"low": low, "middle": middle, "high": high}
