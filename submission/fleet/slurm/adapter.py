"""The engine slurm: a Fleet whose systems are nodes of a Slurm cluster with a shared folder.

A cell is a job of its own on the whole node, named after the cell. It goes on when the coordinator
dies: the next start adopts it by its name and its folder, or takes what it left there. Whether a
cell is done is decided by what it wrote, and by JobState where it wrote nothing; never by an exit
code, since a job whose node failed has 0.
"""

from __future__ import annotations

import math
import shlex
import shutil
import sys
import tempfile
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from submission.errors import EngineError, UsageError, did_you_mean
from submission.files import read_json, write_json, write_text
from submission.fleet.command import GRACE_S, end_from, tail_of
from submission.fleet.protocol import TAIL_LINES, CellEnd, CellOrder, Ending, Member
from submission.fleet.slurm.commands import RefusedError, Slurm, SlurmJob, SlurmNode
from submission.fleet.slurm.job import END, ORDER
from submission.wording import listed_words

#: how often Slurm is asked; what a cell wrote is seen earlier
LOOK_S = 5.0
#: a controller that is restarted or busy is waited for
PATIENCE_S = 120.0
#: until another machine's last file is seen here, as the attributes of a shared folder are cached
SETTLE_S = 60.0
#: what Slurm's own time limit adds to the cell's, which the job itself keeps
SPARE_S = 60.0
#: how long a cancel waits for the end of its jobs; the kit cleans up for GRACE_S at most
CANCEL_S = 5.0
#: how often the folder of a cell is listed, which asks the server of the shared folder
READ_S = 1.0
_POLL_S = 0.1

LIVE = {
    "CONFIGURING",
    "PENDING",
    "REQUEUED",
    "REQUEUE_FED",
    "REQUEUE_HOLD",
    "RESIZING",
    "RUNNING",
    "SIGNALING",
    "SPECIAL_EXIT",
    "STAGE_OUT",
    "STOPPED",
    "SUSPENDED",
}
#: the end is near and its kind is not known yet
_ENDING = {"COMPLETING"}
_LOST = {"BOOT_FAIL", "NODE_FAIL", "PREEMPTED", "REVOKED"}
_REASONS = {
    "CANCELLED": "somebody cancelled its job in Slurm",
    "DEADLINE": "Slurm ended its job at a deadline",
    "OUT_OF_MEMORY": "its job ran out of memory (Slurm: OUT_OF_MEMORY)",
    "TIMEOUT": "Slurm ended its job at a time limit of its own",
}
#: reasons for which a job would be pending for ever
_NEVER = {
    "AccountNotAllowed",
    "BadConstraints",
    "InvalidAccount",
    "InvalidQOS",
    "JobHeldAdmin",
    "PartitionNodeLimit",
    "PartitionTimeLimit",
    "QOSNotAllowed",
}


@dataclass(kw_only=True)
class _Sent:
    """A cell with its job; ``job`` is None for one that ended while nobody looked."""

    cell: CellOrder
    job: int | None
    folder: Path
    node: str = ""
    since: float = field(default_factory=time.monotonic)
    begun: float | None = None
    final: float | None = None

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.begun if self.begun is not None else 0.0


