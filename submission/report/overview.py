"""What stands at the top of the page: whose tree it is, what it claims, which model is the best.

Results are laid out as MLCommons lays them out: a row for each system and model, the scenarios
beside each other. What nobody knows has no column.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from submission.checks import Result, Verdict
from submission.checks.reports.document import (
    VERDICT_TONES,
    Band,
    Block,
    Facts,
    Remedies,
    Remedy,
    Table,
    Text,
    verdict_tone,
)
from submission.checks.reports.text import by_weight, keys_of, rejected_by, verdict_line
from submission.checks.results import OfficialVerdict
from submission.policy import Policy, load_policy
from submission.report.facts import (
    FIT_SHARE,
    Entry,
    Reference,
    ReportedTree,
    Row,
    accuracy_of,
    entries,
)
from submission.wording import counted, significant

NOT_FOR_SUBMISSION = "Not for submission"
SHOWN_SYSTEMS = 5
"""A tree of more systems has them at the end of the page."""

SHOWN_STEPS = 5
"""Of what is to be mended."""

_PERCENT = 100.0
_TARGET = "closed target"
_HEAD = ("model", "system", "sparsity", "accuracy", _TARGET, "data set")
_VERDICTS = ("rules", "official")


def bands(trees: Sequence[ReportedTree]) -> list[Band]:
    """Why a tree is not fit to be submitted; none for one that is, one for those of one reason."""
    by_reasons: dict[tuple[str, ...], list[str]] = {}
    for tree in trees:
        by_reasons.setdefault(_reasons(tree), []).append(tree.label)
    return [
        Band(
            title=f"{NOT_FOR_SUBMISSION}: {' and '.join(labels)}"
            if len(trees) > 1
            else NOT_FOR_SUBMISSION,
            reasons=reasons,
        )
        for reasons, labels in by_reasons.items()
        if reasons
    ]


def _reasons(tree: ReportedTree) -> tuple[str, ...]:
    reasons = []
    if any(run.get("submittable") is False for run in tree.runs.values()):
        profiles = sorted({str(run.get("profile")) for run in tree.runs.values()})
        reasons.append(f"its runs were made by the profile {', '.join(profiles)}, for a look only")
    reasons += dict.fromkeys(
        f"{finding.fault} ({finding.rule}): {finding.waived}"
        for finding in tree.report.findings
        if finding.waived is not None
    )
    return tuple(reasons)


def verdicts(tree: ReportedTree) -> Facts:
    """Whether it is accepted: by the rules and by the official checker."""
    report = tree.report
    results = report.results
    words = verdict_line(report)
    if tree.waivers and any(finding.waived is not None for finding in report.findings):
        words += f" (waivers: {tree.waivers})"
    listed = sum(result.official is OfficialVerdict.OK for result in results)
    official = f"would list {listed} of {len(results)} results"
    tones = {words: verdict_tone(report), official: "good" if listed == len(results) else "bad"}
    pairs = (("By the rules", words), ("By the official checker", official))
    return Facts(pairs=pairs, tones=tones)


def to_do(tree: ReportedTree) -> list[Remedies]:
    """What to mend, the error that rejects most results first; nothing where there is none."""
    report, rules = tree.report, by_weight(tree.report)
    if not rules:
        return []
    steps = tuple(
        Remedy(
            first=each,
            rejects=rejected_by(report, each.rule),
            keys=keys_of(report, each.rule),
        )
        for each in rules[:SHOWN_STEPS]
    )
    left = len(rules) - len(steps)
    more = f"and {counted(left, 'more rule')}, below" if left > 0 else ""
    return [Remedies(title="To do first", steps=steps, more=more, tree=tree.label)]


def facts(tree: ReportedTree) -> list[Facts]:
    """When it was measured, and on which machines."""
    names = list(tree.systems)
    pairs = [("Measured", tree.measured)]
    pairs += [("System", _machine(name, tree.systems[name])) for name in names[:SHOWN_SYSTEMS]]
    if len(names) > SHOWN_SYSTEMS:
        more = counted(len(names) - SHOWN_SYSTEMS, "more system")
        pairs.append(("Also", f"{more}, described below"))
    said = tuple((name, text) for name, text in pairs if text)
    return [Facts(pairs=said)] if said else []


def _machine(name: str, described: Mapping[str, str]) -> str:
    """``node: 2 x Xeon 8480+ (56 cores); OpenVINO; CentOS``, as far as it is said."""
    parts = [
        processor(described),
        accelerators(described),
        described.get("framework", ""),
        described.get("operating_system", ""),
    ]
    return f"{name}: {'; '.join(filter(None, parts))}"


def processor(described: Mapping[str, str]) -> str:
    """``2 x Xeon 8480+ (56 cores)``, as far as it is said."""
    count = described.get("host_processors_per_node", "")
    name = described.get("host_processor_model_name", "")
    cores = described.get("host_processor_core_count", "")
    words = (f"{count} x" if count and name else "", name, f"({cores} cores)" if cores else "")
    return " ".join(filter(None, words))


def accelerators(described: Mapping[str, str]) -> str:
    """``4 x L4``; empty for none."""
    count = described.get("accelerators_per_node", "0")
    name = described.get("accelerator_model_name", "")
    return f"{count} x {name}" if count not in {"", "0", "N/A"} and name else ""


def results_of(trees: Sequence[ReportedTree]) -> list[Block]:
    """The table of all results of all trees, a caption's worth of notes below it."""
    lines = [line for tree in trees for line in entries(tree)]
    if not lines:
        return []
    policy = load_policy(trees[0].report.round)
    present = {scenario for line in lines for scenario in line.results}
    known = [str(s) for s in policy.scenarios if str(s) in present]
    scenarios = [*known, *sorted(present - set(known))]
    units = {name: _unit(lines, name) for name in scenarios}
    head = (
        *_HEAD,
        *(f"{name} [{units[name]}]" if units[name] else name for name in scenarios),
        *_VERDICTS,
    )
    named = any(map(_several_systems, trees))
    rows = [
        _cells(line, policy, scenarios, units, several=len(trees) > 1, named=named)
        for line in lines
    ]
    figures = range(len(_HEAD), len(_HEAD) + len(scenarios))
    table = without_empty(
        Table(
            caption="Every system and model",
            head=head,
            rows=tuple(rows),
            numeric=frozenset({_HEAD.index("sparsity"), *figures}),
            tones=VERDICT_TONES,
            cards=True,
        )
    )
    return [table, *_notes(table, policy)]


