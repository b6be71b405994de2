"""Follows one plan through its cells: which is next, and what its end means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from submission.campaign.cells import CellPlan, CellStage, Check, cell_order
from submission.campaign.result import opened_result
from submission.errors import KitError, StageError
from submission.files import recover_folder
from submission.fleet.protocol import CellEnd, CellOrder, Ending, Fleet, Member
from submission.pipeline.plan import Verb, decide
from submission.pipeline.run import Show
from submission.pipeline.stamp import Seen, seen_by, write_stamp
from submission.workspace.campaign import CampaignFile


class CellState(StrEnum):
    """Where a cell of this start stands; the names stand in the campaign's record."""

    WAITING = "waiting"
    SENT = "sent"
    DONE = "done"
    UP_TO_DATE = "up to date"
    FAILED = "failed"
    LOST = "lost"
    BLOCKED = "left out"


@dataclass(kw_only=True)
class CellProgress:
    """What this start knows of one cell; ``attempts`` counts how often it was sent."""

    state: CellState = CellState.WAITING
    attempts: int = 0
    node: str = ""
    seconds: float = 0.0
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class _Sent:
    """The cell that is on its way, its inputs when it was sent, and the check of its result."""

    cell: CellStage
    order: CellOrder
    seen: Seen
    check: Check


