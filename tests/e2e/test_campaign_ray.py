"""A campaign on a Ray cluster, by the commands that a person types on three machines.

The machines are network namespaces where this is root, each with a checkout of its own; runs are in
containers where an engine answers. What goes wrong, goes wrong in the middle of a measurement.
KIT_CAMPAIGN_PROFILE=demo takes longer runs, as a person would.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from submission.cli import main
from submission.errors import EngineError
from submission.fleet.ray.node import NODE_FILE
from submission.harness.files import SPEC_FILE
from submission.runs.context import WORKSPACE_LABEL
from tests.fakes.lab import Lab, Machine, fill, kill_everything, lab, small_disk
from tests.fakes.ray_nodes import ray_here
from tests.fakes.real_engine import engine_host
from tests.fakes.settled import settled

pytestmark = pytest.mark.slow

FIRST, SECOND = SYSTEMS = ("1-node-OpenVINO-INT8", "2-node-OpenVINO-INT8")
CAMPAIGN = "nodes"
PROFILE = os.environ.get("KIT_CAMPAIGN_PROFILE", "tiny")
MODEL = {"tiny": "minilm-squad", "demo": "minilm-squad_jpqd-50"}[PROFILE]
LIMIT_S = 240.0 if PROFILE == "tiny" else 1200.0
REJOIN_S = 90.0
CELLS = 14
Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What a person types; ``variables`` say where Ray, the token and the image are."""

    lab: Lab
    folder: Path
    runner: str
    variables: dict[str, str]

    def checkout(self, machine: Machine) -> Path:
        return self.folder / machine.name

    def workspace(self, system: str) -> Path:
        """The workspace of a system on its own machine."""
        return self.folder / system / "out" / "systems" / system

    def on(self, machine: Machine, *words: str, **more: str) -> Done:
        return subprocess.run(
            [*machine.prefix, sys.executable, "-m", "submission", *words],
            cwd=self.checkout(machine),
            env={**os.environ, **self.variables, **more},
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )

    def join(self, system: str) -> None:
        joined = self._joined(system)
        assert joined.returncode == 0, joined.stderr
        assert f"this machine is the system {system}" in joined.stdout

    def join_again(self, system: str) -> None:
        """After a cut of the network, as a person does who reads what is refused.

        The head may not have given the node up, or the old node is about to end and holds a port.
        """
        until = time.monotonic() + REJOIN_S
        while (joined := self._joined(system)).returncode:
            assert time.monotonic() < until, joined.stderr
            assert joined.stderr.count("\n") == 3, joined.stderr
            if "runs already on this machine" in joined.stderr:
                self.on(self.lab.systems[system], "fleet", "stop", "--system", system)
            time.sleep(1)

    def _joined(self, system: str) -> Done:
        machine = self.lab.systems[system]
        words = ("--join", self.lab.address, "--system", system, "--node-address", machine.ip)
        return self.on(machine, "fleet", "start", *words, "--ports", str(machine.first_port))

    def kill(self, system: str) -> None:
        kill_everything(self.folder / system / "out" / "fleet" / system / NODE_FILE)

    def campaign(self, *, lost_after_s: float = LIMIT_S) -> None:
        """Write the campaign's file: two systems with a processor each."""
        cores = sorted(os.sched_getaffinity(0))
        value = {
            "version": 1,
            "profile": PROFILE,
            "engine": {"kind": "ray", "address": self.lab.address},
            "lost_after_s": lost_after_s,
            "systems": [
                {"system_desc_id": name, "cpuset": str(core)}
                for name, core in zip(SYSTEMS, (cores[0], cores[-1]), strict=True)
            ],
        }
        path = self.checkout(self.lab.head) / "measurements" / "campaigns" / f"{CAMPAIGN}.json"
        path.write_text(json.dumps(value), encoding="utf-8")

    def run(self, **more: str) -> Done:
        return self.on(self.lab.head, "campaign", "run", CAMPAIGN, "--runner", self.runner, **more)

    @contextmanager
    def running(self) -> Iterator[Running]:
        """The coordinator, while the test does something to it or to the systems."""
        words = (sys.executable, "-m", "submission", "campaign", "run", CAMPAIGN)
        said = self.folder / "said"
        with (
            said.open("w", encoding="utf-8") as stream,
            subprocess.Popen(
                [*self.lab.head.prefix, *words, "--runner", self.runner],
                cwd=self.checkout(self.lab.head),
                env={**os.environ, **self.variables},
                stdout=stream,
                stderr=stream,
            ) as process,
        ):
            try:
                yield Running(process=process, said=said)
            finally:
                process.kill()

    @property
    def out(self) -> Path:
        """The coordinator's workspace."""
        return self.checkout(self.lab.head) / "out"

    def is_measuring(self, run: str, file: str = "mlperf_log_detail.txt") -> Callable[[], bool]:
        """Whether the second system is in the middle of that run (``<scenario>/<mode>``).

        LoadGen makes its log when the run begins; another ``file`` is there earlier.
        """
        folder = self.workspace(SECOND) / "runs" / PROFILE / MODEL
        scenario, mode = run.split("/")

        def look() -> bool:
            return any((folder / scenario).glob(f"*{mode}*.part/{file}"))

        return look

    def containers(self) -> list[str]:
        """Those of the second system, running or not."""
        if self.runner == "host":
            return []
        name = hashlib.sha256(str(self.workspace(SECOND)).encode()).hexdigest()[:16]
        label = f"label={WORKSPACE_LABEL}={name}"
        found = subprocess.run(
            ["docker", "ps", "--all", "--quiet", "--filter", label],
            env={**os.environ, **self.variables},
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=True,
        )
        return found.stdout.split()