def _unit(lines: Iterable[Entry], scenario: str) -> str:
    """The unit of a scenario's column; empty where its results have several."""
    units = {line.results[scenario].unit or "" for line in lines if scenario in line.results} - {""}
    if len(units) != 1:
        return ""
    unit = units.pop()
    return "ms" if unit.startswith("Latency (ms") else unit.lower()


def _cells(
    line: Entry,
    policy: Policy,
    scenarios: Sequence[str],
    units: Mapping[str, str],
    *,
    several: bool,
    named: bool,
) -> tuple[str, ...]:
    result, row = line.any, line.row
    metric = _metric(policy, result.mlperf_model)
    accuracy = accuracy_of(result)
    standard = row is None or row.whole_squad
    sparsity = row.sparsity_percent if row else None
    label = f"{line.tree.label}: " if several else ""
    return (
        f"{label}{_model(result)}",
        result.system if named else "",
        "" if sparsity is None else f"{sparsity:.1f} %" if sparsity else "dense",
        "" if accuracy is None else f"{metric} {significant(accuracy)}".strip(),
        _target(policy, result.mlperf_model, accuracy) if standard else "",
        row.data if row else "",
        *(_value(line.results.get(name), units[name]) for name in scenarios),
        *_verdicts(line.results),
    )


def _model(result: Result) -> str:
    """The folder's name, with the benchmark that it stands for where the name does not say it."""
    if result.benchmark.startswith(result.mlperf_model):
        return result.benchmark
    return f"{result.benchmark} ({result.mlperf_model})"


def _several_systems(tree: ReportedTree) -> bool:
    return len({result.system for result in tree.report.results}) > 1


def _metric(policy: Policy, benchmark: str) -> str:
    terms = policy.benchmarks.get(benchmark)
    return terms.main_metric.name if terms else ""


def _target(policy: Policy, benchmark: str, accuracy: float | None) -> str:
    terms = policy.benchmarks.get(benchmark)
    target = terms.main_metric.target if terms else None
    if target is None:
        return ""
    words = f"≥ {significant(target)}"
    if accuracy is None:
        return words
    return f"{words} met" if accuracy >= target else f"{words} not met"


