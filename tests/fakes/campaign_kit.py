"""Plays the kit on the nodes of a FakeFleet: outputs are made up, archives are real."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from submission.campaign.result import write_result
from submission.campaign.systems import SystemPlan
from submission.files import read_json, sha256_of, write_json, write_text
from submission.workspace.folders import METADATA
from tests.fakes.fleet import Play

SAID = ("engine: a fake", "error: the run is INVALID", "  detail: too slow", "  hint:   be fast")


class FakeKit:
    """A program for a FakeFleet; ``plans`` are those of the systems, by their labels.

    ``invalid`` holds the stages that fail, by label; ``before`` is called with each play before it
    does anything, ``facts`` changes what the record of a result says.
    """

    def __init__(self, plans: Mapping[str, SystemPlan], folder: Path) -> None:
        self.plans = plans
        self.folder = folder
        self.invalid: set[tuple[str, str]] = set()
        self.image = "sha256:first"
        self.before: Callable[[str, Play], None] = lambda stage, play: None
        self.facts: dict[str, Any] = {}
        self.extra: dict[str, str] = {}
        self.ran: list[tuple[str, str]] = []

    def __call__(self, play: Play) -> int:
        words = list(play.arguments)
        assert words[0] in {"run-cell", "run-bench-cell"}
        stage, options = words[1], dict(zip(words[2::2], words[3::2], strict=False))
        self.before(stage, play)
        self.ran.append((play.system, stage))
        if (play.system, stage) in self.invalid:
            play.said.extend(SAID)
            return 3
        plan, node = self.plans[play.system], self.folder / play.system
        cell = next(each for each in plan.cells if each.name == stage)
        out = plan.context.workspace.out
        made = [node / path.relative_to(out) for path in cell.makes]
        for path in made:
            self._make(path, stage)
        for name, text in self.extra.items():
            write_text(node / name, text)
        runs = node.rglob(METADATA)
        image = node / plan.context.workspace.image_file().relative_to(out)
        facts = {
            "stage": stage,
            "checkout": options["--checkout"],
            "image": read_json(image)["id"],
            "host": play.system,
            "runs": {path.relative_to(node).as_posix(): sha256_of(path) for path in runs},
            "figure": "",
            **self.facts,
        }
        extra = [node / name for name in self.extra]
        write_result(Path(options["--result"]), node, [*made, *extra], facts)
        return 0

    def _make(self, path: Path, stage: str) -> None:
        if not path.suffix:
            shutil.rmtree(path, ignore_errors=True)
            write_json(path / METADATA, {"stage": stage, "number": len(self.ran)})
            write_text(path / "log" / "detail.txt", stage)
        elif stage == "image":
            write_json(path, {"id": self.image})
        else:
            write_text(path, stage)
