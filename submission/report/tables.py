"""The report's tables: figures in as many digits as the published ones have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from submission.checks.reports.document import Block, Table, Text
from submission.host.facts import cpu_name
from submission.report.facts import Reference, ReportedTree, Row, cpus_used, mapping
from submission.squad.bootstrap import RESAMPLES
from submission.wording import counted, significant

NONE = ""
RELATIVE = "relative F1"
RESULT_HEAD = (
    "model",
    "F1 [%]",
    RELATIVE,
    "structured sparsity [%]",
    "Server scheduled [queries/s]",
    "Server completed [queries/s]",
    "Server vs dense",
    "Offline [samples/s]",
    "Offline vs dense",
)
SPARSITY_OF_DENSE = 0


def fixed(value: float | None, digits: int) -> str:
    """A number with ``digits`` decimals; empty for None."""
    return NONE if value is None else f"{value:.{digits}f}"


def figure(value: float | None) -> str:
    """A rate or latency in four significant digits; empty for None."""
    return NONE if value is None else significant(value)


def ratio(value: float | None, of: float | None, digits: int = 1) -> str:
    """``5.5x``; empty where a value is missing."""
    return NONE if value is None or not of else f"{value / of:.{digits}f}x"


def results(
    rows: Sequence[Row], references: Sequence[Reference]
) -> tuple[Table, *tuple[Text, ...]]:
    """Each model against its dense reference, a published one first: it is in no tree."""
    lines = [_reference(reference) for reference in references if not reference.measured]
    lines += [_result(row, references) for row in rows]
    table = Table(
        caption="Against the dense baseline",
        head=tuple(_basis(rows) if name == RELATIVE else name for name in RESULT_HEAD),
        rows=tuple(lines),
        numeric=frozenset(range(1, len(RESULT_HEAD))),
        cards=True,
    )
    return (table, *(Text(text=text, tone="note") for text in _notes(rows, references)))


def _reference(reference: Reference) -> tuple[str, ...]:
    return (
        f"{reference.name} (published, not in the tree)",
        fixed(reference.f1, 2),
        fixed(reference.f1 / reference.fp32_f1 if reference.fp32_f1 else None, 3),
        "dense",
        NONE,
        figure(reference.server_completed),
        ratio(reference.server_completed, reference.server_completed),
        figure(reference.offline),
        ratio(reference.offline, reference.offline),
    )


def _result(row: Row, references: Sequence[Reference]) -> tuple[str, ...]:
    server = row.server
    completed = server.completed if server else None
    sparsity = row.sparsity_percent
    comparable = next((each for each in references if each.compares(row)), None)
    return (
        f"{row.label} (invalid: {', '.join(row.rejected)})" if row.rejected else row.label,
        fixed(row.f1, 2),
        _relative_f1(row, comparable),
        "dense" if sparsity == SPARSITY_OF_DENSE else fixed(sparsity, 1),
        figure(server.scheduled if server else None),
        figure(completed),
        _against_dense("Server", row, completed, comparable),
        figure(row.offline),
        _against_dense("Offline", row, row.offline, comparable),
    )


def _against_dense(scenario: str, row: Row, rate: float | None, dense: Reference | None) -> str:
    """``1.5x``, with a word where one of the two runs was disturbed by other processes."""
    if dense is None:
        return NONE
    said = ratio(rate, dense.server_completed if scenario == "Server" else dense.offline)
    disturbed = scenario in row.disturbed or scenario in dense.disturbed
    return f"{said} disturbed" if said and disturbed and row.benchmark != dense.name else said


def _basis(rows: Iterable[Row]) -> str:
    """The heading of relative F1: what it is a share of, if that is the same for every row."""
    bases = {row.fp32_f1 for row in rows}
    if len(bases) != 1:
        return RELATIVE
    (base,) = bases
    return "of dense F1" if base is None else f"of FP32 F1 ({base:.3f})"


def _relative_f1(row: Row, comparable: Reference | None) -> str:
    if row.fp32_f1 is None:
        share = fixed(row.f1 / comparable.f1 if comparable else None, 3)
        return share + _interval(row, comparable)
    return fixed(row.f1 / row.fp32_f1, 3) if row.whole_squad else "other data set"


def _interval(row: Row, comparable: Reference | None) -> str:
    """How sure a share of the reference's F1 is, in brackets; empty where that is not known."""
    if row.scores is None or comparable is None or row.benchmark == comparable.name:
        return ""
    found = row.scores.f1_ratio(comparable.scores)
    return f" ({found})" if found else ""


