"""A real Ray cluster on this machine: a head and nodes, each at a loopback address of its own.

Skips, aloud, where there is no Ray: ``make fleet`` installs it.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from submission.errors import EngineError
from submission.fleet.ray.cluster import Address, RayHome, look_at_cluster, parsed_address, ray_home
from submission.fleet.ray.node import (
    NODE_FILE,
    PORTS,
    NodeKit,
    ray_processes,
    start_head,
    start_member,
    stop_node,
)

ROOT = Path(__file__).parents[2]
LIMIT_S = 60.0
SUPERVISOR = (sys.executable, "-m", "submission.fleet.ray.supervise")


def ray_here(folder: Path) -> RayHome:
    """Ray with a token of its own in ``folder``; skips where it is not installed."""
    environment = {**os.environ, "RAY_AUTH_TOKEN_PATH": str(folder / "token")}
    try:
        return ray_home(ROOT, environment, makes_token=True)
    except EngineError as error:
        pytest.skip(f"{error.what}: {error.detail} ({error.hint})")


class RayNodes:
    """The cluster; ``variables`` are what each node adds to the environment of its cells."""

    def __init__(
        self, ray: RayHome, folder: Path, program: Sequence[str], kit: str, *, most: int = 2
    ) -> None:
        self.ray = ray
        self.folder = folder
        self.first_port = free_ports((most + 2) * PORTS)
        self.address: Address = parsed_address(f"127.0.0.4:{self.first_port}")
        self._program = tuple(program)
        self._kit = kit
        self._systems: list[str] = []
        start_head(ray, folder / "head", self.address, first_port=self.first_port + 1)

    def join(self, system: str, environment: Mapping[str, str] = os.environ) -> None:
        """Start the node of a system."""
        if system not in self._systems:
            self._systems.append(system)
        number = self._systems.index(system)
        start_member(
            self.ray,
            self.folder / system,
            self.address,
            system=system,
            kit=NodeKit(
                program=self._program,
                supervisor=SUPERVISOR,
                root=ROOT,
                environment={**environment, "SYSTEM": system},
                kit=self._kit,
            ),
            first_port=self.first_port + PORTS * (number + 1) + 1,
            own_ip=f"127.0.0.{5 + number}",
        )

    def complete(self) -> None:
        """Bring back what a test before this one took away."""
        for system in self._systems:
            if not ray_processes(self.folder / system / NODE_FILE):
                self.join(system)
        until = time.monotonic() + LIMIT_S
        while sorted(
            each["system"] for each in look_at_cluster(self.ray, self.address)["nodes"]
        ) != sorted(self._systems):
            # the head takes a while to notice
            assert time.monotonic() < until
            time.sleep(0.5)

    def lose(self, system: str) -> None:
        """Kill everything of Ray's that belongs to the node."""
        for process in ray_processes(self.folder / system / NODE_FILE):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def bring_back(self, system: str) -> None:
        """Start the node again, once nothing of it is left."""
        until = time.monotonic() + LIMIT_S
        while ray_processes(self.folder / system / NODE_FILE):
            assert time.monotonic() < until
            time.sleep(0.05)
        self.join(system)

    def stop(self) -> None:
        for name in (*self._systems, "head"):
            stop_node(self.folder / name)


@contextmanager
def ray_nodes(
    folder: Path, program: Sequence[str], systems: Sequence[str], *, kit: str = "k"
) -> Iterator[RayNodes]:
    """A cluster with a node for each of ``systems``; skips where there is no Ray."""
    made = RayNodes(ray_here(folder), folder, program, kit)
    try:
        for system in systems:
            made.join(system)
        yield made
    finally:
        made.stop()


def free_ports(number: int) -> int:
    """The first of that many ports in a row that nobody listens at, below those given away."""
    for first in range(20000 + os.getpid() % 100 * 100, 32000, number):
        if all(map(_is_free, range(first, first + number))):
            return first
    raise AssertionError("no free ports")


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
