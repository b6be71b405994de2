"""Starts and stops this machine's part of a Ray cluster: its head, or the node of a system.

Ray's processes are started by Ray's own command and stay when it ends. They are found again by a
variable in their environment that names the node's file, so that another Ray on this machine, or
another node of ours, is never touched (``ray stop`` would end them all).
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submission.errors import EngineError, KitError, UsageError
from submission.files import read_json, write_json
from submission.fleet.command import GRACE_S
from submission.fleet.ray.cluster import Address, RayHome, look_at_cluster
from submission.host.gpus import nvidia_gpus
from submission.locks import HeldError, file_lock

FIRST_PORT = 6380
#: node manager, objects, environments, two agents, metrics, and the rest for workers
PORTS = 20
_FOR_RAY = 6
HEAD = "head"
NODE_FILE = "node.json"
NODE_VARIABLE = "MLPERF_FLEET_NODE"
#: in the environment of a cell, which is none of Ray's processes: the file of its node
FILE_VARIABLE = "MLPERF_FLEET_NODE_FILE"
#: what the head says of its cluster (``look_at_cluster``)
Cluster = Mapping[str, Any]
#: Ray's limits for the value of a label
LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_OBJECTS_BYTES = 200_000_000
_HALF_DIGEST = 32
_START_S = 90.0
_APPEAR_S = 30.0
#: from SIGTERM to SIGKILL for what is Ray's: it has nothing to save
_END_S = 3.0


@dataclass(frozen=True, kw_only=True)
class NodeKit:
    """What a node's cells are started with: the kit's command, its checkout, the environment.

    ``supervisor`` is the command of ``submission.fleet.ray.supervise``; ``kit`` the fingerprint.
    """

    program: tuple[str, ...]
    supervisor: tuple[str, ...]
    root: Path
    environment: Mapping[str, str]
    kit: str


@dataclass(frozen=True, kw_only=True)
class Started:
    """A part of a cluster that runs on this machine."""

    name: str
    address: str
    own_address: str
    ports: tuple[int, int]
    versions: str


def start_head(ray: RayHome, folder: Path, address: Address, *, first_port: int) -> Started:
    """Start the head of a cluster at ``address``, with no system; its files lie in ``folder``.

    Raises UsageError if it runs already, the address is not this machine's or a port is taken, and
    EngineError if Ray does not start.
    """
    if not address.is_here:
        raise UsageError(
            "a head is started on its own machine",
            detail=f"{address} is not an address of this one",
            hint="give an address of this machine that the systems reach",
        )
    own = _Own(ray=ray, folder=folder, name=HEAD, ip=address.ip, first_port=first_port)
    own.demand_free(address.port)
    found = own.start(
        ("--head", "--port", str(address.port), "--include-dashboard", "false"),
        {"address": str(address)},
        lambda: look_at_cluster(ray, address),
    )
    return own.started(address, found)


def start_member(
    ray: RayHome,
    folder: Path,
    address: Address,
    *,
    system: str,
    kit: NodeKit,
    first_port: int,
    own_ip: str | None = None,
) -> Started:
    """Make this machine the node of ``system`` in the cluster at ``address``.

    ``own_ip`` is the address by which the others reach it: without one, that by which it reaches
    the head. Raises UsageError and EngineError as ``start_head`` does, and for a cluster of another
    token, Ray or Python, or one that has a node of that system. What is left of a node that the
    head no longer knows is ended.
    """
    if not LABEL.fullmatch(system):
        raise UsageError(
            f"{system!r} is no label of a system",
            detail="a label has at most 63 letters, digits and ._- between letters or digits",
            hint='choose a shorter one, and name it in the campaign: "where": {"system": LABEL}',
        )
    if system == HEAD:
        # its folder is that of the cluster's head, which would be ended
        raise UsageError(
            f"no system can be called {HEAD}",
            detail="the files of a cluster's head have this name",
            hint='choose another, and name it in the campaign: "where": {"system": LABEL}',
        )
    found = look_at_cluster(ray, address)
    own = _Own(
        ray=ray,
        folder=folder,
        name=system,
        ip=own_ip or _address_towards(address),
        first_port=first_port,
    )
    known = {(each["system"], each["node"]) for each in found["nodes"]}
    if (system, own.ip) not in known and own.cluster() == str(address):
        # the head has given it up, after a cut of the network: it would not come back by itself
        stop_node(folder)
    own.demand_free()
    for each in found["nodes"]:
        # at our own address it is what the head still believes of a node that was killed
        if each["system"] == system and each["node"] != own.ip:
            raise UsageError(
                f"the cluster has a node of the system {system}",
                detail=f"at {each['node']}",
                hint="stop it there (mlperf-kit fleet stop), or join under another name",
            )
    labels = {
        "mlperf-system": system,
        "mlperf-kit-1": kit.kit[:_HALF_DIGEST],
        "mlperf-kit-2": kit.kit[_HALF_DIGEST:],
        "mlperf-cores": str(len(os.sched_getaffinity(0))),
        "mlperf-gpus": str(nvidia_gpus()),
    }
    words = ",".join(f"{name}={value}" for name, value in labels.items() if value)
    own.start(
        ("--address", address.for_ray, "--labels", words),
        {
            "address": str(address),
            "ray": found["own_ray"],
            "program": kit.program,
            "supervisor": kit.supervisor,
            "root": str(kit.root),
            "environment": {**kit.environment, FILE_VARIABLE: str(own.file)},
            "folder": str(folder),
            "lock": str(folder / "lock"),
        },
        lambda: _demand_member(look_at_cluster(ray, address), system),
    )
    return own.started(address, found)


def _demand_member(found: Cluster, system: str) -> Cluster:
    if system not in {each["system"] for each in found["nodes"]}:
        raise EngineError(
            f"the node of {system} did not come up",
            detail=f"the head knows no such node after {_APPEAR_S:g} s",
            hint="do the ports that it uses reach it from the head's machine?",
        )
    return found


def _address_towards(address: Address) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # sends nothing: the system only chooses the way
        probe.connect((address.ip, address.port))
        return str(probe.getsockname()[0])


@dataclass(frozen=True, kw_only=True)
class _Own:
    """One part of a cluster on this machine, and how Ray's processes of it are started."""

    ray: RayHome
    folder: Path
    name: str
    ip: str
    first_port: int

    @property
    def file(self) -> Path:
        return self.folder / NODE_FILE

    def cluster(self) -> str:
        """The address of the head that it joined when it was last started; empty if it was not."""
        try:
            return str(read_json(self.file)["address"])
        except (OSError, ValueError, KeyError):
            return ""

    def demand_free(self, *more: int) -> None:
        """UsageError if it runs already, or one of its ports is taken."""
        if ray_processes(self.file):
            raise UsageError(
                f"{self._words} runs already on this machine",
                detail=f"{self.file} is its file",
                hint="mlperf-kit fleet stop ends it",
            )
        for port in (*more, *range(self.first_port, self.first_port + PORTS)):
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    # Ray binds to every address, so one that is taken on any is taken
                    probe.bind(("", port))
                except OSError as error:
                    raise UsageError(
                        f"the port {port} is taken",
                        detail=error.strerror or str(error),
                        hint=f"--ports FIRST moves the {PORTS} ports of a node, HOST:PORT the "
                        "head's",
                    ) from error

    @property
    def _words(self) -> str:
        return "the head" if self.name == HEAD else f"the node of {self.name}"

    def start(
        self, options: Sequence[str], record: Mapping[str, Any], demand: Callable[[], Cluster]
    ) -> Cluster:
        """Start Ray's processes; what ``demand`` gives once it raises no error."""
        temp = self._prepared(record)
        command = [
            *(str(self.ray.python), "-I", "-m", "ray.scripts.scripts", "start", *options),
            *("--node-ip-address", self.ip, "--temp-dir", str(temp), *self._limits()),
        ]
        try:
            self._run(command)
            return _until_good(demand)
        except BaseException:
            stop_node(self.folder)
            raise

    def _prepared(self, record: Mapping[str, Any]) -> Path:
        """A folder for Ray's own files, named in the node's file; EngineError for a full disk."""
        temp = None
        try:
            # the paths of Ray's sockets are long, and a socket's path has 107 characters at most
            temp = Path(tempfile.mkdtemp(prefix="mlperf-fleet-"))
            self._write({**record, "version": 1, "name": self.name, "temp": str(temp)})
        except BaseException as error:
            if temp is not None:
                shutil.rmtree(temp, ignore_errors=True)
            if not isinstance(error, OSError):
                raise
            raise EngineError(
                f"{self._words} did not start",
                detail=f"{error.filename or self.folder}: {error.strerror or error}",
                hint="see the permissions and the space there; --workspace names another folder, "
                "TMPDIR one for Ray's own files",
            ) from error
        return temp

    def _run(self, command: Sequence[str]) -> None:
        try:
            run = subprocess.run(
                command,
                env=self.ray.variables(**{NODE_VARIABLE: str(self.file)}),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_START_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise EngineError(
                f"{self._words} did not start",
                detail=f"Ray took longer than {_START_S:g} s",
                hint="is the machine busy? Run the same command again",
            ) from error
        if run.returncode:
            raise EngineError(
                f"{self._words} did not start",
                detail=_last_words(run.stdout + run.stderr),
                hint="is a port taken, or the disk full? Run the same command again",
            )

    def _write(self, record: Mapping[str, Any]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        # it holds the environment, which may hold secrets
        self.folder.chmod(0o700)
        with suppress(OSError, ValueError, KeyError):
            shutil.rmtree(read_json(self.file)["temp"], ignore_errors=True)
        write_json(self.file, record)

    def _limits(self) -> Iterator[str]:
        """One worker, little memory, no graphics, and ports that a firewall can name."""
        first, last = self.first_port, self.first_port + PORTS - 1
        names = (
            "node-manager-port",
            "object-manager-port",
            "runtime-env-agent-port",
            "dashboard-agent-grpc-port",
            "dashboard-agent-listen-port",
            "metrics-export-port",
        )
        yield from (f"--{name}={first + number}" for number, name in enumerate(names))
        yield from (f"--min-worker-port={first + _FOR_RAY}", f"--max-worker-port={last}")
        yield from ("--num-cpus=1", "--num-gpus=0", f"--object-store-memory={_OBJECTS_BYTES}")
        yield from ("--disable-usage-stats", "--include-log-monitor=false")

    def started(self, address: Address, found: Cluster) -> Started:
        """What to say of it."""
        return Started(
            name=self.name,
            address=str(address),
            own_address=self.ip,
            ports=(self.first_port, self.first_port + PORTS - 1),
            versions=f"Ray {found['own_ray']}, Python {found['own_python']}",
        )


def _until_good(demand: Callable[[], Cluster]) -> Cluster:
    until = time.monotonic() + _APPEAR_S
    while True:
        try:
            return demand()
        except KitError:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


def _last_words(text: str) -> str:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    return " ".join(lines[-3:])[-300:] or "no output"


def stop_node(folder: Path) -> bool:
    """End Ray's processes of the node in ``folder``, and with them its cell.

    Returns when they are gone and the cell's command has ended, which has 20 s to clean up: False
    if there were none.
    """
    file = folder / NODE_FILE
    found = ray_processes(file)
    for process in found:
        _signal(process, signal.SIGTERM)
    until = time.monotonic() + _END_S
    while (left := ray_processes(file) or [p for p in found if _is_ray(p)]) and (
        time.monotonic() < until
    ):
        time.sleep(0.1)
    for process in left:
        _signal(process, signal.SIGKILL)
    _wait_for_cell(folder / "lock")
    with suppress(OSError, ValueError, KeyError):
        shutil.rmtree(read_json(file)["temp"], ignore_errors=True)
    file.unlink(missing_ok=True)
    return bool(found)


def _wait_for_cell(lock: Path) -> None:
    until = time.monotonic() + GRACE_S + _APPEAR_S
    while lock.is_file() and time.monotonic() < until:
        with suppress(HeldError), file_lock(lock):
            return
        time.sleep(0.1)


def ray_processes(file: Path) -> list[int]:
    """The processes of Ray that belong to the node of ``file``.

    Ray's agents and workers overwrite their environment by their title: they are known as
    descendants of the others.
    """
    mark = f"{NODE_VARIABLE}={file}".encode()
    parents: dict[int, int] = {}
    marked = set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):
            parents[int(entry.name)] = int(
                (entry / "stat").read_bytes().rpartition(b")")[2].split()[1]
            )
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                marked.add(int(entry.name))
    return [
        process
        for process in parents
        if process in marked or (_is_ray(process) and marked & set(_above(process, parents)))
    ]


def _above(process: int, parents: Mapping[int, int]) -> Iterator[int]:
    while process := parents.get(process, 0):
        yield process


def _is_ray(process: int) -> bool:
    """Whether its title is one that Ray gives: ``raylet``, ``gcs_server`` or ``ray::…``."""
    with suppress(OSError):
        words = Path(f"/proc/{process}/cmdline").read_bytes()
        return words.startswith(b"ray::") or b"/ray/core/src/ray/" in words.split(b"\0")[0]
    return False


def _signal(process: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, number)
