"""What a campaign asks of an engine that reaches several systems.

A *cell* is one command line of the kit, run in the checkout of the node that carries the cell's
system. The node's program for it is ``<python of the checkout> -m submission``; an adapter only
starts it, waits, and brings one file back. It knows nothing of stages and reads no result.

An adapter promises, and ``tests/contract/test_fleet.py`` asks of each:

- A cell runs on a node that carries the label ``CellOrder.system``, and on no other.
- One cell a system at a time. Further cells of that system wait in the order in which they were
  sent. Cells of different systems may run at the same time, unless they share a machine.
- ``ARCHIVE`` in an argument is replaced by a path on the node, in a folder that is there, of a
  file that is not. A command that ends with 0 has written it; the adapter copies it into its
  ``inbox`` as ``<id>.tar``: to ``.part``, its size and SHA-256 compared with those on the node,
  and then renamed. What was copied is removed from the node.
- Exit code 0 and an archive: ``DONE``. Any other exit code, no archive, an archive that did not
  come whole, and ``timeout_s`` passed: ``FAILED``; neither is repeated by an adapter.
- The node, its agent or the way to it is gone before the end is known: ``LOST``, whatever exit
  code the engine gives. The adapter neither repeats the cell nor moves it to another node.
- A cell whose label no node carries waits until one does. It is never ``LOST`` for that: how long
  to wait is the campaign's decision (``lost_after_s``), which then cancels it.
- ``send`` of an id that is still on its way adopts that cell and starts nothing. An engine whose
  cells outlive the coordinator finds them by that id; one whose cells end with it needs nothing.
- After ``cancel`` the processes of the cells have ended or will within seconds, and ``poll`` does
  not report them. Many cells take no longer than one. Cancelling what is unknown does nothing.
- ``close`` cancels what the coordinator's end would leave unfinished anyway; cells that outlive it
  go on.
- All calls come from one thread. ``poll`` returns after ``wait_s`` at the latest, give or take a
  second, and at once if a cell has ended. An engine that does not answer is an ``EngineError``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

#: in an argument of a cell: where on the node the command writes its result
ARCHIVE = "{archive}"
#: how many of the last lines of a cell's output an adapter keeps
TAIL_LINES = 40


class Ending(StrEnum):
    """How a cell ended; the names stand in the campaign's record and in ``--json``."""

    DONE = "done"
    FAILED = "failed"
    LOST = "lost"


@dataclass(frozen=True, kw_only=True)
class CellOrder:
    """One command of the kit for one system.

    ``id`` (letters, digits and ``._-``) is the same for the same cell of a campaign, also after
    the coordinator was started again. ``arguments`` follow ``python -m submission``.
    """

    id: str
    system: str
    arguments: tuple[str, ...]
    timeout_s: float


@dataclass(frozen=True, kw_only=True)
class CellEnd:
    """How a cell ended. ``archive`` lies in the inbox, for ``DONE`` alone.

    ``exit_code`` is None where the command's end is unknown or it was killed for its time.
    ``reason`` is one line for ``FAILED`` and ``LOST``; ``tail`` the last lines of the command's
    output. ``node`` names the machine for a person; ``seconds`` is the time of the command.
    """

    id: str
    kind: Ending
    node: str
    seconds: float
    exit_code: int | None = None
    archive: Path | None = None
    reason: str = ""
    tail: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Member:
    """A node that is there now: its label, a name for people, the fingerprint of its kit.

    ``kit`` is ``submission.container.context.fingerprint`` of its checkout, as the node's agent
    found it when it started; empty if the engine does not say. ``cores`` and ``gpus`` are what a
    cell may use there; None if the engine does not say.
    """

    system: str
    node: str
    kit: str = ""
    cores: int | None = None
    gpus: int | None = None


class Fleet(Protocol):
    """The systems of an engine, and the cells on them."""

    def version(self) -> str:
        """Name and version in one line, for the campaign's record."""
        ...

    def systems(self) -> Mapping[str, Member]:
        """The nodes that are there now, by label; raises EngineError."""
        ...

    def send(self, cell: CellOrder) -> None:
        """Queue the cell on its system; raises EngineError, and does not wait for it to run."""
        ...

    def poll(self, wait_s: float) -> list[CellEnd]:
        """The cells that ended since the last call, each once; waits for the first of them."""
        ...

    def cancel(self, *cell_ids: str) -> None:
        """Stop cells, or take them out of the queue; raises EngineError when all were tried."""
        ...

    def how_to_join(self, system: str) -> str:
        """The command that makes a machine a node with that label, for an error's hint."""
        ...

    def close(self) -> None:
        """Leave the engine; may be called twice."""
        ...
