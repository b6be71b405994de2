"""A campaign on a Ray cluster of this machine, by the commands that a person types."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from submission.cli import main
from submission.fleet.ray.node import NODE_FILE, PORTS, ray_processes
from tests.fakes.ray_nodes import free_ports, ray_here

pytestmark = pytest.mark.slow
Kit = Callable[..., subprocess.CompletedProcess[str]]

SYSTEMS = ("1-node-OpenVINO-INT8", "2-node-OpenVINO-INT8")
LIMIT_S = 180.0
CELLS = 14
IMAGE = {"IMAGE": "mlperf-kit-e2e:tiny"}


@dataclass(frozen=True, kw_only=True)
class Typed:
    """The commands of a fleet: each node has a workspace of its own, as on machines of their own.

    ``variables`` say where Ray and the token are.
    """

    kit: Kit
    folder: Path
    port: int
    variables: dict[str, str]

    @property
    def address(self) -> str:
        return f"127.0.0.4:{self.port}"

    def fleet(self, node: str, *words: str) -> subprocess.CompletedProcess[str]:
        return self.kit("fleet", *words, workspace=self.folder / node, **self.variables)

    def join(self, system: str) -> None:
        number = SYSTEMS.index(system) + 1
        first = str(self.port + number * PORTS + 1)
        address = ("--node-address", f"127.0.0.{4 + number}", "--ports", first)
        joined = self.fleet(system, "start", "--join", self.address, "--system", system, *address)
        assert joined.returncode == 0, joined.stderr
        assert f"this machine is the system {system}" in joined.stdout

    def kill(self, system: str) -> None:
        file = self.folder / system / "fleet" / system / NODE_FILE
        found = ray_processes(file)
        assert found
        for process in found:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


@pytest.fixture(scope="module")
def typed(kit: Kit, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Typed]:
    folder = tmp_path_factory.mktemp("ray")
    ray = ray_here(folder)
    variables = {
        "RAY_AUTH_TOKEN_PATH": str(ray.token),
        "FLEET_VENV": str(ray.python.parents[1]),
    }
    port = free_ports(4 * PORTS)
    made = Typed(kit=kit, folder=folder, port=port, variables=variables)
    try:
        head = made.fleet("head", "start", "--head", made.address, "--ports", str(port + 1))
        assert head.returncode == 0, head.stderr
        assert f"fleet start --join {made.address} --system NAME" in head.stdout
        for system in SYSTEMS:
            made.join(system)
        yield made
    finally:
        for node in (*SYSTEMS, "head"):
            made.fleet(node, "stop")


@pytest.fixture(scope="module")
def campaign(checkout: Path, typed: Typed) -> Iterator[str]:
    cores = sorted(os.sched_getaffinity(0))
    systems = [
        {"system_desc_id": name, "cpuset": str(core)}
        for name, core in zip(SYSTEMS, (cores[0], cores[-1]), strict=True)
    ]
    path = checkout / "measurements" / "campaigns" / "nodes.json"
    engine = {"kind": "ray", "address": typed.address}
    value = {"version": 1, "profile": "tiny", "engine": engine, "systems": systems}
    path.write_text(json.dumps(value), encoding="utf-8")
    yield "nodes"
    path.unlink()


def test_a_node_is_killed_in_the_middle_and_the_campaign_ends_well(
    checkout: Path, typed: Typed, campaign: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = typed.folder / "head"
    environment = {**os.environ, **typed.variables, **IMAGE, "WORKSPACE": str(out)}
    stamps = out / "systems" / SYSTEMS[0] / "cells"
    with (
        (typed.folder / "said").open("w+", encoding="utf-8") as said,
        subprocess.Popen(
            [sys.executable, "-m", "submission", "campaign", "run", campaign, "--runner", "host"],
            cwd=checkout,
            env=environment,
            stdout=said,
            stderr=said,
        ) as coordinator,
    ):
        try:
            until = time.monotonic() + LIMIT_S
            while not list(stamps.rglob("measure*")):
                assert coordinator.poll() is None, said.seek(0) or said.read()
                assert time.monotonic() < until
                time.sleep(0.05)
            typed.kill(SYSTEMS[0])
            typed.join(SYSTEMS[0])
            code = coordinator.wait(LIMIT_S)
        finally:
            coordinator.kill()
        said.seek(0)
        words = said.read()
    assert code == 0, words
    assert f"{CELLS} cells ran, 0 up to date" in words
    waivers = str(checkout / "measurements/profiles/tiny.json")
    assert main(["check", "--input", str(out / "submission"), "--waivers", waivers]) == 0
    assert "FAILED without them: 4 of 4" in capsys.readouterr().out.splitlines()[-1]
    assert main(["verify", "--input", str(out / "submission")]) == 0
    assert "verify: no differences" in capsys.readouterr().out
    runs = [json.loads(path.read_text("utf-8")) for path in out.rglob("run_metadata_*.json")]
    found = [run["fleet"] for run in runs]
    assert {each["engine"] for each in found} == {"ray 2.60.0"}
    assert all(0 < each["idle_cpu_ms_per_min"] < 60_000 for each in found)
    assert not list(out.rglob("*.part"))


def test_a_second_start_sends_nothing_and_a_wrong_token_not_even_that(
    kit: Kit, typed: Typed, campaign: str, tmp_path: Path
) -> None:
    out = typed.folder / "head"
    again = kit("campaign", "run", campaign, workspace=out, **typed.variables)
    assert again.returncode == 0, again.stderr
    assert f"nothing to do: {CELLS} cells up to date" in again.stderr
    token = tmp_path / "token"
    token.write_text("f" * 64, encoding="utf-8")
    token.chmod(0o600)
    variables = {**typed.variables, "RAY_AUTH_TOKEN_PATH": str(token)}
    refused = kit("campaign", "run", campaign, workspace=out, **variables)
    assert refused.returncode == 4
    assert refused.stderr.startswith("error: the cluster at")
    assert refused.stderr.count("\n") == 3
