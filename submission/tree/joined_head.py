"""What is written above the texts of several systems: a title, and one table of their results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from submission.errors import KitError
from submission.terms import Mode, Scenario
from submission.tree.contents import Contents
from submission.tree.finished import ClaimedCell, FinishedTree
from submission.tree.grammar import Area, Cell
from submission.tree.texts import render
from submission.wording import counted


@dataclass(frozen=True, kw_only=True)
class JoinedRow:
    """One model on one system; F1 and exact match in percent, rates in samples a second.

    A rate is None where its scenario was not run.
    """

    system: str
    benchmark: str
    submittable: bool
    f1: float
    exact_match: float
    structured_sparsity_percent: float | None
    scheduled: float | None
    completed: float | None
    offline: float | None


def joined_head(trees: Iterable[Contents], path: str, systems: frozenset[str]) -> str:
    """The text above the parts of the README at ``path``, which are about ``systems``.

    That of a submitter has a table of the results that the trees have of these systems; rows
    come from logs, accuracy.txt and manifests. A result without them (a tree that another kit
    made) has no row.
    """
    every = list(trees)
    first = every[0]
    place = first.layout.locate(path)
    division, _, submitter = place.owner.partition("/") if place else ("", "", "")
    title = f"{submitter}: MLPerf Inference {first.round}, {division} division"
    rows: list[JoinedRow] = []
    if place is not None and place.area is None:
        rows = _rows(every, place.owner, systems)
    if place is not None and place.area is Area.CODE:
        title = f"Code of {title}"
    facts = {
        "title": title,
        "systems_in_words": counted(len(systems), "system"),
        "rows": rows,
        "not_submittable": not all(row.submittable for row in rows),
    }
    return render("joined_head", facts)


def _rows(trees: Iterable[Contents], owner: str, systems: frozenset[str]) -> list[JoinedRow]:
    by_model: dict[tuple[str, str], dict[Cell, ClaimedCell]] = {}
    for tree in trees:
        for cell in FinishedTree(root=tree.root, round=tree.round).cells:
            if cell.place.owner == owner and cell.system in systems:
                of_model = by_model.setdefault((cell.system, cell.benchmark), {})
                of_model.setdefault(cell.place, cell)
    every = ([found[place] for place in sorted(found)] for _, found in sorted(by_model.items()))
    return [row for cells in every for row in _row(cells)]


def _row(cells: list[ClaimedCell]) -> Iterator[JoinedRow]:
    first = cells[0]
    try:
        claimed = first.claimed_accuracy
        _, manifest = first.model()
        submittable = all(cell.metadata(Mode.PERFORMANCE)["submittable"] for cell in cells)
        rates = {
            key: _rate(cells, scenario, f"result_{key}")
            for key, scenario in (
                ("scheduled_samples_per_sec", Scenario.SERVER),
                ("completed_samples_per_sec", Scenario.SERVER),
                ("samples_per_second", Scenario.OFFLINE),
            )
        }
    except KitError:
        return
    yield JoinedRow(
        system=first.system,
        benchmark=first.benchmark,
        submittable=submittable,
        f1=claimed.f1,
        exact_match=claimed.exact_match,
        structured_sparsity_percent=manifest.structured_sparsity_percent,
        scheduled=rates["scheduled_samples_per_sec"],
        completed=rates["completed_samples_per_sec"],
        offline=rates["samples_per_second"],
    )


def _rate(cells: Iterable[ClaimedCell], scenario: Scenario, key: str) -> float | None:
    logs = (cell.claimed_log for cell in cells if cell.scenario is scenario)
    return next((log.number(key) for log in logs), None)