def _value(result: Result | None, unit: str) -> str:
    if result is None or result.value is None:
        return ""
    inferred = " (inferred)" if result.inferred else ""
    own = f" {result.unit}" if not unit and result.unit else ""
    return f"{significant(result.value)}{own}{inferred}"


def _verdicts(results: Mapping[str, Result]) -> tuple[str, str]:
    """Both verdicts; where not all scenarios are accepted, which and by which rules."""
    wrong = {
        name: result.reasons
        for name, result in results.items()
        if result.verdict is Verdict.INVALID
    }
    words = "; ".join(f"{name} {', '.join(rules)}" for name, rules in wrong.items())
    refused = [name for name, r in results.items() if r.official is not OfficialVerdict.OK]
    all_refused = len(refused) == len(results)
    return (
        f"invalid: {words}" if wrong else "valid",
        "refused" if all_refused else f"refused: {', '.join(refused)}" if refused else "ok",
    )


def without_empty(table: Table) -> Table:
    """The table without the columns in which no row has anything."""
    keep = [n for n in range(len(table.head)) if n == 0 or any(row[n] for row in table.rows)]
    return Table(
        caption=table.caption,
        head=tuple(table.head[n] for n in keep),
        rows=tuple(tuple(row[n] for n in keep) for row in table.rows),
        numeric=frozenset(keep.index(n) for n in table.numeric if n in keep),
        tones=table.tones,
        cards=table.cards,
    )


def _notes(table: Table, policy: Policy) -> Iterator[Text]:
    if _TARGET in table.head:
        yield Text(
            text=f"The closed target is what the closed division of {policy.round} asks of the "
            "benchmark that a model stands for; results of the open division need not reach it. "
            "Rules: by the written rules; official: by the checker of the round. Figures have four "
            "significant digits; the last table of this page has all of them.",
            tone="note",
        )


def advice(rows: Sequence[Row], references: Sequence[Reference]) -> list[Text]:
    """Which model stands out, and why: across systems first, then for each system and data set."""
    rated = [row for row in rows if not row.rejected and (row.server or row.offline)]
    if not rated:
        words = "No model is valid by the rules in all of its scenarios, so none stands out."
        return [Text(text=words, tone="lead")]
    found = [Text(text=sentence, tone="lead") for sentence in _picks(rows, rated, references)]
    found += [Text(text=sentence) for sentence in _best(rated, references)]
    if len(found) == 1:
        found = [Text(text=found[0].text, tone="lead")]
    return [*found, *_without_valid(rows, rated)]


def _without_valid(rows: Sequence[Row], rated: Sequence[Row]) -> Iterator[Text]:
    """The systems of which nothing can be said, since no model is valid there."""
    places = {(row.tree, row.system) for row in rated}
    lacking: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if (row.tree, row.system) not in places:
            lacking.setdefault((row.tree, row.system), []).append(row.benchmark)
    several = len({row.tree for row in rows}) > 1
    for (tree, system), models in lacking.items():
        where = f"{tree}, {system}" if several else system
        yield Text(text=f"No valid result of {', '.join(models)} on {where}.", tone="warn")


def _picks(
    rows: Sequence[Row], rated: Sequence[Row], references: Sequence[Reference]
) -> Iterator[str]:
    """The fastest over all systems in each scenario, where that is more than one model's story."""
    for data in dict.fromkeys(row.data for row in rated):
        group = [row for row in rated if row.data == data]
        fit = [row for row in group if (_share(row, references) or 0.0) >= FIT_SHARE]
        among = fit or group
        offline = max((r for r in among if r.offline), key=lambda r: r.offline or 0, default=None)
        server = max((r for r in among if r.server), key=_scheduled, default=None)
        found = [row for row in (offline, server) if row is not None]
        places = {(row.tree, row.system) for row in group}
        one_story = len(places) == 1 and all(row is found[0] for row in found)
        if one_story or not found:
            continue
        several = len({row.tree for row in rated}) > 1
        parts = []
        if offline is not None:
            value = f"{significant(offline.offline or 0.0)} samples/s"
            parts.append(f"in Offline {_pick(offline, value, several=several)}")
        if server is not None:
            value = f"{significant(_scheduled(server))} queries/s"
            parts.append(f"in Server {_pick(server, value, several=several)}")
        run = [row for row in rows if row.data == data]
        if offline is None and any(row.offline for row in run):
            parts.append("none in Offline")
        if server is None and any(row.server for row in run):
            parts.append("none in Server")
        share = f"{FIT_SHARE * _PERCENT:g} % of the FP32 or dense F1"
        why = f"the {len(fit)} valid models with at least {share}" if fit else "all valid models"
        on = f" on {data}" if data else ""
        yield f"Fastest of {why}{on}: {', '.join(parts)}."


