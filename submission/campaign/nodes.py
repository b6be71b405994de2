"""Where cells run: on the node of one system, or on any node that has what they ask for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from submission.fleet.protocol import Fleet, Member
from submission.wording import counted, listed_words


class NodeChoice(Protocol):
    """A rule for the label of a node; ``members`` are the nodes that are there, by label."""

    @property
    def label(self) -> str | None:
        """The only label that it allows; None if several may do."""

    def choose(
        self, members: Mapping[str, Member], busy: Collection[str], before: str
    ) -> str | None:
        """The label to send a cell to now, if there is one.

        ``busy`` are the labels that have a cell, ``before`` is the one that had this cell last.
        """

    def lacks(self, members: Mapping[str, Member]) -> str:
        """What no node that is there has, in words; empty if a node fits, busy or not."""

    def words(self, members: Mapping[str, Member]) -> str:
        """Where a cell would run, for a plan."""

    def how_to_join(self, fleet: Fleet) -> str:
        """What makes a machine such a node, for the hint of an error."""


@dataclass(frozen=True, kw_only=True)
class OneNode:
    """The node that carries a label; a cell is sent to it although it may not be there."""

    label: str

    def choose(
        self, members: Mapping[str, Member], busy: Collection[str], before: str
    ) -> str | None:
        """Always the label: cells of one system wait in its queue."""
        del members, busy, before
        return self.label

    def lacks(self, members: Mapping[str, Member]) -> str:
        """That the label is not there."""
        return "" if self.label in members else f"a node with the label {self.label}"

    def words(self, members: Mapping[str, Member]) -> str:
        """The node, or that there is none."""
        if self.label in members:
            return f"on {members[self.label].node}"
        return f"no node carries the label {self.label}"

    def how_to_join(self, fleet: Fleet) -> str:
        """The engine's own words."""
        return fleet.how_to_join(self.label)


@dataclass(frozen=True, kw_only=True)
class AnyNode:
    """A node with that many cores and GPUs that has no cell; ``among`` bounds the labels.

    Where the engine does not say what a node has, the node is taken to have it.
    """

    cores: int = 1
    gpus: int = 0
    among: tuple[str, ...] = ()

    label = None

    def choose(
        self, members: Mapping[str, Member], busy: Collection[str], before: str
    ) -> str | None:
        """The node that had the cell, else the fitting one with the least to spare."""
        fitting = {
            label: each
            for label, each in self._allowed(members).items()
            if label not in busy and self._fits(each)
        }
        if before in fitting:
            return before
        # GPUs are left to the cells that ask for them
        return min(fitting, key=lambda each: (fitting[each].gpus or 0, each), default=None)

    def lacks(self, members: Mapping[str, Member]) -> str:
        """What was asked for, and what there is in its place."""
        there = self._allowed(members)
        if any(self._fits(each) for each in there.values()):
            return ""
        has = [f"{label} has {_resources(each.cores, each.gpus)}" for label, each in there.items()]
        return f"a node with {_resources(self.cores, self.gpus)}; " + (
            listed_words(has) if has else "no node is there"
        )

    def words(self, members: Mapping[str, Member]) -> str:
        """The nodes that have what is asked for, or what is missing."""
        if lacks := self.lacks(members):
            return f"waits for {lacks}"
        fitting = [label for label, each in self._allowed(members).items() if self._fits(each)]
        return f"on {' or '.join(fitting)}"

    def how_to_join(self, fleet: Fleet) -> str:
        """Another node, or a smaller request."""
        how = fleet.how_to_join(self.among[0] if self.among else "NAME")
        return f'let a node join that has it, or ask for less ("cores", "gpus"): {how}'

    def _allowed(self, members: Mapping[str, Member]) -> dict[str, Member]:
        return {
            label: each for label, each in members.items() if not self.among or label in self.among
        }

    def _fits(self, node: Member) -> bool:
        return (node.cores is None or node.cores >= self.cores) and (
            node.gpus is None or node.gpus >= self.gpus
        )


def _resources(cores: int | None, gpus: int | None) -> str:
    words = ["an unknown number of cores" if cores is None else counted(cores, "core")]
    if gpus:
        words.append(counted(gpus, "GPU"))
    return " and ".join(words) if gpus else f"{words[0]} and no GPU" if gpus == 0 else words[0]