class SlurmFleet:
    """The nodes of one partition.

    ``partition`` None is Slurm's default. ``labels`` are the campaign's: of each the name of a node
    or a feature that one node has. ``program`` is what a cell's arguments follow, in ``root``, with
    ``environment``; ``root`` and ``inbox`` lie in a folder that all nodes share. The constructor
    raises EngineError if Slurm is not installed or does not answer, UsageError for a partition that
    is not there and for a label that two nodes carry.
    """

    def __init__(
        self,
        slurm: Slurm,
        *,
        partition: str | None,
        labels: Sequence[str],
        program: Sequence[str],
        root: Path,
        environment: Mapping[str, str],
        inbox: Path,
        kit: str = "",
        look_s: float = LOOK_S,
        patience_s: float = PATIENCE_S,
        settle_s: float = SETTLE_S,
    ) -> None:
        self._slurm = slurm
        self._labels = tuple(labels)
        self._program = tuple(program)
        self._root = root
        self._environment = of_a_cell(environment)
        self._inbox = inbox
        self._kit = kit
        self._look_s = look_s
        self._read_s = min(READ_S, look_s)
        self._patience_s = patience_s
        self._settle_s = settle_s
        self._version = slurm.version()
        self._partition = _chosen(slurm, partition)
        self._waiting: deque[CellOrder] = deque()
        self._refused: list[CellEnd] = []
        self._sent: dict[str, _Sent] = {}
        self._over: set[int] = set()
        self._doubtful: dict[str, float] = {}
        self._jobs: dict[int, SlurmJob] = {}
        self._nodes: list[SlurmNode] = []
        self._looked = self._answered = self._read = -math.inf
        self._look()
        self._refuse_twins()

    def version(self) -> str:
        """Such as ``slurm-wlm 22.05.8, partition sut``."""
        return f"{self._version}, partition {self._partition}"

    def systems(self) -> Mapping[str, Member]:
        """The labels whose node takes jobs, now or when those on it are over."""
        self._look_if_due()
        there = {label: self._node_of(label) for label in self._labels}
        return {
            label: Member(
                system=label, node=node.name, kit=self._kit, cores=node.cores, gpus=node.gpus
            )
            for label, node in there.items()
            if node is not None
        }

    def send(self, cell: CellOrder) -> None:
        """Adopt the cell's job if it has one, or queue it; Slurm gets one job of a system."""
        if cell.id in self._sent or any(each.id == cell.id for each in self._waiting):
            return
        if not self._adopt(cell):
            self._waiting.append(cell)
            self._submit_ready()

    def poll(self, wait_s: float) -> list[CellEnd]:
        """The cells that ended, their results in the inbox."""
        until = time.monotonic() + wait_s
        while True:
            self._look_if_due()
            ended = self._ends()
            if ended:
                # before anything is submitted: an error there must not lose them
                return ended
            self._submit_ready()
            left = until - time.monotonic()
            if left <= 0:
                return []
            time.sleep(min(_POLL_S, left))

    def cancel(self, *cell_ids: str) -> None:
        """Take the cells out of the queue, or end their jobs; also of an earlier coordinator."""
        self._waiting = deque(cell for cell in self._waiting if cell.id not in cell_ids)
        sent = [self._sent[each] for each in cell_ids if each in self._sent]
        jobs = {each.job for each in sent if each.job is not None}
        jobs |= {job.id for each in cell_ids for job in self._jobs_of(each)}
        self._slurm.cancel(jobs)
        self._over |= jobs
        until = time.monotonic() + CANCEL_S
        while jobs and time.monotonic() < until and self._any_runs(jobs):
            time.sleep(self._read_s or _POLL_S)
        for each in cell_ids:
            self._sent.pop(each, None)
            self._clear(each)

    def how_to_join(self, system: str) -> str:
        """What the node of the label lacks, in Slurm's words."""
        nodes = self._carriers(system)
        if len(nodes) > 1:
            return (
                f"name one node: {listed_words([n.name for n in nodes])} have the feature {system}"
            )
        if nodes:
            (node,) = nodes
            why = f", {node.reason}" if node.reason else ""
            return (
                f"the node {node.name} is {node.state}{why}; start its slurmd, or "
                f"`scontrol update nodename={node.name} state=resume`"
            )
        elsewhere = [node.name for node in _carriers(self._nodes, system)]
        if elsewhere:
            return (
                f"{listed_words(elsewhere)} with the label {system} is not in the partition "
                f"{self._partition}: see `scontrol show node`"
            )
        return (
            f"no node of the partition {self._partition} is called {system} or has the feature "
            f"{system}: see `scontrol show node`, and set where.system"
        )

    def close(self) -> None:
        """Jobs go on; what has none yet is sent by the next start."""
        self._waiting.clear()

    # nodes

    def _carriers(self, label: str) -> list[SlurmNode]:
        return _carriers([n for n in self._nodes if self._partition in n.partitions], label)

    def _node_of(self, label: str) -> SlurmNode | None:
        nodes = self._carriers(label)
        return nodes[0] if len(nodes) == 1 and nodes[0].takes_jobs else None

    def _refuse_twins(self) -> None:
        for label in self._labels:
            nodes = self._carriers(label)
            if len(nodes) > 1:
                names = listed_words([node.name for node in nodes])
                raise UsageError(
                    f"{len(nodes)} nodes carry the label {label}",
                    detail=f"in the partition {self._partition}: {names}",
                    hint="a system is one machine: name its node as where.system, or give it a "
                    "feature of its own",
                )

    # what Slurm knows

    def _look(self) -> None:
        self._looked = time.monotonic()
        try:
            jobs, nodes = self._slurm.jobs(), self._slurm.nodes()
        except EngineError as error:
            self._bear(error)
            return
        self._jobs = {job.id: job for job in jobs}
        self._nodes = nodes
        self._answered = self._looked

    def _look_if_due(self) -> None:
        if time.monotonic() - self._looked >= self._look_s:
            self._look()

    def _bear(self, error: EngineError) -> None:
        """Raise it if Slurm has not answered for long; its jobs go on meanwhile."""
        if time.monotonic() - self._answered > self._patience_s:
            raise error

    def _any_runs(self, jobs: set[int]) -> bool:
        self._look()
        states = {job.state for number, job in self._jobs.items() if number in jobs}
        return bool(states & (LIVE | _ENDING))

    # sending

    def _jobs_of(self, cell_id: str) -> list[SlurmJob]:
        """The jobs of the cell that run or wait, from whichever coordinator of this campaign."""
        return [
            job
            for job in self._jobs.values()
            if job.name == cell_id
            and job.folder.parent == self._folder(cell_id)
            and job.state in LIVE
            and job.id not in self._over
        ]

    def _adopt(self, cell: CellOrder) -> bool:
        """Whether the cell has a job, or has ended while nobody looked."""
        found = self._jobs_of(cell.id)
        if found:
            job = found[-1]
            self._sent[cell.id] = _Sent(
                cell=cell, job=job.id, folder=job.folder, node=job.node, begun=time.monotonic()
            )
            return True
        ended = next(iter(self._folder(cell.id).glob(f"*/{END}")), None)
        if ended is not None:
            self._sent[cell.id] = _Sent(cell=cell, job=None, folder=ended.parent)
        return ended is not None

    def _submit_ready(self) -> None:
        busy = {sent.cell.system for sent in self._sent.values()}
        for cell in list(self._waiting):
            node = self._node_of(cell.system)
            if cell.system in busy or node is None:
                continue
            busy.add(cell.system)
            if self._doubtful.get(cell.id, -math.inf) >= self._answered:
                continue
            if self._adopt(cell) or self._submit(cell, node):
                self._waiting.remove(cell)

    def _submit(self, cell: CellOrder, node: SlurmNode) -> bool:
        """Whether the cell is settled: it has a job, or Slurm refused it."""
        folder = self._prepared(cell)
        options = (
            f"--job-name={cell.id}",
            f"--partition={self._partition}",
            "--nodes=1",
            f"--nodelist={node.name}",
            "--exclusive",
            "--mem=0",
            "--no-requeue",
            f"--time={math.ceil((cell.timeout_s + GRACE_S + SPARE_S) / 60)}",
            # the environment is the order's; Slurm's own variables come from the node
            "--export=NIL",
            f"--chdir={folder}",
            # a % begins a pattern
            f"--output={str(folder / 'slurm.log').replace('%', '%%')}",
        )
        try:
            job = self._slurm.submit(folder / "job.sh", options)
        except RefusedError as error:
            shutil.rmtree(folder, ignore_errors=True)
            self._refused.append(
                CellEnd(
                    id=cell.id,
                    kind=Ending.FAILED,
                    node=node.name,
                    seconds=0.0,
                    reason="Slurm refused its job",
                    tail=error.lines[-TAIL_LINES:],
                )
            )
            return True
        except EngineError as error:
            # the job may be there all the same: it is looked for before another is submitted
            self._doubtful[cell.id] = time.monotonic()
            self._bear(error)
            return False
        self._sent[cell.id] = _Sent(cell=cell, job=job, folder=folder, node=node.name)
        return True

    def _folder(self, cell_id: str) -> Path:
        return self._inbox / "cells" / cell_id

    def _prepared(self, cell: CellOrder) -> Path:
        """A folder of this attempt alone: a process of a lost one cannot write into it."""
        try:
            self._folder(cell.id).mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(dir=self._folder(cell.id)))
            order = {
                "program": self._program,
                "root": str(self._root),
                "environment": self._environment,
                "arguments": cell.arguments,
                "timeout_s": cell.timeout_s,
            }
            write_json(folder / ORDER, order)
            (folder / ORDER).chmod(0o600)
            write_text(folder / "job.sh", _script(self._root, folder))
        except OSError as error:
            # no job of the cell has a folder yet: it would have been adopted
            shutil.rmtree(self._folder(cell.id), ignore_errors=True)
            raise EngineError(
                "a cell could not be written for Slurm",
                detail=f"{error.filename or self._inbox}: {error.strerror or error}",
                hint="free some space there and run the same command again",
            ) from error
        return folder

    # ends

    def _ends(self) -> list[CellEnd]:
        ended, self._refused = self._refused, []
        if time.monotonic() - self._read < self._read_s:
            return ended
        self._read = time.monotonic()
        for sent in list(self._sent.values()):
            end = self._end_of(sent)
            if end is not None:
                del self._sent[end.id]
                if sent.job is not None:
                    self._over.add(sent.job)
                self._clear(end.id)
                ended.append(end)
        return ended

    def _end_of(self, sent: _Sent) -> CellEnd | None:
        end = _read_end(sent.folder)
        if end is not None:
            return end_from(
                end,
                cell_id=sent.cell.id,
                node=sent.node,
                result=sent.folder / "result.tar",
                inbox=self._inbox,
            )
        if sent.job is None or self._answered <= sent.since:
            return None
        job = self._jobs.get(sent.job)
        if job is None:
            # a site may let Slurm forget jobs (MinJobAge) before their last file is seen here
            if not self._is_settled(sent):
                return None
            return self._unwritten(sent, Ending.LOST, f"Slurm no longer knows its job {sent.job}")
        sent.node = job.node or sent.node
        if sent.begun is None and job.state == "RUNNING":
            sent.begun = time.monotonic()
        verdict = verdict_on(job)
        if verdict is None or (job.state == "COMPLETED" and not self._is_settled(sent)):
            return None
        if job.state == "PENDING":
            # it has failed all the same: without its folder the job would end at once
            with suppress(EngineError):
                self._slurm.cancel({job.id})
        return self._unwritten(sent, *verdict)

    def _is_settled(self, sent: _Sent) -> bool:
        sent.final = sent.final or time.monotonic()
        return time.monotonic() - sent.final >= self._settle_s

    def _unwritten(self, sent: _Sent, kind: Ending, reason: str) -> CellEnd:
        tail = (*tail_of(sent.folder / "output.log"), *tail_of(sent.folder / "slurm.log"))
        return CellEnd(
            id=sent.cell.id,
            kind=kind,
            node=sent.node,
            seconds=sent.seconds,
            reason=reason,
            tail=tail[-TAIL_LINES:],
        )

    def _clear(self, cell_id: str) -> None:
        folder = self._folder(cell_id)
        # first what would be adopted; a file that the job still has open may stay
        for end in folder.glob(f"*/{END}"):
            end.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)


