"""Follows one system through its cells: which is next, and what its end means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from submission.campaign.cells import CellStage, SystemPlan, cell_order
from submission.campaign.result import Arrived, CellResult, opened_result
from submission.errors import KitError, StageError
from submission.files import recover_folder, sha256_of
from submission.fleet.protocol import CellEnd, CellOrder, Ending
from submission.pipeline.plan import Verb, decide
from submission.pipeline.run import Show
from submission.pipeline.stamp import Seen, seen_by, stamp_path, write_stamp
from submission.workspace.campaign import Campaign


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
    """The cell that is on its way, and what was known of its inputs when it was sent."""

    cell: CellStage
    order: CellOrder
    seen: Seen
    image: str | None


class Walk:
    """One system: its cells in order, one at a time; the cells of other systems do not matter.

    ``before`` is what the record of an earlier start says of the cells: where and how long.
    """

    def __init__(
        self,
        campaign: Campaign,
        plan: SystemPlan,
        show: Show,
        *,
        before: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    ) -> None:
        self.plan = plan
        self.progress = {cell.name: _as_before(before.get(cell.name, {})) for cell in plan.cells}
        self.failures: list[KitError] = []
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

    def advance(self) -> CellOrder | None:
        """Pass over cells that are up to date or cannot run; the next one to send, if any."""
        if self._sent is not None:
            return None
        cells = self.plan.cells
        while self._next < len(cells):
            cell, number = cells[self._next], self._next + 1
            self._next += 1
            if cause := self._blocked_by(cell):
                self._leave_out(cell, number, cause)
                continue
            for output in cell.outputs():
                recover_folder(output)
            action = decide(cell, self.plan.stamps)
            if action.verb is not Verb.SKIP and self._gone:
                self._leave_out(cell, number, self._gone)
                continue
            self._show.stage_begins(number, len(cells), action)
            if action.verb is Verb.SKIP:
                self._set(cell, CellState.UP_TO_DATE)
                continue
            return self._send(cell)
        return None

    def _leave_out(self, cell: CellStage, number: int, cause: str) -> None:
        self._set(cell, CellState.BLOCKED, reason=f"{cause} failed")
        self._show.stage_blocked(number, len(self.plan.cells), cell.name, cause)

    def _send(self, cell: CellStage) -> CellOrder:
        order = cell_order(self._campaign, self.plan, cell)
        seen = seen_by(cell, self.plan.stamps.base)
        self._sent = _Sent(
            cell=cell, order=order, seen=seen, image=self.plan.context.known_image_id()
        )
        self.progress[cell.name] = CellProgress(state=CellState.SENT, attempts=1)
        return order

    def _set(self, cell: CellStage, state: CellState, *, reason: str = "") -> None:
        known = self.progress[cell.name]
        known.state, known.reason = state, reason

    def _blocked_by(self, cell: CellStage) -> str | None:
        stopped = {CellState.FAILED, CellState.LOST, CellState.BLOCKED}
        return next((n for n in cell.needs if self.progress[n].state in stopped), None)

    def on_node(self, node: str, words: str) -> None:
        """Say that the cell is still on its way."""
        if self._sent is not None:
            self.progress[self._sent.cell.name].node = node
            self._show.progress(None, words)

    def ended(self, end: CellEnd) -> CellOrder | None:
        """Take the end of the cell that was sent; a lost one is returned to be sent again."""
        assert self._sent is not None
        cell = self._sent.cell
        known = self.progress[cell.name]
        known.node, known.seconds = end.node, end.seconds
        if end.kind is Ending.LOST:
            known.reason = end.reason
            if known.attempts <= self._campaign.retries:
                self._show.line(
                    f"lost on {end.node} ({end.reason}); repeated there when it is back "
                    f"({known.attempts} of {self._campaign.retries})"
                )
                known.attempts += 1
                return self._sent.order
            self._over(self._lost_too_often(end), end.seconds, CellState.LOST)
            return None
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
        return None

    def give_up(self, hint: str) -> None:
        """No node carries the system's label for too long: fail this cell and leave the rest."""
        assert self._sent is not None
        label, after = self.plan.system.label, self._campaign.lost_after_s
        self._gone = self._sent.cell.name
        error = StageError(
            f"{self.plan.name}: {self._sent.cell.name} waits for a node that is not there",
            detail=f"no node has carried the label {label} for {after:g} s",
            hint=f"{hint}; then run the same command again",
        )
        self._over(error, 0.0, CellState.LOST)

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
        cell = self._sent.cell
        self._set(cell, state, reason=error.what if error else "")
        if error is not None:
            self.failures.append(error)
        self._sent = None
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
        cell, workspace = sent.cell, self.plan.context.workspace
        if end.kind is Ending.FAILED or end.archive is None:
            return failure_of(self.plan.name, cell.name, end)
        try:
            arrived = opened_result(end.archive, cell.name, workspace.out, cell.outputs())
            try:
                self._demand_same_system(sent, arrived)
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

    def _demand_same_system(self, sent: _Sent, arrived: Arrived) -> None:
        """The kit, the image and the runs are those of the cells before; raises StageError."""
        result, cell = arrived.result, sent.cell
        if result.checkout != cell.mattering["checkout"]:
            raise StageError(
                f"{cell.name} ran with another version of the kit",
                detail=f"its sources have the digest {result.checkout[:16]} there, "
                f"{cell.mattering['checkout'][:16]} here",
                hint="leave both checkouts alone while a campaign runs, and start it again",
            )
        if cell.reads and result.image != sent.image:
            # the first cell then runs again, and with it all that the image is an input of
            image = self.plan.cells[0]
            stamp_path(self.plan.stamps.path, image).unlink(missing_ok=True)
            raise StageError(
                f"{cell.name} ran in another image than the runs before it",
                detail=f"{str(result.image)[:19]} there, {str(sent.image)[:19]} before",
                hint="run the same command again: it measures everything in the new image",
            )
        self._demand_same_runs(result, cell)

    def _demand_same_runs(self, result: CellResult, cell: CellStage) -> None:
        """A tree must be made of the runs that came back, not of later ones."""
        for path in cell.reads[1:]:
            name = path.relative_to(self.plan.context.workspace.out).as_posix()
            if result.runs.get(name) != sha256_of(path):
                raise StageError(
                    f"{cell.name} was made of other runs than those that came back",
                    detail=f"{name} differs: the system measured again in between",
                    hint=f"remove {self.plan.stamps.path} and run the same command again: it "
                    "takes over the runs of the system",
                )


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
