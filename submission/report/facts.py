"""What a report says of a tree: a row for each model on each system, and their background."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from submission.artifacts.manifest import Published
from submission.checks import Report, Result, Severity
from submission.host.kernel_text import count_cpus
from submission.squad.question_scores import QuestionScores

FIT_SHARE = 0.99
"""Of the FP32 or dense F1: what the closed division asks of the benchmark bert-99."""


@dataclass(frozen=True, kw_only=True)
class ServerRun:
    """A Server run: rates in samples a second, latencies in ms by percentile (``99.00``).

    ``samples_ms`` are the latencies of single samples where the tree holds them, sorted.
    """

    scheduled: float
    completed: float | None
    bound_ms: float | None
    percentile: float | None
    latencies_ms: Mapping[str, float]
    samples_ms: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Row:
    """One model on one system; None where the tree does not give a value.

    ``label`` is the model's name, with system and tree where the name alone is not enough.
    ``f1`` and ``exact_match`` are percent, ``offline`` samples a second. ``whole_squad`` is true
    if the accuracy run was over the 10,833 samples of the SQuAD v1.1 dev set; only such an F1 is
    comparable with the FP32 model's. ``compared_with`` names the model that the tree's profile
    compares the others with. ``fp32_f1`` is the round's FP32 F1 in percent if relative F1 is a
    share of that, None if of the reference's. ``published`` is what the model's makers published.
    ``data`` names the data set that F1 is of; figures of different ones are never compared.
    ``scores`` are those of its single questions. ``rejected`` names the scenarios whose results the
    rules reject. ``disturbed`` has the share of the processors (0 to 1) that others took during a
    scenario's performance run, where that was much. ``own_manifest``: sparsity is as the tree's own
    manifest states it, else as this kit's one of the same name.
    """

    label: str
    tree: str
    system: str
    benchmark: str
    f1: float
    exact_match: float
    whole_squad: bool
    compared_with: str = ""
    fp32_f1: float | None = None
    sparsity_percent: float | None = None
    server: ServerRun | None = None
    offline: float | None = None
    published: Published | None = None
    data: str = ""
    scores: QuestionScores | None = None
    rejected: tuple[str, ...] = ()
    disturbed: Mapping[str, float] = field(default_factory=dict)
    own_manifest: bool = False


@dataclass(frozen=True, kw_only=True)
class ReportedTree:
    """A checked tree; ``runs`` are the metadata of its runs by name.

    ``label`` is short (a letter, where there are several trees), ``title`` says whose tree it is.
    ``waivers`` says where accepted breaches were taken from, empty for none; ``measured`` from
    which day to which its runs were made.
    """

    label: str
    title: str
    path: Path
    report: Report
    rows: tuple[Row, ...]
    systems: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    runs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    waivers: str = ""
    measured: str = ""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """The model that others are compared with: measured in the same tree, or as published.

    ``tree`` is the label of the tree that it was measured in, empty for a published one.
    """

    name: str
    system: str
    f1: float
    server_completed: float | None
    offline: float | None
    measured: bool
    tree: str = ""
    fp32_f1: float | None = None
    scores: QuestionScores | None = None
    disturbed: Mapping[str, float] = field(default_factory=dict)

    def compares(self, row: Row) -> bool:
        """Whether a ratio to it may be claimed: same tree and machine, or as it was published.

        A system's name alone is no machine: two trees may use the same one. Published figures
        are those of samples of SQuAD; in one tree all models answer the same data set.
        """
        if row.compared_with != self.name:
            return False
        same_data = row.tree == self.tree if self.measured else row.whole_squad
        return row.system == self.system and same_data


def references_for(rows: Sequence[Row], published: Reference | None) -> tuple[Reference, ...]:
    """The references that were measured in the trees, else the published one on its own machine."""
    measured = tuple(_measured(row) for row in rows if row.benchmark == row.compared_with)
    if measured or published is None or not any(map(published.compares, rows)):
        return measured
    return (published,)


def _measured(row: Row) -> Reference:
    return Reference(
        name=row.benchmark,
        system=row.system,
        f1=row.f1,
        server_completed=row.server.completed if row.server else None,
        offline=row.offline,
        measured=True,
        tree=row.tree,
        fp32_f1=row.fp32_f1,
        scores=row.scores,
        disturbed=row.disturbed,
    )


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A model on a system of a tree: its results by scenario, and its row if there is one."""

    tree: ReportedTree
    results: Mapping[str, Result]
    row: Row | None

    @property
    def any(self) -> Result:
        """One result, for what is the same in every scenario."""
        return next(iter(self.results.values()))

    @property
    def described(self) -> Mapping[str, str]:
        """The description of its system; empty if there is none."""
        return self.tree.systems.get(self.any.system, {})


