"""Slurm by its own commands: sbatch, squeue, scontrol, scancel, and what they print."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from submission.errors import EngineError, words_of

PROGRAMS = ("sbatch", "squeue", "scontrol", "scancel")
#: how long one command may take; by itself it gives up after Slurm's MessageTimeout, 10 s
COMMAND_S = 60.0

#: squeue's fields, the folder last, since it may hold any character
_JOB_FIELDS = ("id", "state", "reason", "node", "name", "folder")
_JOB_FORMAT = "%A|%T|%r|%N|%j|%Z"
_NO_JOB = "Invalid job id"
_NO_ANSWER = re.compile(
    r"Unable to contact slurm controller|Socket timed out|Connection refused|Connection timed out"
    r"|Zero Bytes were transmitted|Unable to establish|Could not establish a configuration source"
    r"|Communication connection failure|Protocol authentication error|auth plugin|Munge|munge",
)
#: of a node's state: it takes jobs, now or when those on it are over
_BUSY = {"ALLOCATED", "MIXED", "COMPLETING"}
_USABLE = {"IDLE", *_BUSY}
_GONE = {"DOWN", "FAIL", "ERROR", "INVAL", "FUTURE", "UNKNOWN"}


class RefusedError(Exception):
    """Slurm answered, and said no; the message is its last line, ``lines`` all of them."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__(lines[-1] if lines else "no output")
        self.lines = tuple(lines)


@dataclass(frozen=True, kw_only=True)
class SlurmJob:
    """A job of this user, running or ended lately; ``folder`` is its working directory."""

    id: int
    state: str
    reason: str
    node: str
    name: str
    folder: Path


@dataclass(frozen=True, kw_only=True)
class SlurmNode:
    """A node of the cluster; ``state`` as Slurm prints it, ``reason`` why it is down or drained."""

    name: str
    state: str
    features: frozenset[str]
    partitions: frozenset[str]
    reason: str = ""
    cores: int | None = None
    gpus: int | None = None

    @property
    def takes_jobs(self) -> bool:
        """Whether it is up; a node that does not respond is, until Slurm gives it up as DOWN."""
        base, *flags = re.findall(r"[A-Z_]+", self.state) or ["UNKNOWN"]
        words = {base, *flags}
        if base not in _USABLE or words & _GONE:
            return False
        # a draining node ends what runs on it
        return "DRAIN" not in words or bool(words & _BUSY)


@dataclass(frozen=True, kw_only=True)
class SlurmPartition:
    """A partition, and whether it is where jobs go that name none."""

    name: str
    is_default: bool


