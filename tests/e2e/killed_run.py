"""Walk the pipeline and die by SIGKILL in the middle of one stage.

usage: killed_run.py ROOT STAGE EVENT   (settings come from the environment, as the kit's)

``EVENT`` says which event inside the stage kills: the n-th file opened for writing, renamed or
removed, or line or progress reported; so that one run can be killed at any chosen point.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any, Never

from submission.cli.runner import settle
from submission.pipeline.lock import locked
from submission.pipeline.plan import Action
from submission.pipeline.run import run
from submission.runs.context import Context
from submission.stages.build import profile_stages
from submission.workspace.resolve import resolve

CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "shutil.rmtree", "os.link"}


class Killer:
    """Counts what happens inside the victim stage and ends the process at the chosen event."""

    def __init__(self, victim: str, event: int) -> None:
        self._victim, self._left = victim, event
        self._inside = False

    def stage_begins(self, number: int, total: int, action: Action) -> None:
        self._inside = action.stage.name == self._victim and action.verb != "skip"

    def stage_ends(self, name: str, seconds: float, error: Exception | None) -> None:
        if error is not None:
            raise error
        self._inside = False

    def stage_blocked(self, number: int, total: int, name: str, failed: str) -> Never:
        raise AssertionError(name)

    def line(self, text: str) -> None:
        self._count()

    def figure(self, text: str) -> None:
        self._count()

    def progress(self, fraction: float, text: str) -> None:
        self._count()

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in CHANGES or (event == "open" and _writes(arguments)):
            self._count()

    def _count(self) -> None:
        if self._inside:
            self._left -= 1
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


def _writes(arguments: tuple[Any, ...]) -> bool:
    mode, flags = arguments[1], arguments[2]
    if isinstance(mode, str) and set(mode) & set("wax+"):
        return True
    return bool(flags and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def main() -> None:
    root, victim, event = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    place = settle(resolve(root, environment=os.environ, arguments={}), os.environ)
    workspace = place.workspace
    context = Context(workspace=workspace, connect=place.engine)
    killer = Killer(victim, event)
    with locked(workspace.out):
        sys.addaudithook(killer.audit)
        run(profile_stages(context), context.stamps, killer)
    sys.exit("the victim stage saw fewer events than that")


main()