def entries(tree: ReportedTree) -> Iterator[Entry]:
    """Every model on every system of a tree, in the order of the report."""
    rows = {(row.system, row.benchmark): row for row in tree.rows}
    for (_, system, benchmark), group in groupby(
        tree.report.results, key=lambda r: (r.submitter, r.system, r.benchmark)
    ):
        yield Entry(
            tree=tree,
            results={result.scenario: result for result in group},
            row=rows.get((system, benchmark)),
        )


def labelled(rows: Iterable[Row], *, several: bool) -> list[Row]:
    """The rows with distinct labels, which begin with the tree if there are ``several``."""
    found = list(rows)
    count = Counter((row.tree, row.benchmark) for row in found)
    return [replace(row, label=_label(row, count, several=several)) for row in found]


def _label(row: Row, count: Counter[tuple[str, str]], *, several: bool) -> str:
    tree = f"{row.tree}: " if several else ""
    system = f" on {row.system}" if count[row.tree, row.benchmark] > 1 else ""
    return f"{tree}{row.benchmark}{system}"


def waived_rules(report: Report, result: Result) -> tuple[str, ...]:
    """The rules that a result breaks and whose breach is accepted, sorted.

    A breach that is in no result's folders, nor above them, counts for all of them.
    """
    broken = set()
    for finding in report.findings:
        if finding.waived is None or finding.severity is not Severity.ERROR:
            continue
        about = [each for each in report.results if _is_about(finding.path, each)]
        if result in about or not about:
            broken.add(finding.rule)
    return tuple(sorted(broken))


def _is_about(path: str, result: Result) -> bool:
    """Whether a path is of a result's logs or measurements, or of a folder that holds them."""
    # system, benchmark and scenario as their folders are called, in whatever case
    inside = f"/{'/'.join(result.path.split('/')[-3:])}/"
    return inside in f"{path}/" or f"{result.path}/".startswith(f"{path}/")


def runs_on(tree: ReportedTree, system: str) -> list[Mapping[str, Any]]:
    """The metadata of the runs on a system; their names begin with it where there are several."""
    alone = len({result.system for result in tree.report.results}) == 1
    return [run for name, run in tree.runs.items() if alone or name.startswith(f"{system}/")]


def host_of(tree: ReportedTree, system: str) -> Mapping[str, Any]:
    """The facts of a system's machine as its run metadata have them; empty where there are none."""
    return next(filter(None, (mapping(run.get("host")) for run in runs_on(tree, system))), {})


def cpus_used(run: Mapping[str, Any]) -> str:
    """``1 of 2 CPUs (0)``: the logical processors a run was kept to; empty where it was not."""
    kept = run.get("cpuset")
    if not kept:
        return ""
    count, there = count_cpus(str(kept)), mapping(run.get("host")).get("logical_cpus")
    return f"{count} of {there} CPUs ({kept})" if count and there else f"CPUs {kept}"


def accuracy_of(result: Result) -> float | None:
    """The accuracy of a result; None where it has none that is a number."""
    try:
        return None if result.accuracy is None else float(result.accuracy)
    except ValueError:
        return None


def mapping(value: object) -> Mapping[str, Any]:
    """An object of a JSON document; empty where there is something else in its place."""
    return value if isinstance(value, dict) else {}