def verdict_on(job: SlurmJob) -> tuple[Ending, str] | None:
    """How a cell ended that wrote nothing, and why, by its job; None as long as it may still."""
    if job.state == "PENDING" and job.reason in _NEVER:
        return Ending.FAILED, f"its job would wait for ever (Slurm: {job.reason})"
    if job.state in LIVE | _ENDING:
        return None
    if job.state in _LOST:
        return Ending.LOST, f"Slurm says {job.state} ({job.reason})"
    other = f"its job left nothing (Slurm: {job.state}); does the node see {job.folder}?"
    return Ending.FAILED, _REASONS.get(job.state, other)


def of_a_cell(environment: Mapping[str, str]) -> dict[str, str]:
    """What a cell inherits: not the coordinator's own job, nor the name of its machine."""
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith(("SLURM", "SBATCH_", "SQUEUE_")) and name != "HOSTNAME"
    }


def _carriers(nodes: Sequence[SlurmNode], label: str) -> list[SlurmNode]:
    """The node of that name, or else those with that feature."""
    named = [node for node in nodes if node.name == label]
    return named or [node for node in nodes if label in node.features]


def _chosen(slurm: Slurm, partition: str | None) -> str:
    known = slurm.partitions()
    if partition is None:
        found = next((each.name for each in known if each.is_default), None)
        if found is None:
            raise UsageError(
                "Slurm has no default partition",
                detail="the campaign names none, at $.engine.partition",
                hint=f"name one of {listed_words(sorted(each.name for each in known))}"
                if known
                else "`scontrol show partition` shows those that you may use: none",
            )
        return found
    if partition not in {each.name for each in known}:
        raise UsageError(
            f"Slurm has no partition {partition}",
            detail="at $.engine.partition of the campaign",
            hint=did_you_mean(partition, [each.name for each in known]),
        )
    return partition


def _script(root: Path, folder: Path) -> str:
    """The job's script; whatever ends Slurm's own process on the node ends the cell as well."""
    job = [sys.executable, "-m", "submission.fleet.slurm", str(folder)]
    return (
        "#!/bin/sh\n"
        f"cd {shlex.quote(str(root))} || exit 1\n"
        f"exec setpriv --pdeathsig TERM {shlex.join(job)} "
        '"SLURM_JOB_ID=$SLURM_JOB_ID" "SLURMD_NODENAME=$SLURMD_NODENAME"\n'
    )


def _read_end(folder: Path) -> dict[str, Any] | None:
    # listing it asks the server, where a look-up may be answered from a cache
    with suppress(OSError, ValueError):
        if any(file.name == END for file in folder.iterdir()):
            value = read_json(folder / END)
            if isinstance(value, dict):
                return value
    return None