@dataclass(frozen=True, kw_only=True)
class Running:
    """A coordinator that runs; its words are in ``said``."""

    process: subprocess.Popen[bytes]
    said: Path

    @property
    def words(self) -> str:
        return self.said.read_text(encoding="utf-8")

    def until(self, what: Callable[[], bool]) -> None:
        limit = time.monotonic() + LIMIT_S
        while not what():
            assert self.process.poll() is None, self.words
            assert time.monotonic() < limit, self.words
            time.sleep(0.05)


def _runner(config: pytest.Config) -> str:
    if config.getoption("--docker") == "never" or shutil.which("docker") is None:
        return "host"
    try:
        engine_host()
    except EngineError:
        return "host"
    return "container"


@pytest.fixture(scope="module")
def typed(
    checkout: Path, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[Typed]:
    folder = tmp_path_factory.mktemp("ray")
    ray = ray_here(folder)
    variables = {
        "RAY_AUTH_TOKEN_PATH": str(ray.token),
        "FLEET_VENV": str(ray.python.parents[1]),
        "IMAGE": "mlperf-kit-e2e:tiny",
    }
    for name in ("head", *SYSTEMS):
        # one file of many names: a checkout is only read, or replaced by renaming
        shutil.copytree(checkout, folder / name, copy_function=os.link)
    with lab(SYSTEMS) as machines, ExitStack() as disks:
        if machines.has_cables:
            (folder / SECOND / "out").mkdir()
            disks.enter_context(small_disk(folder / SECOND / "out", size_mb=400))
        runner = _runner(pytestconfig)
        if runner != "host":
            # all machines and this test ask the same engine
            variables["DOCKER_HOST"] = engine_host()
        made = Typed(lab=machines, folder=folder, runner=runner, variables=variables)
        try:
            ports = ("--ports", str(machines.head.first_port))
            head = made.on(machines.head, "fleet", "start", "--head", machines.address, *ports)
            assert head.returncode == 0, head.stderr
            assert f"fleet start --join {machines.address} --system NAME" in head.stdout
            with ThreadPoolExecutor() as both:
                list(both.map(made.join, SYSTEMS))
            yield made
        finally:
            for machine in (*machines.systems.values(), machines.head):
                made.on(machine, "fleet", "stop")


def test_a_wrong_token_is_refused_before_anything_runs(typed: Typed, tmp_path: Path) -> None:
    typed.campaign()
    token = tmp_path / "token"
    token.write_text("f" * 64, encoding="utf-8")
    token.chmod(0o600)
    refused = typed.run(RAY_AUTH_TOKEN_PATH=str(token))
    assert refused.returncode == 4
    assert refused.stderr.startswith(f"error: the cluster at {typed.lab.address} does not take")
    assert refused.stderr.count("\n") == 3
    assert not list(typed.out.rglob("record.json"))


def test_a_full_disk_of_a_system_is_said_and_what_was_done_stays_done(typed: Typed) -> None:
    if not typed.lab.has_cables:
        pytest.skip("no small disk: that needs root, and may mount")
    typed.campaign()
    filler = typed.folder / SECOND / "out" / "filler"
    with typed.running() as coordinator:
        # so early that a short run cannot end before the disk is full
        coordinator.until(typed.is_measuring("Offline/performance", SPEC_FILE))
        fill(filler)
        code = coordinator.process.wait(LIMIT_S)
        words = coordinator.words
    filler.unlink()
    assert code == 3, words
    errors = [line for line in words.splitlines() if line.startswith("error: ")]
    assert errors
    assert all(line.startswith(f"error: {SECOND}: ") for line in errors), words
    details = [line for line in words.splitlines() if line.startswith("  detail: ")]
    full = re.compile(r"No space left on device|is full|0 MB are free")
    assert all(full.search(line) for line in details), words
    assert f"{SECOND}   1/7 done" in words
    assert f"{FIRST}   7/7 done" in words
    assert not (typed.out / "submission").exists()
    assert list(typed.out.rglob("*.part")) == []


def test_a_cable_that_stays_out_leaves_out_its_system_and_no_other(typed: Typed) -> None:
    if not typed.lab.has_cables:
        pytest.skip("no network namespaces: that needs root, and ip of iproute2")
    typed.campaign(lost_after_s=5)
    with typed.running() as coordinator:
        coordinator.until(typed.is_measuring("Offline/performance"))
        typed.lab.pull_cable(SECOND)
        code = coordinator.process.wait(LIMIT_S)
        words = coordinator.words
    assert code == 3, words
    cell = f"measure[{MODEL}/Offline/performance]"
    assert f"error: {SECOND}: {cell} waits for a node that is not there\n" in words
    assert f"for 5 s it has waited for a node with the label {SECOND}" in words
    assert f"fleet start --join {typed.lab.address} --system {SECOND}; then run" in words
    assert f"{FIRST}   7/7 " in words
    assert "nothing was joined" in words
    assert not (typed.out / "submission").exists()
    typed.lab.plug_in_cable(SECOND)
    typed.join_again(SECOND)


def test_a_node_and_then_the_coordinator_are_killed_in_the_middle_of_a_measurement(
    typed: Typed,
) -> None:
    typed.campaign()
    with typed.running() as coordinator:
        coordinator.until(typed.is_measuring("Server/performance"))
        typed.kill(SECOND)
        outlived = typed.containers()
        assert outlived or typed.runner == "host", "a power cut lets nothing clean up"
        typed.join(SECOND)
        coordinator.until(lambda: f"{SECOND}   4/7 done" in coordinator.words)
        lost = coordinator.words.index("repeated there when it is back (1 of 1)")
        assert lost < coordinator.words.index(f"{SECOND}   4/7 done"), "said when it happens"
        assert not set(outlived) & set(typed.containers()), "the next run there removes them"
        coordinator.until(typed.is_measuring("Server/accuracy"))
        coordinator.process.kill()
    again = typed.run()
    assert again.returncode == 0, again.stderr
    assert again.stdout.split()[0] == str(typed.out / "submission")
    assert typed.containers() == []


def test_a_second_start_sends_nothing(typed: Typed) -> None:
    again = typed.run()
    assert again.returncode == 0, again.stderr
    assert f"nothing to do: {CELLS} cells up to date" in again.stderr


def test_the_joined_tree_is_good_and_nothing_is_half_written(
    typed: Typed, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = str(typed.out / "submission")
    waivers = str(checkout / f"measurements/profiles/{PROFILE}.json")
    assert main(["check", "--input", tree, "--waivers", waivers]) == 0
    assert "FAILED without them: 4 of 4" in capsys.readouterr().out.splitlines()[-1]
    assert main(["verify", "--input", tree]) == 0
    assert "verify: no differences" in capsys.readouterr().out
    metadata = list(Path(tree).rglob("run_metadata_*.json"))
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in metadata]
    assert len(runs) == 8
    assert {run["cpuset"] for run in runs} == {
        str(core) for core in (min(os.sched_getaffinity(0)), max(os.sched_getaffinity(0)))
    }
    assert {run["fleet"]["engine"] for run in runs} == {"ray 2.60.0"}
    assert all(0 < run["fleet"]["idle_cpu_ms_per_min"] < 60_000 for run in runs)
    assert not list(typed.folder.rglob("*.part"))


def test_the_joined_tree_is_that_of_two_single_runs(typed: Typed, tmp_path: Path) -> None:
    """Each machine runs the profile by itself, as if there were no campaign."""
    cores = (min(os.sched_getaffinity(0)), max(os.sched_getaffinity(0)))
    trees = []
    for system, core in zip(SYSTEMS, cores, strict=True):
        machine, out = typed.lab.systems[system], tmp_path / system
        single = {
            "PROFILE": PROFILE,
            "RUNNER": typed.runner,
            "WORKSPACE": str(out),
            "SYSTEM_DESC_ID": system,
            "CPUSET": str(core),
        }
        ran = typed.on(machine, "run", **single)
        assert ran.returncode == 0, ran.stderr
        trees.append(str(out / "submission"))
    joined = tmp_path / "joined"
    assert main(["join", *trees, "-o", str(joined)]) == 0
    alone, of_campaign = settled(joined), settled(typed.out / "submission")
    assert set(alone) == set(of_campaign)
    compared = [name for name, content in alone.items() if content is not None]
    assert len(compared) > 200
    assert [name for name in compared if alone[name] != of_campaign[name]] == []
