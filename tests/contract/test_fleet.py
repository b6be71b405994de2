"""What every adapter of a fleet promises (``submission.fleet.protocol``): the same tests for each.

An adapter joins by a function in ``FLEETS`` that yields a ``Rig``: the fleet with the systems
``a`` and ``b``, whose program is ``tests.fakes.cell_program``, and what takes a node away and
brings it back. An adapter that has no nodes of its own to lose says so with ``nodes=None``.

Those of Ray run where there is a Ray: ``make fleet``, or FLEET_VENV names an environment. Those of
Slurm start one of their own, where its daemons and commands are installed.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import pytest

from submission.fleet.here import HereFleet
from submission.fleet.protocol import ARCHIVE, CellEnd, CellOrder, Ending, Fleet
from submission.fleet.ray.adapter import RayFleet
from submission.fleet.slurm.adapter import SlurmFleet
from submission.host.gpus import nvidia_gpus
from tests.fakes import cell_program
from tests.fakes.fleet import FakeFleet, Play
from tests.fakes.ray_nodes import RayNodes, ray_nodes
from tests.fakes.slurm_nodes import SlurmNodes, slurm_nodes

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, str(ROOT / "tests" / "fakes" / "cell_program.py"))
SYSTEMS = ("a", "b")
LIMIT_S = 60.0
MIB = 1 << 20


class Nodes(Protocol):
    """The nodes of an engine, from outside."""

    def lose(self, system: str) -> None:
        """End everything of that node as a power cut would, in the middle of a cell."""

    def bring_back(self, system: str) -> None:
        """Start a node with that label."""


@dataclass(frozen=True, kw_only=True)
class Rig:
    """A fleet under test; ``nodes`` is None where the only node is this machine.

    ``variable`` of a cell's environment names the label of the node; empty where nothing does.
    """

    fleet: Fleet
    inbox: Path
    nodes: Nodes | None = None
    variable: str = ""


@contextmanager
def here_rig(folder: Path) -> Iterator[Rig]:
    inbox = folder / "inbox"
    fleet = HereFleet(
        program=PROGRAM, root=ROOT, environment=os.environ, inbox=inbox, labels=SYSTEMS, kit="k"
    )
    yield Rig(fleet=fleet, inbox=inbox)


@contextmanager
def fake_rig(folder: Path) -> Iterator[Rig]:
    def program(play: Play) -> int:
        return cell_program.main(
            play.arguments,
            environment={"SYSTEM": play.system},
            say=play.said.append,
            stopped=play.stopping.is_set,
        )

    fleet = FakeFleet(program, nodes=SYSTEMS, inbox=folder / "inbox", kit="k")
    yield Rig(fleet=fleet, inbox=folder / "inbox", nodes=fleet, variable="SYSTEM")


@contextmanager
def ray_rig(folder: Path, cluster: RayNodes) -> Iterator[Rig]:
    cluster.complete()
    fleet = RayFleet(cluster.ray, cluster.address, inbox=folder / "inbox")
    yield Rig(fleet=fleet, inbox=folder / "inbox", nodes=cluster, variable="SYSTEM")


@pytest.fixture(scope="module")
def ray_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RayNodes]:
    """A head and two nodes on this machine, for all tests of this module."""
    with ray_nodes(tmp_path_factory.mktemp("ray"), PROGRAM, SYSTEMS) as made:
        yield made


@contextmanager
def slurm_rig(folder: Path, cluster: SlurmNodes) -> Iterator[Rig]:
    cluster.complete()
    inbox = folder / "inbox"
    fleet = SlurmFleet(
        cluster.slurm,
        partition=None,
        labels=SYSTEMS,
        program=PROGRAM,
        root=ROOT,
        environment=os.environ,
        inbox=inbox,
        kit="k",
        look_s=0.2,
    )
    yield Rig(fleet=fleet, inbox=inbox, nodes=cluster, variable="SLURMD_NODENAME")


@pytest.fixture(scope="module")
def slurm_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlurmNodes]:
    """A controller and two nodes on this machine, for all tests of this module."""
    with slurm_nodes(tmp_path_factory.mktemp("slurm"), SYSTEMS) as made:
        yield made


#: the rig of each fleet; those that name a fixture get it as their second argument
FLEETS: dict[str, tuple[Callable[..., AbstractContextManager[Rig]], str]] = {
    "fake": (fake_rig, ""),
    "here": (here_rig, ""),
    "ray": (ray_rig, "ray_cluster"),
    "slurm": (slurm_rig, "slurm_cluster"),
}
SLOW = {"ray", "slurm"}


@pytest.fixture(
    params=[pytest.param(k, marks=pytest.mark.slow if k in SLOW else ()) for k in FLEETS]
)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    make, fixture = FLEETS[request.param]
    more = (request.getfixturevalue(fixture),) if fixture else ()
    with make(tmp_path, *more) as made:
        yield made
        made.fleet.close()


def cell(cell_id: str, system: str, *steps: str, timeout_s: float = LIMIT_S) -> CellOrder:
    arguments = ("--archive", ARCHIVE, *steps)
    return CellOrder(id=cell_id, system=system, arguments=arguments, timeout_s=timeout_s)


def ends_of(fleet: Fleet, number: int) -> list[CellEnd]:
    """The next ``number`` ends, in the order in which they came."""
    ended: list[CellEnd] = []
    until = time.monotonic() + LIMIT_S
    while len(ended) < number and time.monotonic() < until:
        ended += fleet.poll(0.2)
    assert len(ended) == number, ended
    return ended


def wait_for(path: Path, fleet: Fleet) -> None:
    until = time.monotonic() + LIMIT_S
    while not path.exists():
        assert fleet.poll(0.05) == []
        assert time.monotonic() < until, f"{path.name} did not come"


def test_a_cell_brings_its_result(rig: Rig) -> None:
    rig.fleet.send(cell("one", "a", "say=hello", "write=1000"))
    (ended,) = ends_of(rig.fleet, 1)
    assert (ended.id, ended.kind, ended.exit_code) == ("one", Ending.DONE, 0)
    assert ended.archive == rig.inbox / "one.tar"
    assert ended.archive.read_bytes() == (bytes(range(256)) * 4)[:1000]
    assert ended.tail == ("hello",)
    assert ended.node
    assert ended.reason == ""
    assert rig.fleet.poll(0) == [], "an end is reported once"


def test_fifty_megabytes_come_whole(rig: Rig) -> None:
    rig.fleet.send(cell("big", "a", f"write={50 * MIB}"))
    (ended,) = ends_of(rig.fleet, 1)
    assert ended.archive
    assert ended.archive.stat().st_size == 50 * MIB
    assert [path.name for path in rig.inbox.iterdir() if path.is_file()] == ["big.tar"]


def test_systems_and_version(rig: Rig) -> None:
    systems = rig.fleet.systems()
    assert set(systems) == set(SYSTEMS)
    assert {name: member.system for name, member in systems.items()} == {"a": "a", "b": "b"}
    assert {member.kit for member in systems.values()} == {"k"}
    assert all(member.node for member in systems.values())
    if not isinstance(rig.fleet, FakeFleet):
        # every node of these rigs is on this machine
        assert all((member.cores or 0) >= 1 for member in systems.values())
        assert {member.gpus for member in systems.values()} == {nvidia_gpus()}
    assert rig.fleet.version()
    assert "a" in rig.fleet.how_to_join("a")


def test_a_cell_runs_on_its_system(rig: Rig) -> None:
    if not rig.variable:
        pytest.skip("the only node is this machine")
    for number, system in enumerate("abba"):
        rig.fleet.send(cell(f"c{number}", system, f"where={rig.variable}"))
    found = {each.id: each.archive.read_text() for each in ends_of(rig.fleet, 4) if each.archive}
    assert found == {"c0": "a", "c1": "b", "c2": "b", "c3": "a"}


def test_one_cell_a_system_at_a_time_in_the_order_sent(rig: Rig, tmp_path: Path) -> None:
    notes = {system: tmp_path / f"notes-{system}" for system in SYSTEMS}
    for number in range(3):
        for system in SYSTEMS:
            words = ("sleep=0.1", f"note={notes[system]}", "write=1")
            rig.fleet.send(cell(f"{system}{number}", system, *words))
    ended = [each.id for each in ends_of(rig.fleet, 6)]
    for system in SYSTEMS:
        assert [each for each in ended if each[0] == system] == [f"{system}{n}" for n in range(3)]
        spans = [tuple(map(float, line.split())) for line in notes[system].read_text().splitlines()]
        assert len(spans) == 3
        for (_, before), (begun, _) in pairwise(spans):
            assert begun >= before, f"two cells of {system} ran at one time"


def test_a_failed_cell_is_failed_and_not_repeated(rig: Rig, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    rig.fleet.send(cell("bad", "a", f"note={notes}", "say=last words", "write=5", "exit=3"))
    rig.fleet.send(cell("good", "a", "write=1"))
    bad, good = ends_of(rig.fleet, 2)
    assert (bad.id, bad.kind, bad.exit_code, bad.archive) == ("bad", Ending.FAILED, 3, None)
    assert "3" in bad.reason
    assert bad.tail == ("last words",)
    assert (good.id, good.kind) == ("good", Ending.DONE)
    assert len(notes.read_text().splitlines()) == 1
    assert not (rig.inbox / "bad.tar").exists()


def test_a_cell_without_a_result_is_failed(rig: Rig) -> None:
    rig.fleet.send(cell("empty", "a", "say=done"))
    (ended,) = ends_of(rig.fleet, 1)
    assert (ended.kind, ended.exit_code, ended.archive) == (Ending.FAILED, 0, None)
    assert "result" in ended.reason


def test_a_cell_that_takes_too_long_is_failed(rig: Rig, tmp_path: Path) -> None:
    late = tmp_path / "late"
    rig.fleet.send(cell("slow", "a", "sleep=50", f"touch={late}", "write=1", timeout_s=0.5))
    (ended,) = ends_of(rig.fleet, 1)
    assert (ended.kind, ended.archive, ended.exit_code) == (Ending.FAILED, None, None)
    assert "0.5 s" in ended.reason
    rig.fleet.send(cell("next", "a", "write=1"))
    assert [each.kind for each in ends_of(rig.fleet, 1)] == [Ending.DONE]
    assert not late.exists()


def test_a_cell_that_is_sent_twice_runs_once(rig: Rig, tmp_path: Path) -> None:
    notes, gate = tmp_path / "notes", tmp_path / "gate"
    order = cell("same", "a", f"wait={gate}", f"note={notes}", "write=1")
    rig.fleet.send(order)
    assert rig.fleet.poll(0.1) == []
    rig.fleet.send(order)
    gate.touch()
    assert [each.id for each in ends_of(rig.fleet, 1)] == ["same"]
    assert rig.fleet.poll(0.3) == []
    assert len(notes.read_text().splitlines()) == 1


def test_an_id_that_ended_may_be_sent_again(rig: Rig) -> None:
    rig.fleet.send(cell("again", "a", "exit=1"))
    assert [each.kind for each in ends_of(rig.fleet, 1)] == [Ending.FAILED]
    rig.fleet.send(cell("again", "a", "write=3"))
    (ended,) = ends_of(rig.fleet, 1)
    assert ended.kind is Ending.DONE


def test_cancel_ends_a_cell_that_runs(rig: Rig, tmp_path: Path) -> None:
    up, gate, late = tmp_path / "up", tmp_path / "gate", tmp_path / "late"
    rig.fleet.send(cell("run", "a", f"touch={up}", f"wait={gate}", f"touch={late}", "write=1"))
    rig.fleet.send(cell("after", "a", "write=1"))
    wait_for(up, rig.fleet)
    rig.fleet.cancel("run")
    assert [each.id for each in ends_of(rig.fleet, 1)] == ["after"]
    gate.touch()
    assert rig.fleet.poll(0.3) == []
    assert not late.exists(), "its command went on"


def test_cancel_takes_a_cell_out_of_the_queue(rig: Rig, tmp_path: Path) -> None:
    up, gate, never = tmp_path / "up", tmp_path / "gate", tmp_path / "never"
    rig.fleet.send(cell("run", "a", f"touch={up}", f"wait={gate}", "write=1"))
    rig.fleet.send(cell("queued", "a", f"touch={never}", "write=1"))
    wait_for(up, rig.fleet)
    rig.fleet.cancel("queued", "unknown")
    gate.touch()
    assert [each.id for each in ends_of(rig.fleet, 1)] == ["run"]
    assert rig.fleet.poll(0.3) == []
    assert not never.exists()


def test_a_label_that_no_node_carries_waits(rig: Rig) -> None:
    rig.fleet.send(cell("nowhere", "c", "write=1"))
    rig.fleet.send(cell("there", "a", "write=1"))
    assert [each.id for each in ends_of(rig.fleet, 1)] == ["there"]
    assert rig.fleet.poll(0.3) == []
    assert "c" not in rig.fleet.systems()
    rig.fleet.cancel("nowhere")


def test_a_node_that_is_lost_loses_its_cell(rig: Rig, tmp_path: Path) -> None:
    if rig.nodes is None:
        pytest.skip("the only node is this machine")
    up, gate = tmp_path / "up", tmp_path / "gate"
    rig.fleet.send(cell("lost", "a", f"touch={up}", f"wait={gate}", "write=1"))
    rig.fleet.send(cell("queued", "a", "write=1"))
    wait_for(up, rig.fleet)
    rig.nodes.lose("a")
    (ended,) = ends_of(rig.fleet, 1)
    assert (ended.id, ended.kind, ended.archive) == ("lost", Ending.LOST, None)
    assert ended.reason
    # the others go on, the queue waits, and nothing is moved to another node
    rig.fleet.send(cell("other", "b", "write=1"))
    assert [each.id for each in ends_of(rig.fleet, 1)] == ["other"]
    assert set(rig.fleet.systems()) == {"b"}
    assert rig.fleet.poll(0.3) == []
    rig.nodes.bring_back("a")
    assert [(each.id, each.kind) for each in ends_of(rig.fleet, 1)] == [("queued", Ending.DONE)]
    gate.touch()
    rig.fleet.send(cell("lost", "a", f"wait={gate}", "write=1"))
    assert [(each.id, each.kind) for each in ends_of(rig.fleet, 1)] == [("lost", Ending.DONE)]


def test_close_leaves_nothing_behind(rig: Rig, tmp_path: Path) -> None:
    up, gate, late = tmp_path / "up", tmp_path / "gate", tmp_path / "late"
    rig.fleet.send(cell("run", "a", f"touch={up}", f"wait={gate}", f"touch={late}", "write=1"))
    wait_for(up, rig.fleet)
    rig.fleet.cancel("run")
    rig.fleet.close()
    rig.fleet.close()
    gate.touch()
    time.sleep(0.2)
    assert not late.exists()
