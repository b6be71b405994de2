"""Which results of two trees are compared, and which of the two is better in each figure.

Compared are the fastest valid results of each benchmark, whatever their folders are called, and
models of one name. As on the page of one tree, the fastest is one that is accurate enough, where
there is such a model beside the dense baseline. A and B are the two trees; every ratio is B over A.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from submission.checks import Result, Verdict
from submission.checks.reports.text import short_unit
from submission.policy import Policy
from submission.report.advice import fits, is_dense
from submission.report.facts import (
    Entry,
    ReportedTree,
    Row,
    accuracy_of,
    entries,
    references_for,
    waived_rules,
)
from submission.report.unmatched import Better, Unmatched, counts, unmatched
from submission.squad.bootstrap import Interval
from submission.wording import significant

NOISE = 0.02
"""Rates that differ by less count as the same: so much do runs of one system differ."""

SAME_SCORE = 0.0005
"""Accuracies without an interval that differ by less count as the same."""

NEAR = 0.1
"""A ratio that is nearer to one has three decimals."""


@dataclass(frozen=True, kw_only=True)
class ModelPair:
    """A model of A and one of B, compared in ``scenarios``.

    ``fastest`` is the benchmark whose fastest valid results they are in these scenarios; empty for
    two models of one name.
    """

    a: Entry
    b: Entry
    scenarios: tuple[str, ...]
    fastest: str = ""

    @property
    def title(self) -> str:
        """The model, or both; with the systems where a tree has several."""
        names = [each.any.benchmark for each in (self.a, self.b)]
        several = any(len({r.system for r in e.tree.report.results}) > 1 for e in (self.a, self.b))
        if several:
            names = [f"{name} on {e.any.system}" for name, e in zip(names, self.sides, strict=True)]
        return names[0] if names[0] == names[1] else f"{names[0]} (A), {names[1]} (B)"

    @property
    def sides(self) -> tuple[Entry, Entry]:
        """The model of A, then the one of B."""
        return self.a, self.b

    @property
    def models(self) -> tuple[tuple[str, str], ...]:
        """System and folder of both."""
        return tuple((each.any.system, each.any.benchmark) for each in self.sides)

    @property
    def same_data(self) -> bool:
        """Whether both answered the same data set, as far as it is known."""
        return _data(self.a) == _data(self.b)


@dataclass(frozen=True, kw_only=True)
class SharedFigure:
    """One figure of a pair in A and in B; ``name`` is a scenario or the metric of the accuracy.

    ``noise`` is the share by which the same thing differs from run to run, ``interval`` the one of
    the ratio, where it is known. ``hindrance`` says why neither is called better, if so.
    """

    pair: ModelPair
    name: str
    unit: str
    a: float
    b: float
    noise: float
    is_rate: bool = True
    interval: Interval | None = None
    hindrance: str = ""

    @property
    def ratio(self) -> float | None:
        """B over A; None where A has nothing, or the two are not comparable at all."""
        return self.b / self.a if self.a and self.pair.same_data else None

    @property
    def better(self) -> Better | None:
        """None where it cannot be said."""
        if self.ratio is None or self.hindrance:
            return None
        if self.interval is not None:
            same = self.interval.low <= 1 <= self.interval.high
        else:
            same = abs(self.ratio - 1) < self.noise
        if same:
            return Better.SAME
        return Better.B if (self.ratio > 1) is not is_latency(self.unit) else Better.A

    @property
    def words(self) -> str:
        """``Offline 1.38x (369.9 to 510.2 samples/s)``, B's figure last."""
        unit = f" {self.unit}" if self.unit else ""
        values = f"({significant(self.a)} to {significant(self.b)}{unit})"
        what = f"{self.name} latency" if is_latency(self.unit) else self.name
        return f"{what} {times(self.ratio)} {values}"


@dataclass(frozen=True, kw_only=True)
class TreePairs:
    """All that is compared of two trees, and what is not; ``others`` are models of one alone."""

    fastest: tuple[ModelPair, ...]
    unmatched: tuple[Unmatched, ...]
    named: tuple[ModelPair, ...]
    others: tuple[tuple[Better, tuple[str, ...]], ...]

    @property
    def shown(self) -> Iterator[ModelPair]:
        """Every pair once: the fastest, then models of one name in what is left of them."""
        done = {(pair.models, scenario) for pair in self.fastest for scenario in pair.scenarios}
        yield from self.fastest
        for pair in self.named:
            left = tuple(s for s in pair.scenarios if (pair.models, s) not in done)
            if left:
                yield ModelPair(a=pair.a, b=pair.b, scenarios=left)


