"""A laboratory on this machine: a head and systems, each with a network of its own if possible.

As root each machine is a network namespace, and all hang on one bridge, so a cable can be pulled.
Elsewhere each is a loopback address with ports of its own.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from submission.fleet.ray.node import FILE_VARIABLE, FIRST_PORT, PORTS, ray_processes
from tests.fakes.ray_nodes import free_ports

PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
PORT = 6379
LIMIT_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Machine:
    """``prefix`` begins each command that runs there; ``first_port`` is that of its node."""

    name: str
    ip: str
    first_port: int
    prefix: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Lab:
    """The machines by name; the head listens at ``port``."""

    head: Machine
    systems: dict[str, Machine]
    port: int
    has_cables: bool

    @property
    def address(self) -> str:
        return f"{self.head.ip}:{self.port}"

    def pull_cable(self, system: str) -> None:
        """The machine and the others no longer reach each other."""
        self._set_cable(system, "down")

    def plug_in_cable(self, system: str) -> None:
        """Returns when the head is reached again: addresses are resolved again first."""
        self._set_cable(system, "up")
        knock = f"exec 3<>/dev/tcp/{self.head.ip}/{self.port}"
        until = time.monotonic() + LIMIT_S
        while subprocess.run(
            [*self.systems[system].prefix, "bash", "-c", knock],
            check=False,
            capture_output=True,
            timeout=LIMIT_S,
        ).returncode:
            assert time.monotonic() < until
            time.sleep(0.2)

    def _set_cable(self, system: str, state: str) -> None:
        assert self.has_cables
        place = list(self.systems).index(system)
        _ip("-n", self.head.prefix[-1], "link", "set", f"port{place}", state)


def _ip(*words: str) -> None:
    subprocess.run(
        ["ip", *words],
        env={**os.environ, "PATH": PATH},
        check=True,
        capture_output=True,
        timeout=30,
    )


@contextmanager
def lab(names: Sequence[str]) -> Iterator[Lab]:
    """A head, and a machine for each of ``names``."""
    spaces = [f"kit{os.getpid()}-{number}" for number in range(len(names) + 1)]
    if not _can_make(spaces[0]):
        yield _on_loopback(names)
        return
    try:
        for number, space in enumerate(spaces):
            _ip("netns", "add", space)
            _ip("-n", space, "link", "set", "lo", "up")
            device = "eth0"
            if number == 0:
                device = "bridge0"
                _ip("-n", space, "link", "add", device, "type", "bridge")
            else:
                port, peer = f"port{number - 1}", ("peer", "name", device, "netns", space)
                _ip("link", "add", "name", port, "netns", spaces[0], "type", "veth", *peer)
                _ip("-n", spaces[0], "link", "set", port, "master", "bridge0", "up")
            _ip("-n", space, "address", "add", f"10.77.0.{number + 1}/24", "dev", device)
            _ip("-n", space, "link", "set", device, "up")
        machines = [
            Machine(
                name=name,
                ip=f"10.77.0.{number}",
                first_port=FIRST_PORT,
                prefix=("ip", "netns", "exec", space),
            )
            for number, (name, space) in enumerate(zip(("head", *names), spaces, strict=True), 1)
        ]
        yield _of(machines, port=PORT, has_cables=True)
    finally:
        for space in spaces:
            with suppress(subprocess.CalledProcessError):
                _ip("netns", "delete", space)


def _can_make(space: str) -> bool:
    if os.geteuid() != 0 or shutil.which("ip", path=PATH) is None:
        return False
    try:
        _ip("netns", "add", space)
        _ip("-n", space, "link", "add", "bridge0", "type", "bridge")
        _ip("netns", "delete", space)
    except subprocess.CalledProcessError:
        return False
    return True


def _on_loopback(names: Sequence[str]) -> Lab:
    port = free_ports(PORTS * (len(names) + 2))
    machines = [
        Machine(name=name, ip=f"127.0.0.{number + 4}", first_port=port + 1 + PORTS * number)
        for number, name in enumerate(("head", *names))
    ]
    return _of(machines, port=port, has_cables=False)


def _of(machines: Sequence[Machine], *, port: int, has_cables: bool) -> Lab:
    head, *systems = machines
    by_name = {each.name: each for each in systems}
    return Lab(head=head, systems=by_name, port=port, has_cables=has_cables)


@contextmanager
def small_disk(folder: Path, *, size_mb: int) -> Iterator[None]:
    """A disk of that size at ``folder``, in memory; skips where this may not mount one."""
    options = f"size={size_mb}m,mode=755"
    mount = ["mount", "-t", "tmpfs", "-o", options, "kit-tests", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no small disk: that needs root, and may mount")
    try:
        yield
    finally:
        # what is open there still, such as a log of a node, ends later
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(file: Path) -> None:
    """Write the file until its disk is full."""
    with file.open("wb", buffering=0) as stream:
        for size in (1 << 20, 1 << 12):
            with suppress(OSError):
                while True:
                    stream.write(bytes(size))


def kill_everything(file: Path) -> None:
    """Kill what runs of the node of ``file`` as a power cut would: its cell first, then its Ray."""
    mark = f"{FILE_VARIABLE}={file}".encode()
    cell = [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and mark in _environment(entry)
    ]
    # a command is younger than its supervisor, whose end would let it clean up
    found = [*sorted(cell, reverse=True), *ray_processes(file)]
    assert found
    for process in found:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def _environment(entry: Path) -> list[bytes]:
    with suppress(OSError):
        return (entry / "environ").read_bytes().split(b"\0")
    return []