class Walk:
    """One plan: its cells in order, one at a time; the cells of other plans do not matter.

    ``before`` is what the record of an earlier start says of the cells: where and how long.
    ``label`` is that of the node which had a cell of this plan last.
    """

    def __init__(
        self,
        campaign: CampaignFile,
        plan: CellPlan,
        show: Show,
        *,
        before: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
        label: str = "",
    ) -> None:
        self.plan = plan
        self.progress = {cell.name: _as_before(before.get(cell.name, {})) for cell in plan.cells}
        self.failures: list[KitError] = []
        self.label = label
        self.waits = False
        self._campaign = campaign
        self._show = show
        self._next = 0
        self._sent: _Sent | None = None
        self._gone = ""

    @property
    def sent(self) -> CellOrder | None:
        """The cell that is on its way."""
        return self._sent.order if self._sent else None

    @property
    def finished(self) -> bool:
        """Whether nothing is on its way and nothing is left to send."""
        return self._sent is None and self._next >= len(self.plan.cells)

    def lacks(self, members: Mapping[str, Member]) -> str:
        """What the cell that is sent or waits needs and no node that is there has; in words."""
        if self._sent is not None:
            gone = self._sent.order.system not in members
            return f"a node with the label {self._sent.order.system}" if gone else ""
        return self.plan.place.lacks(members) if self.waits else ""

    def advance(self, choose: Callable[[], str | None]) -> CellOrder | None:
        """Pass over cells that are up to date or cannot run; the next one to send, if any.

        ``choose`` gives the label of its node. Without one the cell ``waits``.
        """
        if self._sent is not None:
            return None
        cells = self.plan.cells
        while self._next < len(cells):
            if not self.waits and not self._has_to_run(cells[self._next]):
                self._next += 1
                continue
            label = choose()
            self.waits = label is None
            return None if label is None else self._send(cells[self._next], label)
        return None

    def _has_to_run(self, cell: CellStage) -> bool:
        number, of = self._next + 1, len(self.plan.cells)
        if cause := self._blocked_by(cell):
            self._leave_out(cell, number, cause)
            return False
        for output in cell.outputs():
            recover_folder(output)
        action = decide(cell, self.plan.stamps)
        if action.verb is not Verb.SKIP and self._gone:
            self._leave_out(cell, number, self._gone)
            return False
        self._show.stage_begins(number, of, action)
        if action.verb is Verb.SKIP:
            self._set(cell, CellState.UP_TO_DATE)
            return False
        self.waits = True
        return True

    def _leave_out(self, cell: CellStage, number: int, cause: str) -> None:
        self._set(cell, CellState.BLOCKED, reason=f"{cause} failed")
        self._show.stage_blocked(number, len(self.plan.cells), cell.name, cause)

    def _send(self, cell: CellStage, label: str) -> CellOrder:
        order = cell_order(self._campaign, self.plan, cell, label)
        seen = seen_by(cell, self.plan.stamps.base)
        self._sent = _Sent(cell=cell, order=order, seen=seen, check=cell.expect())
        self.label = label
        attempts = self.progress[cell.name].attempts + 1
        self.progress[cell.name] = CellProgress(state=CellState.SENT, attempts=attempts)
        self._next += 1
        return order

    def _set(self, cell: CellStage, state: CellState, *, reason: str = "") -> None:
        known = self.progress[cell.name]
        known.state, known.reason = state, reason

    def _blocked_by(self, cell: CellStage) -> str | None:
        stopped = {CellState.FAILED, CellState.LOST, CellState.BLOCKED}
        return next((n for n in cell.needs if self.progress[n].state in stopped), None)

    def on_node(self, node: str, words: str) -> None:
        """Say that the cell is still on its way, or what it waits for."""
        if self._sent is not None:
            self.progress[self._sent.cell.name].node = node
        self._show.progress(None, words)

    def ended(self, end: CellEnd) -> None:
        """Take the end of the cell that was sent; a lost one waits to be sent again."""
        assert self._sent is not None
        cell = self._sent.cell
        known = self.progress[cell.name]
        known.node, known.seconds = end.node, end.seconds
        if end.kind is Ending.LOST:
            known.reason = end.reason
            if known.attempts <= self._campaign.retries:
                where = "there when it is back" if self.plan.place.label else "on a node that fits"
                self._show.line(
                    f"lost on {end.node} ({end.reason}); repeated {where} "
                    f"({known.attempts} of {self._campaign.retries})"
                )
                self._sent, self.waits = None, True
                self._next -= 1
                return
            self._over(self._lost_too_often(end), end.seconds, CellState.LOST)
            return
        try:
            error = self._taken_over(self._sent, end)
        except OSError as problem:
            error = StageError(
                f"{self.plan.name}: the result of {cell.name} could not be written here",
                detail=f"{problem.strerror or problem}: {problem.filename or self.plan.name}",
                hint="free some space and run the same command again: the system has the result",
            )
        if end.archive is not None:
            end.archive.unlink(missing_ok=True)
        self._over(error, end.seconds, CellState.FAILED if error else CellState.DONE)

    def missing(self, lacks: str, fleet: Fleet) -> None:
        """What the cell ``lacks`` did not come: wait for another node, or leave out what is left.

        The cell must have been cancelled where it was sent.
        """
        if self._sent is not None and self.plan.place.label is None:
            node = self._sent.order.system
            reason = f"it did not come for {self._campaign.lost_after_s:g} s"
            self.ended(
                CellEnd(
                    id=self._sent.order.id, kind=Ending.LOST, node=node, seconds=0.0, reason=reason
                )
            )
            return
        self._give_up(lacks, fleet)

    def _give_up(self, lacks: str, fleet: Fleet) -> None:
        cell, place = self.plan.cells[self._next - bool(self._sent)], self.plan.place
        error = StageError(
            f"{self.plan.name}: {cell.name} waits for a node that is not there",
            detail=f"for {self._campaign.lost_after_s:g} s it has waited for {lacks}",
            hint=f"{place.how_to_join(fleet)}; then run the same command again",
        )
        self._gone = cell.name
        if self._sent is None:
            self._next += 1
        self._end(cell, error, 0.0, CellState.LOST)

    def refuse(self, error: KitError) -> None:
        """Fail the cell that was to be sent, and leave the rest out."""
        assert self._sent is not None
        self._gone = self._sent.cell.name
        self._over(error, 0.0, CellState.FAILED)

    def cancelled(self) -> None:
        """The cell that was sent runs no more, and waits for the next start."""
        assert self._sent is not None
        self._set(self._sent.cell, CellState.WAITING)
        self._sent = None

    def _over(self, error: KitError | None, seconds: float, state: CellState) -> None:
        assert self._sent is not None
        self._end(self._sent.cell, error, seconds, state)

    def _end(
        self, cell: CellStage, error: KitError | None, seconds: float, state: CellState
    ) -> None:
        self._set(cell, state, reason=error.what if error else "")
        if error is not None:
            self.failures.append(error)
        self._sent, self.waits = None, False
        self._show.stage_ends(cell.name, seconds, error)

    def _lost_too_often(self, end: CellEnd) -> StageError:
        times = self._campaign.retries + 1
        assert self._sent is not None
        return StageError(
            f"{self.plan.name}: {self._sent.cell.name} was lost on its node",
            detail=f"{end.node}: {end.reason}; sent {times} times",
            hint="see what ends the node, then run the same command again; what is done stays done",
        )

    def _taken_over(self, sent: _Sent, end: CellEnd) -> KitError | None:
        """Unpack, compare, rename, stamp; the error if the cell or its result is not good."""
        cell = sent.cell
        if end.kind is Ending.FAILED or end.archive is None:
            return failure_of(self.plan.name, cell.name, end)
        try:
            arrived = opened_result(end.archive, cell.name, self.plan.out, cell.outputs())
            try:
                sent.check(arrived.result)
            except KitError:
                arrived.drop()
                raise
        except KitError as error:
            return StageError(
                f"{self.plan.name}: {error.what}", detail=error.detail, hint=error.hint
            )
        if arrived.result.figure:
            self._show.figure(arrived.result.figure)
        arrived.take_over()
        write_stamp(self.plan.stamps.path, cell, sent.seen, base=self.plan.stamps.base)
        return None


def _as_before(known: Mapping[str, Any]) -> CellProgress:
    """Node and time of an earlier start, which are those of a cell that is up to date."""
    node, seconds = known.get("node"), known.get("seconds")
    return CellProgress(
        node=node if isinstance(node, str) else "",
        seconds=float(seconds) if isinstance(seconds, int | float) else 0.0,
    )


def failure_of(system: str, cell: str, end: CellEnd) -> StageError:
    """The error of a cell that failed: the three lines that the kit said there, if it did."""
    labels = ("error: ", "  detail: ", "  hint:   ")
    lines = list(end.tail)
    for at in range(len(lines) - len(labels), -1, -1):
        if all(line.startswith(label) for line, label in zip(lines[at:], labels, strict=False)):
            what, detail, hint = (
                line.removeprefix(label) for line, label in zip(lines[at:], labels, strict=False)
            )
            return StageError(f"{system}: {what}", detail=detail, hint=hint)
    last = next((line.strip() for line in reversed(lines) if line.strip()), "no output")
    return StageError(
        f"{system}: {cell} failed on {end.node}",
        detail=f"{end.reason}; the last line of its output: {last}",
        hint="it is not repeated by itself: see its output beside the campaign's record, and run "
        "the same command again",
    )
