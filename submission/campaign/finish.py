"""The end of a campaign: the trees of its systems joined, checked and packed."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from submission.files import part_of, replace_folder
from submission.pipeline.plan import in_order
from submission.pipeline.stage import Reporter, Stage
from submission.runs.context import Context
from submission.stages.base import StageBase, submission_names
from submission.stages.layout import keep_edited
from submission.stages.pack import Check, Pack
from submission.stages.trees import held, set_aside
from submission.tree.contents import NamedTree
from submission.tree.join import join_trees
from submission.wording import counted


@dataclass(frozen=True)
class JoinTrees(StageBase):
    """One tree of the trees of all systems."""

    trees: Mapping[str, Path] = field(default_factory=dict)

    name = "join"

    def settings(self) -> Mapping[str, Any]:
        """Whose trees they are."""
        return {"systems": sorted(self.trees)}

    def inputs(self) -> tuple[Path, ...]:
        """The tree of each system."""
        return tuple(self.trees.values())

    def outputs(self) -> tuple[Path, ...]:
        return (self.context.workspace.tree_folder(),)

    def run(self, report: Reporter) -> None:
        """Join beside the place of the tree, then replace it; raises UsageError."""
        tree = self.context.workspace.tree_folder()
        joined = part_of(tree)
        shutil.rmtree(joined, ignore_errors=True)
        sources = [NamedTree(name=name, root=root) for name, root in self.trees.items()]
        done = join_trees(sources, joined, warn=report.line)
        kept = keep_edited(tree)
        if kept:
            report.line(f"the tree was edited by hand: moved to {kept}")
        layout = submission_names(self.context).layout
        if aside := set_aside(self.context, held(joined, layout)):
            report.line(f"the tree that was here holds other results: moved to {aside}")
        replace_folder(joined, tree)
        results, systems = counted(done.results, "result"), counted(len(done.systems), "system")
        report.figure(f"{results} of {systems}, {counted(done.files, 'file')}")


@dataclass(frozen=True)
class CheckJoined(Check):
    """The rules' verdict on the joined tree."""

    @property
    def needs(self) -> tuple[str, ...]:
        return ("join",)


def finishing_stages(context: Context, trees: Mapping[str, Path]) -> list[Stage]:
    """join, check, pack; ``trees`` are those of the systems by name."""
    return in_order([JoinTrees(context, trees=trees), CheckJoined(context), Pack(context)])