def _notes(rows: Sequence[Row], references: Sequence[Reference]) -> Iterator[str]:
    yield (
        "Server scheduled is the round's official metric; Server completed is what the published "
        f"table of 2023 quotes, and the ratios are of it.{_sparsity_of(rows)}"
    )
    if not references:
        yield "No dense baseline was measured on the same machine: no improvement is claimed."
    elif references[0].measured:
        yield (
            f"The dense baseline is {references[0].name}, measured in the same tree on the same "
            "system. Models of other trees and systems are not compared with it."
        )
    else:
        yield (
            f"The figures of the dense baseline are those that were published for "
            f"{references[0].system}; it was not submitted. Models on other machines are not "
            "compared with it."
        )
    if any(row.disturbed for row in rows):
        yield (
            "Disturbed: during one of the two runs other processes took a notable share of the "
            "processors (MEA026), so that the ratio may be off."
        )
    if any(row.scores is not None for row in rows):
        yield (
            "In brackets behind a ratio of accuracies: its 95 % interval by a paired bootstrap "
            f"over the questions ({RESAMPLES:,} resamples). Where it holds 1.000, the questions "
            "cannot tell the two apart."
        )
    if not all(row.whole_squad for row in rows):
        yield (
            "Other data set: the accuracy run was not over the SQuAD v1.1 dev set, so its F1 "
            "cannot be compared with the FP32 model's."
        )


def _sparsity_of(rows: Iterable[Row]) -> str:
    """What sparsity counts, and who says so; empty where none is shown."""
    own = {row.own_manifest for row in rows if row.sparsity_percent is not None}
    if not own:
        return ""
    ours = "this kit's manifests of models of the same name"
    who = {
        frozenset({True}): "the tree's manifests state it",
        frozenset({False}): f"{ours} state it; the tree holds none",
    }.get(frozenset(own), f"the tree's manifests state it, or {ours} where it holds none")
    return f" Structured sparsity counts the linear layers of the transformer blocks, as {who}."


def latencies(rows: Sequence[Row]) -> list[Block]:
    """Server's latencies by percentile, with the bound that they had to keep."""
    served = [row for row in rows if row.server and row.server.latencies_ms]
    if not served:
        return []
    percentiles = sorted({p for row in served if row.server for p in row.server.latencies_ms})
    head = ("model", *(f"{float(p):g}th [ms]" for p in percentiles), "bound [ms]", "at percentile")
    table = Table(
        caption="Server latency",
        head=head,
        rows=tuple(_latency(row, percentiles) for row in served),
        numeric=frozenset(range(1, len(head))),
    )
    return [table]


def _latency(row: Row, percentiles: Sequence[str]) -> tuple[str, ...]:
    server = row.server
    assert server is not None
    share = server.percentile
    return (
        row.label,
        *(figure(server.latencies_ms.get(p)) for p in percentiles),
        fixed(server.bound_ms, 0),
        NONE if share is None else f"{share * 100:g}",
    )


def against_published(rows: Sequence[Row]) -> list[Block]:
    """Claimed against published, for models whose makers published figures."""
    lines = [_against(row) for row in rows if row.published]
    if not lines:
        return []
    head = (
        "model",
        "F1 [%]",
        "published F1 [%]",
        "Server completed",
        "published",
        "ratio",
        "Offline",
        "published",
        "ratio",
    )
    sources = dict.fromkeys(row.published.source for row in rows if row.published)
    return [
        Table(
            caption="Claimed against published",
            head=head,
            rows=tuple(lines),
            numeric=frozenset(range(1, len(head))),
            cards=True,
        ),
        *(Text(text=f"Published: {source}.", tone="note") for source in sources),
    ]


