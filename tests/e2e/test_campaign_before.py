"""A campaign of one system that tunes a plan before it measures, on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import pytest

from submission.files import read_json, write_json
from submission.tree.sums import files_of
from submission.workspace.folders import openvino_versions
from tests.fakes.real_engine import engine_host

pytestmark = pytest.mark.slow
MODEL = "minilm-squad"
SYSTEM = "one-OpenVINO-INT8"
TUNE = {"budget_s": 0.1, "samples": 24, "rounds": 2}
CELLS = 6


@pytest.fixture(scope="module")
def root(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose profile lets plans be tuned, with one scenario."""
    root = tmp_path_factory.mktemp("before") / "kit"
    shutil.copytree(checkout, root)
    path = root / "measurements/profiles/tiny.json"
    profile = read_json(path)
    (benchmark,) = profile["benchmarks"]
    server = benchmark["scenarios"]["Server"]
    own = {"model": MODEL, "plan": {"shapes": 2}, "scenarios": {"Server": server}}
    write_json(path, {**profile, "benchmarks": [own]})
    return root


def campaign(
    root: Path, action: str, variables: Mapping[str, str] | None = None, **more: object
) -> subprocess.CompletedProcess[str]:
    file = root / "measurements" / "campaigns" / "one.json"
    core = str(min(os.sched_getaffinity(0)))
    system = {"system_desc_id": SYSTEM, "cpuset": core}
    value = {"version": 1, "profile": "tiny", "engine": {"kind": "here"}, "systems": [system]}
    write_json(file, {**value, **more})
    return subprocess.run(
        [sys.executable, "-m", "submission", "campaign", action, "one"],
        cwd=root,
        env={**os.environ, **(variables or {"RUNNER": "host"}), "WORKSPACE": str(root / "out")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_a_system_measures_with_the_plan_that_it_found(root: Path) -> None:
    done = campaign(root, "run", tune=TUNE)
    assert done.returncode == 0, done.stderr
    assert f"{CELLS} cells ran, 0 up to date" in done.stderr
    own = root / "out" / "systems" / SYSTEM
    (plan,) = (own / "tuned" / MODEL).glob("*.json")
    metadata = own / "runs" / "tiny" / MODEL / "Server" / "performance" / "run_metadata.json"
    reason = read_json(metadata)["harness"]["plan"]["asked"]["reason"]
    assert f"measurements/tuned/{SYSTEM}/{MODEL}/{plan.name}" in reason
    carried = [name for name in files_of(root / "out" / "submission") if plan.name in name]
    assert [name.endswith(f"tuned/{SYSTEM}/{MODEL}/{plan.name}") for name in carried] == [True]
    again = campaign(root, "run", tune=TUNE)
    assert f"nothing to do: {CELLS} cells up to date" in again.stderr
    planned = campaign(root, "plan", tune={**TUNE, "samples": 20})
    assert "(settings changed: tune)" in planned.stdout


@pytest.mark.docker
def test_in_containers_a_plan_is_tuned_with_the_openvino_of_the_image(root: Path) -> None:
    """Which the checkout's own Python does not have."""
    other = next(each for each in openvino_versions(root) if each != version("openvino"))
    variables = {
        "RUNNER": "container",
        "DOCKER_HOST": engine_host(),
        "IMAGE": "mlperf-kit-e2e:tiny",
        "OPENVINO": other,
    }
    shutil.rmtree(root / "out", ignore_errors=True)
    done = campaign(root, "run", variables, tune=TUNE)
    assert done.returncode == 0, done.stderr
    own = root / "out" / "systems" / SYSTEM
    (plan,) = (own / "tuned" / MODEL).glob("*.json")
    assert f"openvino-{other}-" in plan.name
    metadata = own / "runs" / "tiny" / MODEL / "Server" / "performance" / "run_metadata.json"
    harness = read_json(metadata)["harness"]
    assert harness["versions"]["openvino"] == other
    assert plan.name in harness["plan"]["asked"]["reason"]
