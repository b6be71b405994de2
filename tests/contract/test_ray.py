"""What only a Ray cluster has to keep, on a real one; the rest is the contract of every fleet."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from submission.errors import EngineError, UsageError
from submission.files import read_json, write_json
from submission.fleet.protocol import ARCHIVE, CellEnd, CellOrder, Ending
from submission.fleet.ray.adapter import RayFleet
from submission.fleet.ray.cluster import look_at_cluster, parsed_address, ray_home
from submission.fleet.ray.node import NODE_FILE, start_member
from tests.fakes.lab import fill, small_disk
from tests.fakes.ray_nodes import ROOT, RayNodes, ray_nodes

pytestmark = pytest.mark.slow
PROGRAM = (sys.executable, str(ROOT / "tests" / "fakes" / "cell_program.py"))
LIMIT_S = 60.0
DIGEST = "0123456789abcdef" * 4
COORDINATOR = """
import os, sys
from pathlib import Path
from submission.files import read_json, write_json
from submission.fleet.protocol import ARCHIVE, CellOrder
from submission.fleet.ray.adapter import RayFleet
from submission.fleet.ray.cluster import parsed_address, ray_home
address, folder = sys.argv[1], Path(sys.argv[2])
fleet = RayFleet(ray_home(folder, os.environ), parsed_address(address), inbox=folder / "inbox")
steps = (f"touch={folder}/up", f"wait={folder}/gate", f"touch={folder}/late")
fleet.send(CellOrder(id="x", system="a", arguments=("--archive", ARCHIVE, *steps), timeout_s=60))
while True:
    fleet.poll(1)
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RayNodes]:
    with ray_nodes(tmp_path_factory.mktemp("ray"), PROGRAM, ("a",), kit=DIGEST) as made:
        yield made


@pytest.fixture
def fleet(cluster: RayNodes, tmp_path: Path) -> Iterator[RayFleet]:
    made = RayFleet(cluster.ray, cluster.address, inbox=tmp_path / "inbox")
    yield made
    made.close()


def cell(name: str, *steps: str) -> CellOrder:
    return CellOrder(
        id=name, system="a", arguments=("--archive", ARCHIVE, *steps), timeout_s=LIMIT_S
    )


def end_of(fleet: RayFleet) -> CellEnd:
    until = time.monotonic() + LIMIT_S
    while not (ended := fleet.poll(0.5)):
        assert time.monotonic() < until
    return ended[0]


def test_the_digest_of_a_nodes_kit_comes_whole(fleet: RayFleet, cluster: RayNodes) -> None:
    assert fleet.systems()["a"].kit == DIGEST
    assert fleet.version() == f"ray 2.60.0 at {cluster.address}"
    join = f"mlperf-kit fleet start --join {cluster.address} --system a"
    assert fleet.how_to_join("a") == join


def test_a_result_that_cannot_be_written_here_is_a_failure(fleet: RayFleet, tmp_path: Path) -> None:
    in_the_way = tmp_path / "inbox" / "full.tar.part"
    in_the_way.mkdir()
    fleet.send(cell("full", "write=1"))
    ended = end_of(fleet)
    in_the_way.rmdir()
    assert ended.kind is Ending.FAILED
    assert ended.reason == "its result could not be written here: Is a directory"
    fleet.send(cell("full", "write=1"))
    assert end_of(fleet).kind is Ending.DONE


def test_a_node_that_cannot_take_a_cell_is_a_failure(fleet: RayFleet, cluster: RayNodes) -> None:
    cells = cluster.folder / "a" / "cells"
    if cells.exists():
        cells.rmdir()
    cells.write_text("in the way", encoding="utf-8")
    fleet.send(cell("one", "write=1"))
    ended = end_of(fleet)
    cells.unlink()
    assert ended.kind is Ending.FAILED
    assert "Not a directory" in ended.reason


