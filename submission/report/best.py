"""Two trees by their best: the fastest valid result of each benchmark, and how its machines differ.

Folder names are each submitter's own, so that a table by them says little of two submitters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from submission.checks import Result, Verdict
from submission.checks.reports.document import Block, Heading, Table, Text
from submission.report.facts import ReportedTree
from submission.report.overview import accelerators, processor
from submission.terms import Scenario
from submission.wording import significant

SHOWN = (Scenario.OFFLINE, Scenario.SERVER)
SAME = 0.0005
"""A ratio this near to one is shown as 1.000."""

NEAR = 1.1
"""A ratio below this has three decimals."""

FIELDS = ("number_of_nodes", "framework", "host_memory_capacity")


@dataclass(frozen=True, kw_only=True)
class _Best:
    """The fastest valid result of a tree in a scenario of a benchmark."""

    tree: ReportedTree
    result: Result
    value: float

    @property
    def described(self) -> Mapping[str, str]:
        return self.tree.systems.get(self.result.system, {})

    @property
    def data(self) -> str:
        named = (self.result.system, self.result.benchmark)
        rows = (row for row in self.tree.rows if (row.system, row.benchmark) == named)
        return next((row.data for row in rows), "")

    @property
    def _accuracy(self) -> str:
        try:
            return f" at accuracy {significant(float(self.result.accuracy or ''))}"
        except ValueError:  # none, or that of several metrics
            return ""

    def words(self, known: set[tuple[str, str]]) -> str:
        """``1663 queries/s at accuracy 90.29 by jpqd on node (2 x Xeon (56 cores))``.

        A machine is described once; ``known`` holds those that were.
        """
        named = (self.tree.label, self.result.system)
        said = (processor(self.described), accelerators(self.described))
        machine = "" if named in known else "; ".join(filter(None, said))
        known.add(named)
        unit = (self.result.unit or "").lower()
        words = f"{significant(self.value)} {unit}{self._accuracy} by {self.result.benchmark}"
        return f"{words} on {self.result.system}{f' ({machine})' if machine else ''}"


def best_against_best(first: ReportedTree, second: ReportedTree) -> list[Block]:
    """A sentence for each benchmark that both trees hold, and the machines of those results."""
    held = [dict.fromkeys(r.mlperf_model for r in tree.report.results) for tree in (first, second)]
    shared = [benchmark for benchmark in held[0] if benchmark in held[1]]
    if not shared:
        return []
    blocks: list[Block] = [Heading(text="Best against best")]
    met: dict[tuple[str, str], tuple[_Best, _Best]] = {}
    for benchmark in shared:
        sentences = []
        known: set[tuple[str, str]] = set()
        for scenario in SHOWN:
            a, b = (_best(tree, benchmark, scenario) for tree in (first, second))
            if a is not None and b is not None:
                met.setdefault((a.result.system, b.result.system), (a, b))
            sentences.append(_sentence(scenario, a, b, known))
        words = " ".join(filter(None, sentences))
        blocks.append(Text(text=f"{benchmark}: {words or 'no valid result in either tree.'}"))
    for tree, own, other in zip((first, second), held, reversed(held), strict=True):
        if alone := [benchmark for benchmark in own if benchmark not in other]:
            blocks.append(Text(text=f"Only {tree.label} has {', '.join(alone)}.", tone="note"))
    return [*blocks, *(block for pair in met.values() for block in _differences(*pair))]


def _best(tree: ReportedTree, benchmark: str, scenario: str) -> _Best | None:
    """None where the tree has no valid result that was measured in that scenario."""
    found = [
        _Best(tree=tree, result=result, value=result.value)
        for result in tree.report.results
        if result.mlperf_model == benchmark
        and result.scenario == scenario
        and result.verdict is Verdict.VALID
        and result.value
        and not result.inferred
    ]
    return max(found, key=lambda best: best.value, default=None)


def _sentence(scenario: str, a: _Best | None, b: _Best | None, known: set[tuple[str, str]]) -> str:
    if a is None or b is None:
        only = a or b
        if only is None:
            return ""
        return f"{scenario}: only {only.tree.label} has a valid result, {only.words(known)}."
    both = ", ".join(f"{each.tree.label} has {each.words(known)}" for each in (a, b))
    if a.data != b.data:
        return f"{scenario}: {both}; their data sets differ, so no ratio is given."
    slow, fast = sorted((a, b), key=lambda best: best.value)
    times = fast.value / slow.value
    if times - 1 < SAME:
        return f"{scenario}: both are equally fast; {both}."
    digits = 3 if times < NEAR else 2
    return (
        f"{scenario}: {fast.tree.label} is {times:.{digits}f} times as fast as "
        f"{slow.tree.label}; {both}."
    )


def _differences(a: _Best, b: _Best) -> Iterator[Block]:
    """What differs between the machines of two results that were compared."""
    names = f"{a.result.system} (A) and {b.result.system} (B)"
    said = [dict(_machine(each.described)) for each in (a, b)]
    rows = tuple(
        (name, one, said[1].get(name, ""))
        for name, one in said[0].items()
        if one != said[1].get(name, "")
    )
    if rows:
        caption = f"What differs between the systems: {names}"
        yield Table(caption=caption, head=("field", "A", "B"), rows=rows, cards=True)
    else:
        text = f"{names} have the same processors, accelerators, framework and memory."
        yield Text(text=text, tone="note")


def _machine(described: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    count = described.get("host_processors_per_node", "")
    cores = described.get("host_processor_core_count", "")
    yield "processor", described.get("host_processor_model_name", "")
    yield "sockets x cores", f"{count} x {cores}" if count or cores else ""
    yield "accelerators", accelerators(described)
    yield from ((name.replace("_", " "), described.get(name, "")) for name in FIELDS)