def compare(first: ReportedTree, second: ReportedTree) -> TreePairs:
    """The pairs of two trees."""
    a, b = list(entries(first)), list(entries(second))
    found = list(_fastest(a, b))
    fastest = tuple(each for each in found if isinstance(each, ModelPair))
    unmatched = tuple(each for each in found if isinstance(each, Unmatched))
    named = tuple(_named(a, b))
    others = []
    for number, (side, own) in enumerate(((Better.A, a), (Better.B, b))):
        matched = {pair.models[number] for pair in (*fastest, *named)}
        names = [_name(e, own) for e in own if (e.any.system, e.any.benchmark) not in matched]
        if names:
            others.append((side, tuple(names)))
    return TreePairs(fastest=fastest, unmatched=unmatched, named=named, others=tuple(others))


def stand_ins(found: TreePairs) -> Iterator[tuple[Better, str, str, str, tuple[str, ...]]]:
    """Where a tree's fastest model stands in for one of the other's that is invalid in this tree.

    The tree, the invalid model, the one that stands in, the scenario, and the rules that reject it.
    """
    for pair in found.fastest:
        for number, side in enumerate((Better.A, Better.B)):
            own, other = pair.sides[number], pair.sides[1 - number]
            named = [e for e in found.named if e.models[1 - number] == pair.models[1 - number]]
            for scenario in pair.scenarios:
                for result in (e.sides[number].results.get(scenario) for e in named):
                    if result is not None and result.verdict is not Verdict.VALID:
                        names = other.any.benchmark, own.any.benchmark
                        yield side, *names, scenario, tuple(result.reasons)


def figures(pair: ModelPair, policy: Policy) -> Iterator[SharedFigure]:
    """The rates of a pair, then its accuracy."""
    for scenario in pair.scenarios:
        a, b = (each.results[scenario] for each in pair.sides)
        if a.value is not None and b.value is not None:
            yield SharedFigure(
                pair=pair,
                name=scenario,
                unit=unit_of(a),
                a=a.value,
                b=b.value,
                noise=NOISE,
                hindrance=_hindrance(pair, scenario),
            )
    yield from _accuracy(pair, policy)


def is_latency(unit: str) -> bool:
    """Whether less is better."""
    return unit == "ms"


def unit_of(result: Result) -> str:
    """``samples/s``, ``queries/s``, ``ms``."""
    return short_unit(result.unit).lower()


def times(ratio: float | None) -> str:
    """``1.38x``, ``1.004x``; empty for None."""
    if ratio is None:
        return ""
    return f"{ratio:.{3 if abs(ratio - 1) < NEAR else 2}f}x"


def _fastest(a: Sequence[Entry], b: Sequence[Entry]) -> Iterator[ModelPair | Unmatched]:
    """For each benchmark of both trees: their fastest valid results, or who has none."""
    for benchmark in dict.fromkeys(e.any.mlperf_model for e in a):
        of_a, of_b = ([e for e in each if e.any.mlperf_model == benchmark] for each in (a, b))
        if not of_b:
            continue
        met: dict[tuple[int, int], list[str]] = {}
        alone: dict[Better | None, list[str]] = {}
        for scenario in dict.fromkeys(s for e in (*of_a, *of_b) for s in e.results):
            one, other = _best(of_a, scenario), _best(of_b, scenario)
            if one is not None and other is not None:
                met.setdefault((of_a.index(one), of_b.index(other)), []).append(scenario)
            else:
                only = Better.A if one is not None else Better.B if other is not None else None
                alone.setdefault(only, []).append(scenario)
        for (n, m), scenarios in met.items():
            yield ModelPair(a=of_a[n], b=of_b[m], scenarios=tuple(scenarios), fastest=benchmark)
        for tree, scenarios in alone.items():
            sides = (of_b, of_a) if tree is Better.B else (of_a, of_b)
            yield unmatched(benchmark, tree, tuple(scenarios), *sides)


