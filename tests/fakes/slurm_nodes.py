"""A real Slurm on this machine: a controller and nodes, with files, keys and ports of their own.

Skips, aloud, where Slurm is not installed; nothing of a Slurm that is there is touched.
"""

from __future__ import annotations

import getpass
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from submission.fleet.slurm.commands import PROGRAMS, Slurm
from tests.fakes.ray_nodes import free_ports

DAEMONS = ("munged", "slurmctld", "slurmd")
LIMIT_S = 60.0
END_S = 10.0
MARK = "KIT_SLURM_NODE"
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
#: the default of 300 s until a node is given up would be the length of a test
CONFIGURATION = """
ClusterName=kit
SlurmctldHost=localhost
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/linear
SchedulerType=sched/builtin
SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=0
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
SlurmdTimeout=2
MessageTimeout=2
TCPTimeout=1
KillWait=5
SlurmdParameters=config_overrides
"""


class SlurmNodes:
    """The cluster: a node for each of ``names``, each with the feature ``on-<name>``."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self.folder = folder
        self.names = tuple(names)
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("SLURM", "SBATCH"))},
            "PATH": PATH,
            "SLURM_CONF": str(folder / "slurm.conf"),
        }
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}
        self._configure()

    def _configure(self) -> None:
        port = free_ports(1 + len(self.names))
        (self.folder / "state").mkdir()
        key = self.folder / "munge.key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o400)
        lines = [CONFIGURATION.format(port=port, user=getpass.getuser(), folder=self.folder)]
        for number, name in enumerate(self.names, 1):
            lines.append(
                f"NodeName={name} Features=on-{name},any NodeHostname=localhost "
                f"NodeAddr=127.0.0.1 Port={port + number} CPUs=1"
            )
        nodes = ",".join(self.names)
        lines.append(f"PartitionName=sut Nodes={nodes} Default=YES MaxTime=INFINITE State=UP")
        lines.append(f"PartitionName=short Nodes={self.names[0]} MaxTime=1 State=UP")
        (self.folder / "slurm.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")

    @property
    def slurm(self) -> Slurm:
        return Slurm(self.environment)

    def start(self) -> None:
        of_munge = {
            "key-file": "munge.key",
            "socket": "munge.socket",
            "pid-file": "munge.pid",
            "log-file": "munge.log",
            "seed-file": "munge.seed",
        }
        words = [f"--{option}={self.folder / name}" for option, name in of_munge.items()]
        self._start("munged", "munged", "--foreground", "--force", *words)
        self.start_controller()
        for name in self.names:
            self._start_node(name)

    def start_controller(self) -> None:
        self._start("slurmctld", "slurmctld", "-D")

    def stop_controller(self) -> None:
        self._end("slurmctld", signal.SIGTERM)

    def _start_node(self, name: str) -> None:
        self._start(name, "slurmd", "-D", "-N", name)

    def _start(self, name: str, *command: str) -> None:
        with (self.folder / f"{name}.out").open("ab") as out:
            self._daemons[name] = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command],
                cwd=self.folder,
                env={**self.environment, MARK: str(self.folder / name)},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def _end(self, name: str, number: int) -> None:
        process = self._daemons.pop(name, None)
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def complete(self) -> None:
        """Bring back what a test before this one took away, and wait until nothing runs."""
        for name in self.names:
            if name not in self._daemons:
                self._start_node(name)
        until = time.monotonic() + LIMIT_S
        while not self._is_idle():
            assert time.monotonic() < until, self._said()
            time.sleep(0.1)

    def _is_idle(self) -> bool:
        run = subprocess.run(
            ["sinfo", "--noheader", "-N", "-p", "sut", "-o", "%T"],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        return run.stdout.split() == ["idle"] * len(self.names)

    def _said(self) -> str:
        logs = [*self.folder.glob("*.log"), *self.folder.glob("*.out")]
        return "\n".join(
            f"{each.name}: {each.read_text('utf-8', 'replace')[-500:]}" for each in logs
        )

    def lose(self, system: str) -> None:
        """Kill slurmd and the steps of the node."""
        self._end(system, signal.SIGKILL)
        self._kill_marked(system)

    def _kill_marked(self, system: str) -> None:
        mark = f"{MARK}={self.folder / system}".encode()
        for entry in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if mark in entry.read_bytes().split(b"\0"):
                    os.kill(int(entry.parent.name), signal.SIGKILL)

    def bring_back(self, system: str) -> None:
        """Start the node's slurmd again."""
        self._start_node(system)

    def stop(self) -> None:
        for name in self.names:
            self.lose(name)
        self._end("slurmctld", signal.SIGKILL)
        self._kill_marked("slurmctld")
        self._end("munged", signal.SIGTERM)


@contextmanager
def slurm_nodes(folder: Path, names: Sequence[str]) -> Iterator[SlurmNodes]:
    """A cluster with a node for each of ``names``; skips where Slurm is not installed."""
    missing = [name for name in (*DAEMONS, *PROGRAMS) if shutil.which(name, path=PATH) is None]
    if missing:
        pytest.skip(f"Slurm is not installed here: no {', '.join(missing)}")
    made = SlurmNodes(folder, names)
    try:
        made.start()
        made.complete()
        yield made
    finally:
        made.stop()
