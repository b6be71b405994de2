"""Two trees side by side: the verdict first, then the figures, then what differs, then the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from submission.checks.reports.document import (
    Block,
    Facts,
    Fold,
    Heading,
    Table,
    Text,
    verdict_tone,
)
from submission.policy import load_policy
from submission.report.advice import disturbed_words
from submission.report.facts import FIT_SHARE, ReportedTree, Row, mapping
from submission.report.judgement import TreeJudgement, judge, ranges, taken
from submission.report.machines import HARDWARE, KIT_WORDS, descriptions, machines, unequal
from submission.report.overview import rules_words, without_empty
from submission.report.pairs import (
    NOISE,
    ModelPair,
    SharedFigure,
    TreePairs,
    compare,
    figures,
    is_fit,
    late_over_median,
    stand_ins,
    times,
)
from submission.report.steps import errors, first_of_both
from submission.report.tables import figure, ratio
from submission.report.unmatched import Better
from submission.squad.bootstrap import Interval
from submission.wording import first_of, listed_words, significant

MACHINES = "Machines"
INTERVAL = "95 % interval"
HEAD = ("model", "figure", "A", "B", "B / A", INTERVAL, "better")
DETAIL_HEAD = ("model", "figure", "A", "B", "B / A")
TONES = {str(Better.B): "good", str(Better.A): "bad"}
SHOWN_NAMES = 6
SEVERAL = 2
"""From this many models of one name on there is a sentence on all of them."""


def comparison(first: ReportedTree, second: ReportedTree) -> tuple[list[Block], list[Block]]:
    """What is to be read first, and what may be folded away."""
    found = compare(first, second)
    policy = load_policy(second.report.round)
    of_pair = [(pair, list(figures(pair, policy))) for pair in found.shown]
    pairs = [pair for pair, _ in of_pair]
    judged = list(_judged(of_pair))
    hints = [
        (MACHINES, _other_machines(first, second, pairs)),
        ("Disturbed runs", _disturbed(pairs)),
    ]
    verdicts = standing((first, second), taken(judged), [(n, text) for n, text in hints if text])
    compared: list[Block] = [*_stand_ins(found), *_headlines(found, judged)]
    # "as fast as" says little of a tree that is rejected: its verdict is read first
    passed = first.report.passed and second.report.passed
    top = [
        *([*compared, verdicts] if passed else [verdicts, *compared]),
        *_in_figures(found, judged),
        *errors(first, "To mend in A"),
        *errors(second, "To mend in B"),
        *_results(of_pair),
        *_left_out(found),
        Heading(text="What differs between the systems"),
        *_differences(first, second, pairs),
    ]
    return top, [*_details(found), *_descriptions(first, second)]


def _judged(
    of_pair: Sequence[tuple[ModelPair, list[SharedFigure]]],
) -> Iterator[tuple[str, TreeJudgement]]:
    """Each benchmark that both have with the judgement on it."""
    fastest = [(pair, own) for pair, own in of_pair if pair.fastest]
    for benchmark, group in groupby(fastest, key=lambda each: each[0].fastest):
        yield benchmark, judge(benchmark, [f for _, own in group for f in own])


def _headlines(found: TreePairs, judgements: Sequence[tuple[str, TreeJudgement]]) -> Iterator[Text]:
    """A sentence for each benchmark that both have."""
    for _, judged in judgements:
        yield _lead(judged.headline, judged.better)
    matched = {benchmark for benchmark, _ in judgements}
    for each in found.unmatched:
        if each.benchmark not in matched:
            yield _lead(str(each), each.better)
    if not judgements and not found.unmatched:
        yield _lead("The two trees have no benchmark in common.", None)


def _in_figures(
    found: TreePairs, judgements: Sequence[tuple[str, TreeJudgement]]
) -> Iterator[Text]:
    """The figures behind each headline, and those of all models of one name."""
    for benchmark, judged in judgements:
        if words := " ".join(filter(None, (judged.figures, judged.left_out))):
            yield Text(text=f"{benchmark}: {words}" if len(judgements) > 1 else words)
    if len(found.named) >= SEVERAL:
        policy = load_policy(found.named[0].b.tree.report.round)
        of_named = [list(figures(pair, policy)) for pair in found.named]
        shown = [own for own in of_named if any(not each.hindrance for each in own)]
        whole = ranges(each for own in shown for each in own)
        count, all_of = len(shown), len(found.named)
        if whole and count >= SEVERAL:
            many = f"{count} models" if count == all_of else f"{count} of {all_of} models"
            left = any(each.hindrance for own in shown for each in own)
            without = " (without the figures that the table does not judge)" if left else ""
            yield Text(text=f"The {many} of one name in both{without}: {whole}.")


def _stand_ins(found: TreePairs) -> Iterator[Text]:
    """A model that is invalid in one tree alone: what is slower then is another model."""
    kept: dict[tuple[Better, str, str, tuple[str, ...]], list[str]] = {}
    for side, model, other, scenario, rules in stand_ins(found):
        kept.setdefault((side, model, other, rules), []).append(scenario)
    for (side, model, other, rules), scenarios in kept.items():
        why = f" ({', '.join(rules)})" if rules else ""
        yield Text(
            text=f"{model} in {listed_words(scenarios)} is invalid in {side} alone{why}; compared "
            f"with it there is {other} of {side}.",
            tone="warn",
        )


def _other_machines(first: ReportedTree, second: ReportedTree, pairs: Iterable[ModelPair]) -> str:
    """Whether the figures are of other machines, before anybody takes a ratio for a model's."""
    names = dict.fromkeys(
        name for _, rows in _unlike(first, second, pairs) for name, *_ in rows if name in HARDWARE
    )
    if not names:
        return ""
    return (
        f"A and B ran on different ones ({listed_words(list(names))} differ): the ratios are of "
        "machines as much as of models"
    )