def test_a_full_disk_of_a_node_is_named_and_nothing_is_left_there(
    fleet: RayFleet, cluster: RayNodes, tmp_path: Path
) -> None:
    cells = cluster.folder / "a" / "cells"
    cells.mkdir(exist_ok=True)
    with small_disk(cells, size_mb=4):
        fleet.send(cell("big", "say=begun", f"write={8 << 20}"))
        ended = end_of(fleet)
        assert (ended.kind, ended.archive) == (Ending.FAILED, None)
        assert ended.reason.endswith(f"; the disk of {cells / 'big'} is full")
        assert ended.tail[0] == "begun"
        assert list(cells.iterdir()) == []
        filler = cells / "filler"
        fill(filler)
        fleet.send(cell("small", "say=words that find no room", "write=1"))
        ended = end_of(fleet)
        assert ended.kind is Ending.FAILED
        assert "No space left on device" in ended.reason or "is full" in ended.reason
        filler.unlink()
        fleet.send(cell("small", "write=1"))
        assert end_of(fleet).kind is Ending.DONE
        assert list(cells.iterdir()) == []
    assert [each.name for each in (tmp_path / "inbox").iterdir()] == ["small.tar"]


def test_a_supervisor_that_does_not_start_is_a_failure(fleet: RayFleet, cluster: RayNodes) -> None:
    file = cluster.folder / "a" / NODE_FILE
    record = read_json(file)
    write_json(file, {**record, "supervisor": ["sh", "-c", "echo no kit here >&2; exit 7"]})
    fleet.send(cell("one", "write=1"))
    ended = end_of(fleet)
    write_json(file, record)
    assert ended.kind is Ending.FAILED
    assert "ended with 7: no kit here" in ended.reason


def test_a_cell_has_the_environment_of_its_node_and_not_rays(fleet: RayFleet) -> None:
    fleet.send(cell("one", "where=OMP_NUM_THREADS"))
    archive = end_of(fleet).archive
    assert archive.read_text(encoding="utf-8") == os.environ.get("OMP_NUM_THREADS", "")


def test_cells_end_with_a_coordinator_that_is_killed(cluster: RayNodes, tmp_path: Path) -> None:
    command = [sys.executable, "-c", COORDINATOR, str(cluster.address), str(tmp_path)]
    environment = {**cluster.ray.environment, "PYTHONPATH": str(ROOT)}
    environment["FLEET_VENV"] = str(cluster.ray.python.parents[1])
    up, gate, late = tmp_path / "up", tmp_path / "gate", tmp_path / "late"
    with subprocess.Popen(command, env=environment) as coordinator:
        try:
            until = time.monotonic() + LIMIT_S
            while not up.exists():
                assert coordinator.poll() is None
                assert time.monotonic() < until
                time.sleep(0.05)
        finally:
            coordinator.kill()
    # the next coordinator's cell waits until that one's is gone
    after = RayFleet(cluster.ray, cluster.address, inbox=tmp_path / "inbox")
    try:
        after.send(cell("next", "write=1"))
        assert end_of(after).kind is Ending.DONE
        gate.touch()
        time.sleep(0.3)
        assert not late.exists(), "its command went on"
    finally:
        after.close()


def test_a_cluster_refuses_another_token(cluster: RayNodes, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("0" * 64, encoding="utf-8")
    token.chmod(0o600)
    environment = {**cluster.ray.environment, "RAY_AUTH_TOKEN_PATH": str(token)}
    with pytest.raises(EngineError, match="does not take this token"):
        RayFleet(ray_home(ROOT, environment), cluster.address, inbox=tmp_path / "inbox")
    assert not (tmp_path / "inbox").exists()


def test_a_system_joins_once(cluster: RayNodes, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the cluster has a node of the system a"):
        start_member(
            cluster.ray,
            tmp_path / "a",
            cluster.address,
            system="a",
            kit=None,
            first_port=cluster.first_port + 60,
            own_ip="127.0.0.9",
        )
    assert len(look_at_cluster(cluster.ray, cluster.address)["nodes"]) == 1


def test_a_campaign_is_run_on_the_heads_machine(cluster: RayNodes, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="on the machine of its cluster's head"):
        RayFleet(cluster.ray, parsed_address("192.0.2.1"), inbox=tmp_path / "inbox")
