"""The engine ``here``: every system of the campaign is this machine, one cell after another.

Two systems that share this machine, such as two sets of its cores, are measured in turn: a
measurement is alone on its machine. Cells end with the coordinator: the next start sends them
again, and the kit resumes in the system's workspace. A cell is never lost here.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from submission.errors import EngineError
from submission.fleet.command import begin, failure_of, stop, tail_of, taken_over, with_archive
from submission.fleet.protocol import CellEnd, CellOrder, Ending, Member
from submission.host.gpus import nvidia_gpus

_POLL_S = 0.05


@dataclass(frozen=True, kw_only=True)
class _Running:
    """A cell whose command runs."""

    cell: CellOrder
    process: subprocess.Popen[bytes]
    archive: Path
    log: Path
    begun: float


class HereFleet:
    """A Fleet of one machine that carries every label.

    ``program`` is what a cell's arguments follow (``python -m submission``), ``root`` the checkout
    that it runs in, ``environment`` what it inherits, ``kit`` the fingerprint of the checkout.
    """

    def __init__(
        self,
        *,
        program: Sequence[str],
        root: Path,
        environment: Mapping[str, str],
        inbox: Path,
        labels: Sequence[str],
        kit: str = "",
    ) -> None:
        self._program = tuple(program)
        self._root = root
        self._environment = dict(environment)
        self._inbox = inbox
        self._labels = tuple(labels)
        self._kit = kit
        self._waiting: deque[CellOrder] = deque()
        self._running: _Running | None = None

    def version(self) -> str:
        """Such as ``here (Linux 6.1.0)``."""
        return f"here ({platform.system()} {platform.release()})"

    def systems(self) -> Mapping[str, Member]:
        """The one machine, under each label."""
        own = Member(
            system="",
            node=platform.node(),
            kit=self._kit,
            cores=len(os.sched_getaffinity(0)),
            gpus=nvidia_gpus(),
        )
        return {each: replace(own, system=each) for each in self._labels}

    def send(self, cell: CellOrder) -> None:
        """Queue the cell; raises EngineError if its command cannot be started."""
        if cell.id in self._ids():
            return
        self._waiting.append(cell)
        self._start_next()

    def poll(self, wait_s: float) -> list[CellEnd]:
        """The end of the cell that runs, if it comes within ``wait_s``."""
        until = time.monotonic() + wait_s
        while True:
            if self._running is None:
                return []
            ended = self._end_of(self._running)
            if ended is not None:
                self._running = None
                self._start_next()
                return [ended]
            left = until - time.monotonic()
            if left <= 0:
                return []
            time.sleep(min(_POLL_S, left))

    def cancel(self, *cell_ids: str) -> None:
        """Take the cells out of the queue, and end the processes of the one that runs."""
        self._waiting = deque(cell for cell in self._waiting if cell.id not in cell_ids)
        running = self._running
        if running is not None and running.cell.id in cell_ids:
            stop(running.process)
            self._clear(running)
            self._running = None
            self._start_next()

    def how_to_join(self, system: str) -> str:
        """Nothing joins here; the machine is the one that the command runs on."""
        del system
        return "the engine here has this machine alone"

    def close(self) -> None:
        """Cancel everything, as a cell would end with this process anyway."""
        self._waiting.clear()
        if self._running is not None:
            self.cancel(self._running.cell.id)

    def _ids(self) -> set[str]:
        running = {self._running.cell.id} if self._running else set()
        return running | {cell.id for cell in self._waiting}

    def _start_next(self) -> None:
        # a label that this machine does not carry waits for one that does, which never comes
        ready = next((cell for cell in self._waiting if cell.system in self._labels), None)
        if self._running is not None or ready is None:
            return
        self._waiting.remove(ready)
        folder = self._inbox / "cells" / ready.id
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        archive, log = folder / "result.tar", folder / "output.log"
        command = [*self._program, *with_archive(ready.arguments, archive)]
        try:
            process = begin(command, root=self._root, environment=self._environment, log=log)
        except OSError as error:
            raise EngineError(
                "a cell could not be started here",
                detail=f"{error.filename}: {error.strerror or error}",
                hint="setpriv comes with the package util-linux; `make setup` makes the "
                "Python of the checkout",
            ) from error
        self._running = _Running(
            cell=ready, process=process, archive=archive, log=log, begun=time.monotonic()
        )

    def _end_of(self, running: _Running) -> CellEnd | None:
        seconds = time.monotonic() - running.begun
        code = running.process.poll()
        if code is None and seconds < running.cell.timeout_s:
            return None
        late_after_s = running.cell.timeout_s if code is None else None
        if late_after_s is not None:
            stop(running.process)
        tail = tail_of(running.log)
        has_archive = running.archive.is_file()
        reason = failure_of(code, late_after_s=late_after_s, has_archive=has_archive)
        archive = (
            None if reason else taken_over(running.archive, self._inbox / f"{running.cell.id}.tar")
        )
        self._clear(running)
        return CellEnd(
            id=running.cell.id,
            kind=Ending.DONE if archive else Ending.FAILED,
            node=platform.node(),
            seconds=seconds,
            exit_code=code,
            archive=archive,
            reason=reason,
            tail=tail,
        )

    def _clear(self, running: _Running) -> None:
        shutil.rmtree(running.log.parent, ignore_errors=True)