def _pick(row: Row, value: str, *, several: bool) -> str:
    tree = f"{row.tree}: " if several else ""
    return f"{tree}{row.benchmark} on {row.system} ({value} at F1 {significant(row.f1)})"


def _scheduled(row: Row) -> float:
    return row.server.scheduled if row.server else 0.0


def fastest(rows: Sequence[Row]) -> Row:
    """The model with the highest rate, in the scenario that most of them were run in.

    Server's rates and Offline's are not compared with each other; Server counts first.
    """
    served = [row for row in rows if row.server]
    offline = [row for row in rows if row.offline]
    if len(served) >= len(offline):
        return max(served or rows, key=_scheduled)
    return max(offline, key=lambda row: row.offline or 0.0)


def _best(rows: Sequence[Row], references: Sequence[Reference]) -> Iterator[str]:
    by_place = groupby(
        sorted(rows, key=lambda row: (row.tree, row.system, row.data)),
        key=lambda row: (row.tree, row.system, row.data),
    )
    groups = [list(group) for _, group in by_place]
    for group in groups:
        if len(group) == 1 and len(groups) >= SHOWN_SYSTEMS:
            continue  # a long list of single models says nothing that the table does not
        fit = [row for row in group if (_share(row, references) or 0.0) >= FIT_SHARE]
        best = fastest(fit or group)
        tree = f"{best.tree}, " if len({row.tree for row in rows}) > 1 else ""
        place = f"{tree}{best.system}: " if len(groups) > 1 else ""
        why = _why(best, group, fit, references)
        yield f"{place}{best.benchmark} has {_rates(best)} at F1 {significant(best.f1)}{why}."


def _why(
    best: Row, group: Sequence[Row], fit: Sequence[Row], references: Sequence[Reference]
) -> str:
    share = _share(best, references)
    dense = f"the dense model {best.compared_with}"
    of = "FP32" if best.fp32_f1 is not None else dense
    words = "" if share is None else f", {share * _PERCENT:.1f} % of {of}"
    if best.benchmark == best.compared_with and best.fp32_f1 is None:
        words = ", the dense model itself"
    times = _times(best, references)
    words += f", {' and '.join(times)} the rate of {dense}" if times else ""
    if best.data and not best.whole_squad:
        words += f", on {best.data}"
    if len(group) == 1:
        return words
    if fit:
        return (
            f"{words}; the fastest of {len(fit)} with at least {FIT_SHARE * _PERCENT:g} % of {of}"
        )
    return f"{words}; the fastest of {len(group)}"


def _share(row: Row, references: Sequence[Reference]) -> float | None:
    if row.fp32_f1 is not None:
        return row.f1 / row.fp32_f1 if row.whole_squad else None
    reference = next((each for each in references if each.compares(row)), None)
    return row.f1 / reference.f1 if reference and reference.f1 else None


def _times(row: Row, references: Sequence[Reference]) -> list[str]:
    """How many times the dense model's rate a row has, a scenario each."""
    reference = next((each for each in references if each.compares(row)), None)
    if reference is None or reference.name == row.benchmark:
        return []
    completed = row.server.completed if row.server else None
    pairs = (
        ("Server", completed, reference.server_completed),
        ("Offline", row.offline, reference.offline),
    )
    return [f"{own / its:.1f} times in {name}" for name, own, its in pairs if own and its]


def _rates(row: Row) -> str:
    parts = []
    if row.server:
        parts.append(f"{significant(row.server.scheduled)} queries/s in Server")
    if row.offline is not None:
        parts.append(f"{significant(row.offline)} samples/s in Offline")
    return " and ".join(parts)