class Slurm:
    """The cluster that the commands on this machine's PATH reach.

    ``environment`` is theirs: SLURM_CONF, and the SBATCH_ variables by which a site wants an
    account or a reservation to be named. Methods raise EngineError if Slurm does not answer.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        # SQUEUE_ variables would filter what squeue prints
        self._environment = {
            name: value for name, value in environment.items() if not name.startswith("SQUEUE_")
        }
        path = self._environment.get("PATH")
        found = {name: shutil.which(name, path=path) for name in PROGRAMS}
        missing = [name for name, place in found.items() if place is None]
        if missing:
            raise EngineError(
                "Slurm's commands are not installed here",
                detail=f"there is no {', '.join(missing)} on the PATH",
                hint="run the campaign on a machine that submits jobs to the cluster, such as its "
                "login node; Debian's package is slurm-client",
            )

    def version(self) -> str:
        """Such as ``slurm-wlm 22.05.8``."""
        return self._query("sbatch", "--version").strip()

    def partitions(self) -> list[SlurmPartition]:
        """All that this user may see."""
        return [
            SlurmPartition(
                name=each["PartitionName"], is_default=each.get("Default", "").upper() == "YES"
            )
            for each in _records(self._query("scontrol", "--oneliner", "show", "partition"))
            if "PartitionName" in each
        ]

    def nodes(self) -> list[SlurmNode]:
        """All nodes of the cluster."""
        return [
            SlurmNode(
                name=each["NodeName"],
                state=each.get("State", ""),
                features=_words(each.get("ActiveFeatures", "")),
                partitions=_words(each.get("Partitions", "")),
                reason=each.get("Reason", ""),
                cores=int(each["CPUTot"]) if each.get("CPUTot", "").isdigit() else None,
                gpus=_gpus(each.get("Gres", "")),
            )
            for each in _records(self._query("scontrol", "--oneliner", "show", "node"))
            if "NodeName" in each
        ]

    def jobs(self) -> list[SlurmJob]:
        """The jobs of this user; those that ended stay for MinJobAge, 300 s by default."""
        text = self._query(
            "squeue", "--noheader", f"--user={os.getuid()}", "--states=all", "-o", _JOB_FORMAT
        )
        return [_job(line) for line in text.splitlines() if line.count("|") >= len(_JOB_FIELDS) - 1]

    def submit(self, script: Path, options: Sequence[str]) -> int:
        """The id of the new job; raises RefusedError."""
        answer = self._ask("sbatch", "--parsable", *options, str(script))
        number = answer.strip().split(";")[0]
        if not number.isdigit():
            raise RefusedError(answer.splitlines())
        return int(number)

    def cancel(self, jobs: Collection[int]) -> None:
        """End the jobs that are there still."""
        if not jobs:
            return
        words = [str(job) for job in sorted(jobs)]
        try:
            self._ask("scancel", *words)
        except RefusedError as error:
            # scancel tries each, and says one line of each that it does not end
            refused = [line for line in error.lines if _NO_JOB not in line]
            if refused:
                raise EngineError(
                    f"Slurm does not cancel job {', '.join(words)}",
                    detail=refused[0],
                    hint="see `squeue --me`, and end what is left with scancel",
                ) from error

    def _query(self, *command: str) -> str:
        try:
            return self._ask(*command)
        except RefusedError as error:
            raise EngineError(
                f"Slurm does not answer `{' '.join(command[:3])}`",
                detail=str(error),
                hint="type the same on this machine: a campaign needs its answer",
            ) from error

    def _ask(self, *command: str) -> str:
        try:
            run = subprocess.run(
                command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=COMMAND_S,
                check=False,
                # Ctrl-C reaches the coordinator alone, which then cancels
                start_new_session=True,
            )
        except subprocess.TimeoutExpired as error:
            raise no_answer(f"{command[0]} said nothing for {COMMAND_S:g} s") from error
        except OSError as error:
            raise no_answer(f"{command[0]}: {words_of(error)}") from error
        if run.returncode == 0:
            return run.stdout
        said = (run.stderr + run.stdout).splitlines()
        lines = [line.strip() for line in said if line.strip()]
        if any(_NO_ANSWER.search(line) for line in lines):
            raise no_answer(f"{command[0]}: {lines[-1]}")
        raise RefusedError(lines or [f"{command[0]}: exit code {run.returncode}"])


def no_answer(detail: str) -> EngineError:
    """The error of a controller that does not answer."""
    return EngineError(
        "Slurm does not answer",
        detail=detail,
        hint="`scontrol ping` must say UP; jobs that run go on meanwhile, and the same command "
        "adopts them",
    )


def _job(line: str) -> SlurmJob:
    value = dict(zip(_JOB_FIELDS, line.split("|", len(_JOB_FIELDS) - 1), strict=True))
    return SlurmJob(
        id=int(value["id"]),
        state=value["state"],
        reason=value["reason"],
        node=value["node"],
        name=value["name"],
        folder=Path(value["folder"]),
    )


def _records(text: str) -> list[dict[str, str]]:
    """The ``Key=Value`` pairs of each line; a value ends where the next key begins."""
    pair = re.compile(r"(?:^|\s)([A-Z][A-Za-z:/_]*)=(.*?)(?=\s+[A-Z][A-Za-z:/_]*=|$)")
    return [dict(pair.findall(line.strip())) for line in text.splitlines() if line.strip()]


def _gpus(gres: str) -> int:
    """GPUs of a node's generic resources, such as ``gpu:a100:4(S:0-1),gpu:2``."""
    return sum(int(each) for each in re.findall(r"\bgpu(?::[^,:()]+)?:(\d+)", gres))


def _words(text: str) -> frozenset[str]:
    return frozenset(each for each in text.split(",") if each and each != "(null)")
