"""Runs a campaign: sends cells, takes over what comes back, and keeps the record of it.

One process, one thread. Everything that is done is a stamp in the workspace of its system, so the
process may be killed at any time and started again; the record is for people (``status``).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from submission.campaign.cells import CellPlan
from submission.campaign.walk import Walk
from submission.errors import KitError, UsageError, UserStopError
from submission.files import read_json, write_json, write_text
from submission.fleet.protocol import CellEnd, Ending, Fleet, Member
from submission.pipeline.run import Show
from submission.workspace.campaign import CampaignFile

POLL_S = 1.0
RECORD = "record.json"


@dataclass(frozen=True, kw_only=True)
class CampaignOutcome:
    """How many cells ran and were up to date, and the failures by system."""

    ran: int
    up_to_date: int
    failures: tuple[KitError, ...]


def refuse_other_kits(plans: Sequence[CellPlan], members: Mapping[str, Member], kit: str) -> None:
    """UsageError if the node of a plan is there and says that it has another version of the kit."""
    for plan in plans:
        member = members.get(plan.place.label or "")
        error = _other_kit(plan, member, kit) if member else None
        if error is not None:
            raise error


def _other_kit(plan: CellPlan, member: Member, kit: str) -> UsageError | None:
    if member.kit in {"", kit}:
        return None
    return UsageError(
        f"{plan.name}: the node {member.node} has another version of the kit",
        detail=f"its sources have the digest {member.kit[:16]} there, {kit[:16]} here",
        hint="bring both checkouts to the same commit, and start the node's agent again",
    )


class Coordinator:
    """One start of a campaign.

    ``show`` gives each system its lines; ``kit`` is the fingerprint of the coordinator's kit;
    ``folder`` holds the record and the outputs of failed cells. ``now`` is a clock in seconds.
    """

    def __init__(
        self,
        campaign: CampaignFile,
        plans: Sequence[CellPlan],
        fleet: Fleet,
        *,
        show: Callable[[str], Show],
        kit: str,
        folder: Path,
        now: Callable[[], float] = time.monotonic,
        poll_s: float = POLL_S,
    ) -> None:
        self._campaign = campaign
        self._fleet = fleet
        before = read_record(folder).get("systems", {})
        self._walks = [
            Walk(
                campaign,
                plan,
                show(plan.name),
                before=cells_of(before.get(plan.name)),
                label=_label_of(before.get(plan.name)),
            )
            for plan in plans
        ]
        self._kit = kit
        self._folder = folder
        self._now = now
        self._poll_s = poll_s
        self._begun: dict[str, float] = {}
        self._absent: dict[str, float] = {}

    def run(self) -> CampaignOutcome:
        """Bring every cell up to date; a failure stops what needs the cell, and nothing else.

        Raises UserStopError after all cells that were on their way are cancelled, and EngineError
        if the engine no longer answers: what is done is stamped, what is on its way is lost.
        """
        try:
            self._loop()
        except KeyboardInterrupt as stop:
            self._cancel_all()
            raise UserStopError(
                "the campaign was stopped",
                detail="what ran on its systems was cancelled",
                hint="run the same command again to resume",
            ) from stop
        finally:
            # a full disk must not hide what ended the campaign
            with suppress(OSError):
                self._write_record(over=True)
        states = [each for walk in self._walks for each in walk.progress.values()]
        return CampaignOutcome(
            ran=sum(each.state == "done" for each in states),
            up_to_date=sum(each.state == "up to date" for each in states),
            failures=tuple(error for walk in self._walks for error in walk.failures),
        )

    def _cancel_all(self) -> None:
        """Cancel what is on its way; what the engine does not end stays in the record."""
        on_their_way = {walk.sent.id: walk for walk in self._walks if walk.sent is not None}
        self._fleet.cancel(*on_their_way)
        for walk in on_their_way.values():
            walk.cancelled()

    def _loop(self) -> None:
        while True:
            members = self._fleet.systems()
            for walk in self._walks:
                self._advance(walk, members)
            if all(walk.finished for walk in self._walks):
                return
            self._write_record()
            self._look_for_nodes(members)
            for end in self._fleet.poll(self._poll_s):
                self._take(end)

    def _advance(self, walk: Walk, members: Mapping[str, Member]) -> None:
        def choose() -> str | None:
            busy = {each.sent.system for each in self._walks if each.sent is not None}
            usable = {k: each for k, each in members.items() if each.kit in {"", self._kit}}
            return walk.plan.place.choose(usable, busy, walk.label)

        order = walk.advance(choose)
        if order is not None:
            self._begun[walk.plan.name] = self._now()
            self._absent.pop(walk.plan.name, None)
            self._fleet.send(order)

    def _look_for_nodes(self, members: Mapping[str, Member]) -> None:
        """See whose node is not there; after ``lost_after_s`` without one a plan is given up."""
        for walk in self._walks:
            if walk.sent is None and not walk.waits:
                continue
            name, now = walk.plan.name, self._now()
            if lacks := walk.lacks(members):
                since = self._absent.setdefault(name, now)
                walk.on_node("", f"waits for {lacks}")
                if now - since > self._campaign.lost_after_s:
                    self._absent.pop(name)
                    if walk.sent is not None:
                        self._fleet.cancel(walk.sent.id)
                    walk.missing(lacks, self._fleet)
                continue
            self._absent.pop(name, None)
            if walk.sent is None:
                walk.on_node("", "waits for a node that is free")
                continue
            member = members[walk.sent.system]
            error = _other_kit(walk.plan, member, self._kit)
            if error is not None:
                self._fleet.cancel(walk.sent.id)
                walk.refuse(error)
                continue
            walk.on_node(member.node, f"sent to {member.node}")

    def _take(self, end: CellEnd) -> None:
        for walk in self._walks:
            if walk.sent is not None and walk.sent.id == end.id:
                if end.kind is Ending.FAILED:
                    self._keep_output(end)
                walk.ended(end)
                return

    def _keep_output(self, end: CellEnd) -> None:
        write_text(self._folder / f"{end.id}.log", "\n".join(end.tail) + "\n")

    def _write_record(self, *, over: bool = False) -> None:
        write_json(self._folder / RECORD, self._record(over=over))

    def _record(self, *, over: bool) -> dict[str, Any]:
        now = self._now()
        return {
            "version": 1,
            "campaign": self._campaign.name,
            "engine": self._fleet.version(),
            "process": os.getpid(),
            "written": datetime.now(UTC).isoformat(timespec="seconds"),
            "over": over,
            "systems": {
                walk.plan.name: {
                    "label": walk.plan.place.label or walk.label,
                    "cell": walk.sent.id if walk.sent else None,
                    "since_s": round(now - self._begun[walk.plan.name], 1) if walk.sent else None,
                    "cells": {name: asdict(each) for name, each in walk.progress.items()},
                }
                for walk in self._walks
            },
        }


def read_record(folder: Path) -> dict[str, Any]:
    """The record of the last start of the campaign in ``folder``; empty if there is none."""
    try:
        value = read_json(folder / RECORD)
        if isinstance(value, dict) and isinstance(value.get("systems"), dict):
            return value
    except (OSError, ValueError):
        pass
    return {}


def _label_of(system: object) -> str:
    """The label of the node that had the cells of a plan last; empty if it is unknown."""
    label = system.get("label") if isinstance(system, dict) else None
    return label if isinstance(label, str) else ""


def cells_of(system: object) -> dict[str, Any]:
    """The cells of one system of a record, by stage; empty for what is no such system."""
    cells = system.get("cells") if isinstance(system, dict) else None
    found = cells.items() if isinstance(cells, dict) else ()
    return {k: v for k, v in found if isinstance(v, dict)}


def cells_on_their_way(record: Mapping[str, Any]) -> list[str]:
    """The ids of cells that the last start left on their way, if it was killed."""
    systems = record.get("systems", {}).values()
    return [each["cell"] for each in systems if isinstance(each, dict) and each.get("cell")]


def forget_cells_on_their_way(folder: Path) -> None:
    """Write into the record of ``folder`` that nothing is on its way: it was cancelled."""
    record = read_record(folder)
    for each in record.get("systems", {}).values():
        if isinstance(each, dict):
            each["cell"] = each["since_s"] = None
    write_json(folder / RECORD, record)