def _unlike(
    first: ReportedTree, second: ReportedTree, pairs: Iterable[ModelPair]
) -> Iterator[tuple[tuple[str, str], tuple[tuple[str, str, str], ...]]]:
    """Each two systems that results are compared of, with what differs between them."""
    for a, b in dict.fromkeys((pair.a.any.system, pair.b.any.system) for pair in pairs):
        yield (a, b), tuple(unequal(*machines((first, a), (second, b))))


def _lead(text: str, better: Better | None) -> Text:
    return Text(text=text, tone=f"lead {TONES.get(str(better), '')}".strip())


def _left_out(found: TreePairs) -> Iterator[Text]:
    """What is not in the table of results."""
    matched = {pair.fastest for pair in found.fastest}
    lines = [str(each) for each in found.unmatched if each.benchmark in matched]
    lines += [
        f"Other results of {side}, not in the table: {first_of(names, SHOWN_NAMES)}."
        for side, names in found.others
    ]
    yield from (Text(text=line, tone="note") for line in lines)


def _results(of_pair: Sequence[tuple[ModelPair, list[SharedFigure]]]) -> Iterator[Block]:
    rows = tuple(_row(pair, each) for pair, own in of_pair for each in own)
    if not rows:
        return
    table = Table(
        caption="Results side by side",
        head=HEAD,
        rows=rows,
        numeric=frozenset(range(2, 6)),
        tones=dict.fromkeys(TONES, "good"),  # who is better is no bad news in its column
        cards=True,
    )
    shown = without_empty(table)
    yield shown
    interval = (
        "95 % interval: where the ratio of the accuracies may lie, since the questions are a "
        "sample (a paired bootstrap over them). "
    )
    chosen = any(pair.fastest and any(map(is_fit, pair.sides)) for pair, _ in of_pair)
    fastest = (
        f"The fastest is that of the models with at least {FIT_SHARE * 100:g} % of the dense F1, "
        "or of all valid ones where a tree has none of those. "
    )
    yield Text(
        text=f"{interval if INTERVAL in shown.head else ''}{fastest if chosen else ''}A tree holds "
        f"one run of each rate; rates within {NOISE * 100:g} % of each other are called the same.",
        tone="note",
    )