def _best(of: Iterable[Entry], scenario: str) -> Entry | None:
    """The fastest valid result that was measured, of models that are fit if any is; else None."""
    measured = [e for e in of if counts(e.results.get(scenario))]
    measured = [e for e in measured if is_fit(e)] or measured

    def speed(entry: Entry) -> float:
        result = entry.results[scenario]
        value = result.value or 0.0
        return -value if is_latency(unit_of(result)) else value

    return max(measured, key=speed, default=None)


def is_fit(entry: Entry) -> bool:
    """Whether a model has enough of the F1 of the dense baseline of its tree, and is another."""
    row = entry.row
    return (
        row is not None and not is_dense(row) and fits(row, references_for(entry.tree.rows, None))
    )


def _named(a: Sequence[Entry], b: Sequence[Entry]) -> Iterator[ModelPair]:
    """The same model in both: on systems of one name, else where each tree has it once.

    The plain name of a benchmark says nothing of the model of another submitter.
    """
    submitters = [{e.any.submitter for e in each} for each in (a, b)]
    known = bool(submitters[0] & submitters[1])
    placed = {(e.any.system, e.any.benchmark): e for e in b}
    named = {e.any.benchmark: e for e in b}
    counts = [Counter(e.any.benchmark for e in each) for each in (a, b)]
    for entry in a:
        name = entry.any.benchmark
        other = placed.get((entry.any.system, name))
        if other is None and all(count[name] == 1 for count in counts):
            other = named[name]
        if other is None or not (known or name != entry.any.mlperf_model):
            continue
        shared = tuple(scenario for scenario in entry.results if scenario in other.results)
        if shared:
            yield ModelPair(a=entry, b=other, scenarios=shared)


def _name(entry: Entry, of: Sequence[Entry]) -> str:
    several = sum(each.any.benchmark == entry.any.benchmark for each in of) > 1
    return f"{entry.any.benchmark} on {entry.any.system}" if several else entry.any.benchmark


def _data(entry: Entry) -> str:
    return entry.row.data if entry.row else ""


def _hindrance(pair: ModelPair, scenario: str) -> str:
    """Why neither rate is called better; empty where one may be."""
    bounds = [_bound(each.row) for each in pair.sides]
    other = "different latency bounds" if scenario == "Server" and bounds[0] != bounds[1] else ""
    return _no_comparison(pair, scenario) or other


def _no_comparison(pair: ModelPair, scenario: str) -> str:
    """Why nothing of a result is called better."""
    sides = list(zip(Better, pair.sides, strict=False))
    wrong = [s for s, e in sides if e.results[scenario].verdict is not Verdict.VALID]
    lifted = [s for s, e in sides if waived_rules(e.tree.report, e.results[scenario])]
    if wrong:
        needs = "".join(f", {side} with waivers" for side in lifted if side not in wrong)
        return f"{' and '.join(wrong)} invalid{needs}"
    return "" if pair.same_data else "different data sets"


def _bound(row: Row | None) -> float | None:
    return row.server.bound_ms if row and row.server else None


def late_over_median(row: Row | None) -> float | None:
    """The 99th percentile of Server's latency over the 50th; None where it is not known."""
    latencies = row.server.latencies_ms if row and row.server else {}
    middle, late = latencies.get("50.00"), latencies.get("99.00")
    return late / middle if middle and late else None


def _accuracy(pair: ModelPair, policy: Policy) -> Iterator[SharedFigure]:
    a, b = (each.any for each in pair.sides)
    values = [accuracy_of(each) for each in (a, b)]
    terms = policy.benchmarks.get(a.mlperf_model)
    if values[0] is None or values[1] is None:
        return
    rows = pair.a.row, pair.b.row
    interval = None
    if pair.same_data and rows[0] and rows[1] and rows[1].scores:
        interval = rows[1].scores.f1_ratio(rows[0].scores)
    yield SharedFigure(
        pair=pair,
        name=terms.main_metric.name if terms else "accuracy",
        unit="",
        a=values[0],
        b=values[1],
        noise=SAME_SCORE,
        is_rate=False,
        interval=interval,
        hindrance=_no_comparison(pair, pair.scenarios[0]),
    )
