"""The engine slurm on a real Slurm: what outlives a coordinator, a controller, and other limits."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from submission.errors import EngineError, UsageError
from submission.files import write_json
from submission.fleet.protocol import CellEnd, Ending
from submission.fleet.slurm.adapter import SlurmFleet
from tests.contract.test_fleet import LIMIT_S, PROGRAM, ROOT, cell, ends_of, wait_for
from tests.fakes.slurm_nodes import SlurmNodes, slurm_nodes

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlurmNodes]:
    with slurm_nodes(tmp_path_factory.mktemp("slurm"), ("n1", "n2")) as made:
        yield made


def fleet_of(
    cluster: SlurmNodes, folder: Path, *, partition: str = "sut", label: str = "on-n2"
) -> SlurmFleet:
    return SlurmFleet(
        cluster.slurm,
        partition=partition,
        labels=[label],
        program=PROGRAM,
        root=ROOT,
        environment=os.environ,
        inbox=folder / "inbox",
        look_s=0.2,
    )


def test_jobs_outlive_coordinator_and_controller_and_are_adopted(
    cluster: SlurmNodes, tmp_path: Path
) -> None:
    up, gate, notes = tmp_path / "up", tmp_path / "gate", tmp_path / "notes"
    order = cell("one", "on-n2", f"touch={up}", f"wait={gate}", f"note={notes}", "write=9")
    first = fleet_of(cluster, tmp_path)
    assert first.systems()["on-n2"].node == "n2"
    first.send(order)
    wait_for(up, first)
    cluster.stop_controller()
    assert first.poll(1) == []
    with pytest.raises(EngineError, match="Slurm does not answer"):
        fleet_of(cluster, tmp_path)
    cluster.start_controller()
    second = _once_it_answers(cluster, tmp_path)
    second.send(order)
    gate.touch()
    (ended,) = ends_of(second, 1)
    assert (ended.kind, ended.node) == (Ending.DONE, "n2")
    assert len(notes.read_text(encoding="utf-8").splitlines()) == 1, "it ran twice"


def _once_it_answers(cluster: SlurmNodes, folder: Path) -> SlurmFleet:
    until = time.monotonic() + LIMIT_S
    while True:
        try:
            return fleet_of(cluster, folder)
        except EngineError:
            assert time.monotonic() < until
            time.sleep(0.2)


def test_a_job_that_outlived_its_coordinator_can_be_cancelled(
    cluster: SlurmNodes, tmp_path: Path
) -> None:
    up, gate, late = tmp_path / "up", tmp_path / "gate", tmp_path / "late"
    first = fleet_of(cluster, tmp_path)
    first.send(cell("one", "on-n2", f"touch={up}", f"wait={gate}", f"touch={late}"))
    wait_for(up, first)
    second = fleet_of(cluster, tmp_path)
    second.cancel("one")
    gate.touch()
    second.send(cell("two", "on-n2", "write=1"))
    assert [each.id for each in ends_of(second, 1)] == ["two"]
    assert not late.exists()
    assert list((tmp_path / "inbox" / "cells").iterdir()) == []


def test_a_partition_with_a_shorter_time_limit(cluster: SlurmNodes, tmp_path: Path) -> None:
    fleet = fleet_of(cluster, tmp_path, partition="short", label="n1")
    fleet.send(cell("one", "n1", "write=1", timeout_s=600))
    (ended,) = ends_of(fleet, 1)
    assert ended.kind is Ending.FAILED
    assert "imit" in _words(ended)


def test_a_job_that_somebody_else_cancels(cluster: SlurmNodes, tmp_path: Path) -> None:
    up, gate = tmp_path / "up", tmp_path / "gate"
    fleet = fleet_of(cluster, tmp_path)
    fleet.send(cell("one", "on-n2", f"touch={up}", f"wait={gate}"))
    wait_for(up, fleet)
    (job,) = [each for each in cluster.slurm.jobs() if each.state == "RUNNING"]
    assert job.name == "one"
    # one that is over and one that never was are no reason not to end the third
    cluster.slurm.cancel({job.id - 1, job.id, 10**6})
    (ended,) = ends_of(fleet, 1)
    assert (ended.kind, ended.exit_code) == (Ending.FAILED, None)
    assert "cancelled" in ended.reason


def test_a_node_that_stays_down_ends_the_campaign_with_3_and_names_what_brings_it_back(
    cluster: SlurmNodes, tmp_path: Path
) -> None:
    path, said = tmp_path / "far.json", tmp_path / "said"
    systems = [{"system_desc_id": "far", "where": {"system": "on-n2"}}]
    engine = {"kind": "slurm", "partition": "sut"}
    value = {"version": 1, "profile": "demo", "engine": engine, "systems": systems}
    write_json(path, {**value, "lost_after_s": 1})
    environment = {**cluster.environment, "WORKSPACE": str(tmp_path / "out"), "RUNNER": "host"}
    words = (sys.executable, "-m", "submission", "campaign")
    with (
        said.open("w", encoding="utf-8") as stream,
        subprocess.Popen(
            [*words, "run", str(path)], cwd=ROOT, env=environment, stdout=stream, stderr=stream
        ) as coordinator,
    ):
        try:
            until = time.monotonic() + LIMIT_S
            while not any(job.state == "RUNNING" for job in cluster.slurm.jobs()):
                assert coordinator.poll() is None, said.read_text(encoding="utf-8")
                assert time.monotonic() < until
                time.sleep(0.05)
            cluster.lose("n2")
            code = coordinator.wait(LIMIT_S)
        finally:
            coordinator.kill()
    text = said.read_text(encoding="utf-8")
    assert code == 3, text
    assert "lost on n2 (Slurm says NODE_FAIL" in text
    what, detail, hint = text.splitlines()[-3:]
    assert what == "error: far: image waits for a node that is not there"
    assert detail == "  detail: for 1 s it has waited for a node with the label on-n2"
    assert "the node n2 is DOWN" in hint
    assert "`scontrol update nodename=n2 state=resume`; then run the same command again" in hint
    assert not list((tmp_path / "out").rglob("*.part"))
    cluster.bring_back("n2")


def test_a_feature_of_both_nodes_and_a_partition_that_is_not_there(
    cluster: SlurmNodes, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="2 nodes carry the label any"):
        fleet_of(cluster, tmp_path, label="any")
    with pytest.raises(UsageError, match="no partition sutt"):
        fleet_of(cluster, tmp_path, partition="sutt")


def _words(ended: CellEnd) -> str:
    return " ".join((ended.reason, *ended.tail))