def _disturbed(pairs: Iterable[ModelPair]) -> str:
    """Which of the compared runs had not the processors to themselves."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for pair in pairs:
        for side, entry in zip("AB", pair.sides, strict=True):
            for scenario in pair.scenarios:
                if entry.row is not None and scenario in entry.row.disturbed:
                    share = f"{entry.row.disturbed[scenario] * 100:.0f} %"
                    found.setdefault((entry.any.benchmark, scenario), {})[side] = share
    return disturbed_words(
        [
            f"{model} of {' and '.join(by_side)} in {scenario} "
            f"({' and '.join(dict.fromkeys(by_side.values()))})"
            for (model, scenario), by_side in found.items()
        ]
    )


def _row(pair: ModelPair, each: SharedFigure) -> tuple[str, ...]:
    title = f"{pair.title} (fastest {pair.fastest})" if pair.fastest else pair.title
    return (
        title,
        f"{each.name} [{each.unit}]" if each.unit else each.name,
        significant(each.a),
        significant(each.b),
        times(each.ratio),
        str(each.interval or ""),
        str(each.better or "") or (f"not judged: {each.hindrance}" if each.hindrance else ""),
    )


def _differences(
    first: ReportedTree, second: ReportedTree, pairs: Iterable[ModelPair]
) -> Iterator[Block]:
    """What differs between the machines of the results above, and between the trees' runs."""
    done: set[tuple[tuple[str, ...], ...]] = set()
    for systems, rows in _unlike(first, second, pairs):
        if not rows:
            yield Text(text=f"{_both(*systems)}: the same machine and software.")
        elif rows not in done:
            yield _table(f"Systems: {_both(*systems)}", rows)
        done.add(rows)
    rows = tuple(unequal(_runs(first), _runs(second)))
    lacking = [tree.label for tree in (first, second) if not tree.runs]
    if len(lacking) == 1:
        # of a tree that says nothing of its runs everything would differ
        rows = tuple(row for row in rows if row[0] in {"round", "measured"})
        words = "holds no run metadata, as only trees of this kit do: runs cannot be compared."
        yield Text(text=f"{lacking[0]} {words}", tone="note")
    if rows:
        yield _table("Runs", rows)
    elif first.runs and second.runs:
        yield Text(text="The runs were made alike: kit, versions, image and plans are the same.")


def _both(a: str, b: str) -> str:
    return a if a == b else f"{a} (A), {b} (B)"


def _table(caption: str, rows: tuple[tuple[str, ...], ...]) -> Table:
    return Table(caption=caption, head=("field", "A", "B"), rows=rows, cards=True)


def _runs(tree: ReportedTree) -> dict[str, str]:
    """How the runs of a tree were made, as its metadata say: each field with all its values."""
    found: dict[str, dict[str, None]] = {}
    found["round"] = {tree.report.round: None}
    if tree.measured:
        found["measured"] = {tree.measured: None}
    for run in tree.runs.values():
        for name, value in _of_run(run):
            if value is not None and value != "":
                found.setdefault(name, {})[str(value)] = None
    return {name: ", ".join(values) for name, values in found.items()}


