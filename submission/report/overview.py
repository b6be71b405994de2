"""What stands at the top of the page: whether a tree is fit to be submitted, and what it claims.

Results are laid out as MLCommons lays them out: a row for each system and model, the scenarios
beside each other. What nobody knows has no column.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from submission.checks import Result, Severity, Verdict
from submission.checks.reports.document import (
    VERDICT_TONES,
    WITH_WAIVERS,
    Band,
    Block,
    Facts,
    Remedy,
    Table,
    Text,
    verdict_tone,
)
from submission.checks.reports.text import short_unit, verdict_line
from submission.checks.results import OfficialVerdict
from submission.policy import Policy, load_policy
from submission.report.advice import disturbed
from submission.report.facts import (
    Entry,
    ReportedTree,
    accuracy_of,
    cpus_used,
    entries,
    runs_on,
    waived_rules,
)
from submission.report.steps import first_label, first_step, submittable, to_do
from submission.wording import counted, first_of, listed_words, significant

NOT_FOR_SUBMISSION = "Not for submission"
SHOWN_SYSTEMS = 5
"""A tree of more systems has them at the end of the page."""

SHOWN_REASONS, SHOWN_RULES = 2, 6
"""Reasons of waivers that the band gives in full, else the rules that it names."""

SHOWN_REJECTED = 3
"""Rejected models that the first lines name; the table of results has all of them."""

SHOWN_WARNINGS = 3
"""Rules of which the first lines name the warnings."""

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
    if not submittable(tree):
        profiles = sorted({str(run.get("profile")) for run in tree.runs.values()})
        reasons.append(
            f"The runs were made with the profile {', '.join(profiles)}, for a look only"
        )
    waived = [finding for finding in tree.report.findings if finding.waived is not None]
    said = dict.fromkeys(f"{f.fault} ({f.rule}): {f.waived}" for f in waived)
    if len(said) > SHOWN_REASONS:
        # a phone's first screen has room for little more; each is below with its reason
        rules = dict.fromkeys(finding.rule for finding in waived)
        return (
            *reasons,
            f"Waived, with reasons below: {first_of(list(rules), SHOWN_RULES)}",
        )
    return (*reasons, *said)


def head(
    tree: ReportedTree, chosen: Sequence[tuple[str, str]], later: Sequence[tuple[str, str]]
) -> Facts:
    """What is read first: the verdict, the model to take and why, and what to do first.

    ``chosen`` says which model, ``later`` what else is to be said of the models. Where the tree is
    rejected, what to mend comes before them.
    """
    verdict, *others = verdicts(tree).pairs
    first = first_step(tree)
    todo = [(first_label(tree), first)] if first else []
    order = [*chosen, *todo] if tree.report.passed else [*todo, *chosen]
    said = [verdict, *order, *later]
    tones = dict(verdicts(tree).tones)
    tones.update({text: "pick" for name, text in chosen if name != "Why"})
    if wrong := _rejected(tree):
        said.append(("Rejected", wrong))
        tones[wrong] = "bad"
    if busy := disturbed(tree.rows):
        said.append(("Disturbed runs", busy))
    return Facts(pairs=(*said, *others), tones=tones)


def called(tree: ReportedTree) -> str:
    """How the chosen model is called: it is submitted only where its runs may be."""
    if tree.runs and submittable(tree):
        return "Model to submit"
    several = len({result.benchmark for result in tree.report.results}) > 1
    return "Best model" if several else "Model"


def _rejected(tree: ReportedTree) -> str:
    """``mini_70 in Server (PRF008: what is wrong)``: every model that the rules reject, and why."""
    faults = {finding.rule: finding.fault for finding in tree.report.findings}
    said = []
    for entry in entries(tree):
        by_rules: dict[tuple[str, ...], list[str]] = {}
        for scenario, result in entry.results.items():
            if result.verdict is Verdict.INVALID:
                by_rules.setdefault(result.reasons, []).append(scenario)
        on = f" on {entry.any.system}" if _several_systems(tree) else ""
        for rules, scenarios in by_rules.items():
            more = f"; and {counted(len(rules) - 1, 'more rule')}" if len(rules) > 1 else ""
            fault = f" ({rules[0]}: {faults.get(rules[0], '')}{more})" if rules else ""
            said.append(f"{entry.any.benchmark} in {listed_words(scenarios)}{on}{fault}")
    return first_of(said, SHOWN_REJECTED, separator="; ")


def verdicts(tree: ReportedTree) -> Facts:
    """Whether it is accepted, by the rules and by the official checker, and what was warned of."""
    report = tree.report
    results = report.results
    words = rules_words(tree)
    listed = sum(result.official is OfficialVerdict.OK for result in results)
    official = f"Would list {listed} of {len(results)} results"
    tone = "good" if listed == len(results) else "bad"
    passed_by = [r for r in results if r.official is OfficialVerdict.OK and r.reasons]
    if passed_by:
        # of a tree that the rules reject green would be read as "fine after all"
        rules = sorted({rule for result in passed_by for rule in result.reasons})
        official += f", since it does not see {first_of(rules, SHOWN_WARNINGS)}"
        tone = "warn"
    tones = {words: verdict_tone(report), official: tone}
    pairs = [("By the rules", words), ("By the official checker", official)]
    if warned := _warnings(tree):
        pairs.append(("Other warnings", warned))
    return Facts(pairs=tuple(pairs), tones=tones)


def rules_words(tree: ReportedTree) -> str:
    """The verdict of the rules; one that needs waivers says so first, as it is none to submit."""
    return verdict_line(tree.report, waivers=tree.waivers)


def _warnings(tree: ReportedTree) -> str:
    """``6 of ACC008 (what is wrong), 2 of SYS006 (…)``: those that are no step, most first."""
    named = {s.first.rule for block in to_do(tree) for s in block.steps if isinstance(s, Remedy)}
    found = Counter(
        (each.rule, each.fault)
        for each in tree.report.of(Severity.WARNING)
        if each.rule not in named
    )
    said = [f"{count} of {rule} ({fault})" for (rule, fault), count in found.most_common()]
    return first_of(said, SHOWN_WARNINGS)


def facts(tree: ReportedTree) -> list[Facts]:
    """When it was measured, and on which machines."""
    names = list(tree.systems)
    pairs = [("Measured", tree.measured)]
    pairs += [("System", _machine(tree, name)) for name in names[:SHOWN_SYSTEMS]]
    if len(names) > SHOWN_SYSTEMS:
        more = counted(len(names) - SHOWN_SYSTEMS, "more system")
        pairs.append(("Also", f"{more}, described below"))
    said = tuple((name, text) for name, text in pairs if text)
    return [Facts(pairs=said)] if said else []


def _machine(tree: ReportedTree, name: str) -> str:
    """``node: 2 x Xeon 8480+ (56 cores); OpenVINO; CentOS``, as far as it is said."""
    described = tree.systems[name]
    used = dict.fromkeys(filter(None, map(cpus_used, runs_on(tree, name))))
    parts = [
        processor(described),
        f"runs used {', '.join(used)}" if used else "",
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
    return short_unit(units.pop()).lower()


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
        *_verdicts(line),
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


def _verdicts(line: Entry) -> tuple[str, str]:
    """Both verdicts; where not all scenarios are accepted, which and by which rules."""
    results = line.results
    waived = any(waived_rules(line.tree.report, result) for result in results.values())
    wrong = {
        name: result.reasons
        for name, result in results.items()
        if result.verdict is Verdict.INVALID
    }
    words = "; ".join(f"{name} {', '.join(rules)}" for name, rules in wrong.items())
    refused = [name for name, r in results.items() if r.official is not OfficialVerdict.OK]
    all_refused = len(refused) == len(results)
    return (
        f"invalid: {words}" if wrong else WITH_WAIVERS if waived else "valid",
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
