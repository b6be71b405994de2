"""What every kind of campaign has in common: cells, where they run, and the plan of a few in order.

A cell is one command of the kit on a node. As a stage of the pipeline it is planned and stamped
here. A kind of cell is a function that makes ``CellStage`` values: what the command is, what the
outcome depends on, what comes back, and what an archive must say to be taken over. Coordinator,
plan and status know no kinds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from submission.campaign.nodes import NodeChoice
from submission.campaign.result import CellResult
from submission.files import json_text
from submission.fleet.protocol import CellOrder
from submission.pipeline.plan import StampFolder
from submission.pipeline.stage import Reporter
from submission.workspace.campaign import CampaignFile

Check = Callable[[CellResult], None]
"""Raises StageError for a result that must not be taken over."""


def any_result(result: CellResult) -> None:
    """The check of a cell whose archive needs only to be whole."""
    del result


def no_check_yet() -> Check:
    return any_result


def no_estimate() -> float | None:
    return None


@dataclass(frozen=True, kw_only=True)
class CellStage:
    """One cell as a stage of the pipeline.

    ``command`` are the kit's arguments, ``mattering`` the part of them that the outcome depends
    on. ``reads`` came back before and are inputs, ``makes`` comes back. ``expect`` is called when
    the cell is sent, and gives the check of its result. ``about_s`` estimates its time.
    """

    name: str
    owner: str
    needs: tuple[str, ...]
    command: tuple[str, ...]
    mattering: Mapping[str, Any]
    reads: tuple[Path, ...]
    makes: tuple[Path, ...]
    revision: int = 1
    expect: Callable[[], Check] = field(default=no_check_yet, repr=False)
    about_s: Callable[[], float | None] = field(default=no_estimate, repr=False)

    def settings(self) -> Mapping[str, Any]:
        """What the outcome depends on."""
        return self.mattering

    def inputs(self) -> tuple[Path, ...]:
        """What came back before and this cell depends on, such as the image and the runs."""
        return self.reads

    def outputs(self) -> tuple[Path, ...]:
        """The files and folders that come back."""
        return self.makes

    def probe(self) -> str | None:
        """The node itself knows more when it is asked."""
        return None

    def run(self, report: Reporter) -> None:
        """Cells are sent by the campaign."""
        del report
        raise AssertionError("a campaign sends its cells; none runs in this process")


@dataclass(frozen=True, kw_only=True)
class CellPlan:
    """Cells that run one after another: where, in which order, and where their stamps lie.

    ``out`` is the workspace here into which their results are taken over. ``remark`` is said with
    the place, such as the cores that are used there.
    """

    name: str
    place: NodeChoice
    out: Path
    cells: tuple[CellStage, ...]
    stamps: StampFolder = field(repr=False)
    remark: str = ""


def command_options(settings: Mapping[str, Any]) -> list[str]:
    """Settings as options of a command, ``--memory-bytes 1`` for ``memory_bytes``."""
    options: list[str] = []
    for key, value in settings.items():
        option = "--" + key.replace("_", "-")
        options += [option] if value is True else [option, str(value)]
    return options


def folder_argument(folder: Path, root: Path) -> str:
    """A folder as an argument for a node: relative to its checkout if it lies in this one."""
    return folder.relative_to(root).as_posix() if folder.is_relative_to(root) else str(folder)


def cell_order(campaign: CampaignFile, plan: CellPlan, cell: CellStage, label: str) -> CellOrder:
    """The cell as a fleet takes it; the same cell has the same id in every start."""
    digest = sha256(json_text(dict(cell.mattering)).encode()).hexdigest()[:8]
    words = f"{campaign.name}-{plan.name}-{cell.name}"
    slug = re.sub(r"[^A-Za-z0-9_.-]+", ".", words).strip(".")
    return CellOrder(
        id=f"{slug}-{digest}",
        system=label,
        arguments=cell.command,
        timeout_s=campaign.cell_timeout_s,
    )