def _of_run(run: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    harness, image, data = (mapping(run.get(name)) for name in ("harness", "image", "dataset"))
    plan = mapping(harness.get("plan"))
    yield from ((name, run.get(name)) for name in ("kit", "profile", "runner", "engine"))
    yield "campaign engine", mapping(run.get("fleet")).get("engine")
    yield "image", str(image.get("id", ""))[:19]
    yield from mapping(harness.get("versions")).items()
    yield "data set", data.get("name")
    yield "precision", mapping(plan.get("asked")).get("inference_precision")
    yield "streams", mapping(plan.get("used")).get("streams")
    yield "processors allowed", mapping(run.get("host")).get("cpus_allowed")


def _details(found: TreePairs) -> Iterator[Block]:
    """Every figure of the models of one name."""
    rows = [
        (pair.title, *line)
        for pair in found.named
        if pair.a.row is not None and pair.b.row is not None
        for line in _lines(pair.a.row, pair.b.row)
    ]
    if not rows:
        return
    table = Table(
        caption="Models of one name",
        head=DETAIL_HEAD,
        rows=tuple(rows),
        numeric=frozenset({2, 3, 4}),
        cards=True,
    )
    yield Fold(title="Every figure, model by model", blocks=(table,))


def _lines(a: Row, b: Row) -> Iterator[tuple[str, ...]]:
    if a.data == b.data:
        f1 = b.scores.f1_ratio(a.scores) if b.scores else None
        exact = b.scores.exact_ratio(a.scores) if b.scores else None
        yield from _sure(_line("F1 [%]", a.f1, b.f1), f1)
        yield from _sure(_line("exact match [%]", a.exact_match, b.exact_match), exact)
    yield from _line("sparsity [%]", a.sparsity_percent, b.sparsity_percent)
    if a.server and b.server:
        one, two = a.server, b.server
        yield from _line("Server scheduled [queries/s]", one.scheduled, two.scheduled)
        yield from _line("Server completed [queries/s]", one.completed, two.completed)
        for percentile in sorted(one.latencies_ms.keys() & two.latencies_ms.keys()):
            label = f"Server {float(percentile):g}th percentile [ms]"
            yield from _line(label, one.latencies_ms[percentile], two.latencies_ms[percentile])
        yield from _line(
            "Server latency, 99th over 50th percentile", late_over_median(a), late_over_median(b)
        )
        yield from _line("Server bound [ms]", one.bound_ms, two.bound_ms)
    yield from _line("Offline [samples/s]", a.offline, b.offline)


def _line(label: str, a: float | None, b: float | None) -> Iterator[tuple[str, ...]]:
    if a is not None or b is not None:
        yield label, figure(a), figure(b), ratio(b, a, 3)


def _sure(lines: Iterator[tuple[str, ...]], interval: Interval | None) -> Iterator[tuple[str, ...]]:
    """The lines with the interval of their ratio in brackets, where that is known."""
    for line in lines:
        yield line if interval is None else (*line[:-1], f"{line[-1]} ({interval})")


def _descriptions(first: ReportedTree, second: ReportedTree) -> Iterator[Block]:
    """Fields of the system descriptions that differ, system by system."""
    if len(first.systems) == len(second.systems) == 1:
        pairs = [(*first.systems, *second.systems)]
    else:
        pairs = [(name, name) for name in first.systems if name in second.systems]
    blocks: list[Block] = []
    for a, b in pairs:
        one, two = descriptions((first, a), (second, b))
        rows = tuple(unequal(one, two))
        if rows:
            blocks.append(_table(_both(a, b), rows))
    if blocks and first.runs and second.runs:
        blocks.append(Text(text=KIT_WORDS, tone="note"))
    if blocks:
        title = "Every field of the system descriptions that differs"
        yield Fold(title=title, blocks=tuple(blocks))


def standing(
    trees: tuple[ReportedTree, ReportedTree],
    take: str,
    hints: Sequence[tuple[str, str]] = (),
) -> Facts:
    """Whether the rules accept each tree, what to do first, and what to bear in mind."""
    words = [rules_words(tree) for tree in trees]
    tones = {said: verdict_tone(tree.report) for said, tree in zip(words, trees, strict=True)}
    pairs = [(f"{tree.label}, by the rules", said) for said, tree in zip(words, trees, strict=True)]
    if todo := first_of_both(*trees, take, machines_differ=any(n == MACHINES for n, _ in hints)):
        pairs.append(("Do first", todo))
    return Facts(pairs=(*pairs, *hints), tones=tones)