def _against(row: Row) -> tuple[str, ...]:
    published = row.published
    assert published is not None
    completed = row.server.completed if row.server else None
    return (
        row.label,
        fixed(row.f1, 3),
        fixed(published.f1, 3),
        fixed(completed, 2),
        fixed(published.server_completed, 2),
        ratio(completed, published.server_completed, 3),
        fixed(row.offline, 2),
        fixed(published.offline, 2),
        ratio(row.offline, published.offline, 3),
    )


def runs(tree: ReportedTree) -> list[Block]:
    """When, in which image and with which versions each run was made, and by which plan."""
    if not tree.runs:
        return [
            Text(text="The tree holds no run metadata: only trees of this kit do.", tone="note")
        ]
    rows = tuple(
        (
            name,
            _moment(run["started"]),
            _moment(run["ended"]),
            str(run["runner"]),
            str(run["image"]["id"])[:19],
            ", ".join(f"{k} {v}" for k, v in run["harness"].get("versions", {}).items()),
            _processor(run),
            "yes" if run["submittable"] else "no",
        )
        for name, run in tree.runs.items()
    )
    head = ("run", "started", "ended", "runner", "image", "versions", "processor", "submittable")
    return [
        Table(caption="Run metadata", head=head, rows=rows),
        *_openvino(tree),
        *_fleets(tree),
        _plans(tree),
    ]


def _openvino(tree: ReportedTree) -> list[Block]:
    """Why the runs used their version, one line for each that differs; kit 0.1.0 recorded none."""
    found = [run["image"]["openvino"] for run in tree.runs.values() if "openvino" in run["image"]]
    words = dict.fromkeys(f"OpenVINO {each['version']}: {each['reason']}." for each in found)
    return [Text(text=each, tone="note") for each in words]


def _fleets(tree: ReportedTree) -> list[Block]:
    """What a campaign's engine took of the systems, one line for each engine."""
    found: dict[str, list[float]] = {}
    for run in tree.runs.values():
        fleet = mapping(run.get("fleet"))
        if fleet:
            found.setdefault(str(fleet["engine"]), []).append(float(fleet["idle_cpu_ms_per_min"]))
    return [
        Text(
            text=f"{engine} stayed on the systems during {counted(len(idle), 'run')}. Watched for "
            f"some seconds before each, its processes took {_span(idle)} ms of CPU time a minute.",
            tone="note",
        )
        for engine, idle in found.items()
    ]


def _span(values: Sequence[float]) -> str:
    lowest, highest = f"{min(values):.0f}", f"{max(values):.0f}"
    return lowest if lowest == highest else f"{lowest} to {highest}"


def _processor(run: Mapping[str, Any]) -> str:
    """Its name, and which processors a run was kept to, if it was."""
    name = cpu_name(run["host"].get("cpu_model"), run["host"].get("cpu_generation"))
    return "; ".join(filter(None, (name, cpus_used(run))))


def _moment(value: object) -> str:
    """``2026-11-28 01:00:31``, UTC as the metadata have it."""
    return str(value)[:19].replace("T", " ")


def _plans(tree: ReportedTree) -> Table:
    return Table(
        caption="How samples were spread over buckets and cores",
        head=("run", "lengths", "together", "streams", "precision", "why"),
        rows=tuple((name, *_plan(run["harness"].get("plan"))) for name, run in tree.runs.items()),
    )


def _plan(plan: Any) -> tuple[str, ...]:
    asked, used = (mapping(mapping(plan).get(name)) for name in ("asked", "used"))
    lengths = used.get("buckets", asked.get("buckets"))
    return (
        ", ".join(map(str, lengths)) if isinstance(lengths, list) else NONE,
        str(asked.get("batch", NONE)),
        str(used.get("streams", asked.get("streams", NONE))),
        str(asked.get("inference_precision", NONE)),
        str(asked.get("reason", NONE)),
    )


def systems(tree: ReportedTree) -> list[Block]:
    """The system descriptions, field by field."""
    return [
        Table(caption=f"System {name}", head=("field", "value"), rows=tuple(fields.items()))
        for name, fields in tree.systems.items()
    ]
