"""A Fleet in this process: nodes that tests take away and bring back, cells that are functions."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from submission.errors import EngineError
from submission.files import part_of
from submission.fleet.protocol import ARCHIVE, TAIL_LINES, CellEnd, CellOrder, Ending, Member

END_S = 30.0
CRASHED = 70


@dataclass(kw_only=True)
class Play:
    """What a program is given: its arguments, its node's label, and whether it has to stop."""

    arguments: Sequence[str]
    system: str
    said: list[str] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)


Program = Callable[[Play], int]
"""Plays the kit on a node: writes the archive that its arguments name, returns the exit code."""


@dataclass(kw_only=True)
class _Busy:
    cell: CellOrder
    play: Play
    archive: Path
    begun: float
    thread: threading.Thread
    code: int | None = None


class FakeFleet:
    """Every label of ``nodes`` is a node that is there; ``sent`` holds every order that was new."""

    def __init__(
        self, program: Program, *, nodes: Sequence[str], inbox: Path, kit: str = ""
    ) -> None:
        self.program = program
        self.sent: list[CellOrder] = []
        self.kits = dict.fromkeys(nodes, kit)
        self.answers = True
        self._inbox = inbox
        self._there = set(nodes)
        self._waiting: deque[CellOrder] = deque()
        self._busy: dict[str, _Busy] = {}
        self._ended: list[CellEnd] = []

    # what tests do to it

    def lose(self, system: str) -> None:
        """The node is gone, in the middle of what it does."""
        self._there.discard(system)
        if busy := self._end(system):
            lost = f"the node {system} is gone"
            self._ended.append(_cell_end(busy, Ending.LOST, reason=lost))

    def bring_back(self, system: str) -> None:
        """The node is there again, or for the first time."""
        self.kits.setdefault(system, next(iter(self.kits.values()), ""))
        self._there.add(system)

    # what it promises

    def version(self) -> str:
        return "FakeFleet 1"

    def systems(self) -> Mapping[str, Member]:
        self._demand_answer()
        return {
            each: Member(system=each, node=f"node of {each}", kit=self.kits[each])
            for each in sorted(self._there)
        }

    def send(self, cell: CellOrder) -> None:
        self._demand_answer()
        known = [*self._waiting, *(busy.cell for busy in self._busy.values())]
        if cell.id not in {each.id for each in known}:
            self.sent.append(cell)
            self._waiting.append(cell)

    def poll(self, wait_s: float) -> list[CellEnd]:
        self._demand_answer()
        until = time.monotonic() + wait_s
        while True:
            self._start()
            for system, busy in list(self._busy.items()):
                late = time.monotonic() - busy.begun > busy.cell.timeout_s
                if busy.code is not None or late:
                    self._end(system)
                    self._ended.append(self._judged(busy, late=late))
            if self._ended or time.monotonic() >= until:
                ended, self._ended = self._ended, []
                return ended
            time.sleep(0.005)

    def cancel(self, *cell_ids: str) -> None:
        self._waiting = deque(cell for cell in self._waiting if cell.id not in cell_ids)
        for system, busy in list(self._busy.items()):
            if busy.cell.id in cell_ids:
                self._end(system)

    def how_to_join(self, system: str) -> str:
        return f"bring_back({system!r})"

    def close(self) -> None:
        self._waiting.clear()
        for system in list(self._busy):
            self._end(system)

    def _demand_answer(self) -> None:
        if not self.answers:
            raise EngineError("the fleet does not answer", detail="a fake", hint="let it answer")

    def _start(self) -> None:
        for cell in list(self._waiting):
            if cell.system in self._there and cell.system not in self._busy:
                self._waiting.remove(cell)
                self._busy[cell.system] = self._begin(cell)

    def _begin(self, cell: CellOrder) -> _Busy:
        folder = self._inbox / "nodes" / cell.system
        folder.mkdir(parents=True, exist_ok=True)
        archive = folder / f"{cell.id}.result"
        archive.unlink(missing_ok=True)
        play = Play(
            arguments=[each.replace(ARCHIVE, str(archive)) for each in cell.arguments],
            system=cell.system,
        )

        def work() -> None:
            try:
                busy.code = self.program(play)
            except BaseException:
                busy.code = CRASHED
                raise

        thread = threading.Thread(target=work, daemon=True, name=f"cell {cell.id}")
        busy = _Busy(cell=cell, play=play, archive=archive, begun=time.monotonic(), thread=thread)
        thread.start()
        return busy

    def _end(self, system: str) -> _Busy | None:
        """Let the node's program come to its end, if it runs one."""
        busy = self._busy.pop(system, None)
        if busy is not None:
            busy.play.stopping.set()
            busy.thread.join(END_S)
            assert not busy.thread.is_alive(), f"the cell {busy.cell.id} hangs"
        return busy

    def _judged(self, busy: _Busy, *, late: bool) -> CellEnd:
        if late:
            limit = f"it took longer than {busy.cell.timeout_s:g} s"
            return _cell_end(busy, Ending.FAILED, reason=limit)
        if busy.code != 0:
            return _cell_end(busy, Ending.FAILED, code=busy.code, reason=f"exit code {busy.code}")
        if not busy.archive.is_file():
            return _cell_end(busy, Ending.FAILED, code=0, reason="it ended without its result")
        archive = self._inbox / f"{busy.cell.id}.tar"
        busy.archive.replace(part_of(archive))
        part_of(archive).replace(archive)
        return _cell_end(busy, Ending.DONE, code=0, archive=archive)


def _cell_end(
    busy: _Busy,
    kind: Ending,
    *,
    reason: str = "",
    code: int | None = None,
    archive: Path | None = None,
) -> CellEnd:
    return CellEnd(
        id=busy.cell.id,
        kind=kind,
        node=f"node of {busy.cell.system}",
        seconds=time.monotonic() - busy.begun,
        exit_code=code,
        archive=archive,
        reason=reason,
        tail=tuple(busy.play.said[-TAIL_LINES:]),
    )
