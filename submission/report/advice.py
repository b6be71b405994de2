"""Which model stands out, and why, in the first sentences of the page.

Compared are the models of one system over one data set. The dense baseline is what the others are
compared with, so it is never counted among them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from submission.checks.reports.document import Text
from submission.report.facts import FIT_SHARE, Reference, Row
from submission.wording import first_of, first_upper, listed_words, significant

MANY_SYSTEMS = 5
"""From this many systems on those of a single model have no sentence of their own."""

SHOWN_FASTER = 2
_PERCENT = 100.0
_FIT = f"at least {FIT_SHARE * _PERCENT:g} %"
FASTER = f"Faster, but below {FIT_SHARE * _PERCENT:g} %"
NONE_VALID = "none: no model is valid by the rules in all of its scenarios"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The model to take over one data set, and why; each part is a sentence or empty.

    ``names`` has one model by the empty text, or one for each scenario. ``claim`` says why it,
    ``figures`` are its own. ``others`` are faster, but less accurate.
    """

    names: Mapping[str, str]
    claim: str
    figures: str = ""
    others: str = ""
    data: str = ""

    @property
    def why(self) -> str:
        """The claim with its figures."""
        return ": ".join(filter(None, (self.claim, self.figures)))


def choices(rows: Sequence[Row], references: Sequence[Reference]) -> list[Choice]:
    """Which model stands out over each data set: the fastest valid one that is accurate enough.

    Empty where no model is valid in all of its scenarios.
    """
    rated = _rated(rows)
    found = []
    for data in dict.fromkeys(row.data for row in rated):
        group = [row for row in rated if row.data == data]
        picked = _pick_of_scenarios(rows, group, references)
        found.append(picked or _choice(group, rows, references))
    return found


def choice_facts(
    rows: Sequence[Row], references: Sequence[Reference], *, called: str
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """What is read first of the choice, and what may come later, as names and texts.

    ``called`` names the chosen model: it is submitted, or only looked at.
    """
    if not rows:
        return [], []
    found = choices(rows, references)
    if not found:
        return [(called, first_upper(NONE_VALID))], []
    first, later = [], []
    for each in found:
        over = f" on {each.data}" if len(found) > 1 and each.data else ""
        for scenario, name in each.names.items():
            first.append((f"{called}{f', {scenario}' if scenario else ''}{over}", name))
        first.append(("Why", first_upper(each.why)))
        if each.others:
            later.append((FASTER, each.others))
    return first, later


def advice(rows: Sequence[Row], references: Sequence[Reference]) -> list[Text]:
    """The best model of each system, where there are several, and systems without a valid one."""
    rated = _rated(rows)
    if not rated:
        return []
    return [*map(_text, _best(rows, rated, references)), *_without_valid(rows, rated)]


def _text(words: str) -> Text:
    return Text(text=words)


def _rated(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if not row.rejected and (row.server or row.offline)]


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


def disturbed(rows: Iterable[Row]) -> str:
    """Which runs had not the processors to themselves, and what follows; empty for none."""
    found = [
        f"{row.label} in {scenario} ({share * _PERCENT:.0f} %)"
        for row in rows
        for scenario, share in row.disturbed.items()
    ]
    return disturbed_words(found)


def disturbed_words(runs: Sequence[str]) -> str:
    """What follows of runs that shared the processors with others; empty for none."""
    if not runs:
        return ""
    these, them = ("this rate", "it") if len(runs) == 1 else ("these rates", "them")
    return (
        f"Other processes used a share of the processors during {listed_words(runs)}: "
        f"{these} may be too low, and ratios to {them} are uncertain"
    )


def _pick_of_scenarios(
    rows: Sequence[Row], group: Sequence[Row], references: Sequence[Reference]
) -> Choice | None:
    """The fastest of all systems in each scenario; None where one model is the whole story."""
    fit = [r for r in group if fits(r, references) and not is_dense(r)]
    among = fit or group
    offline = max((r for r in among if r.offline), key=lambda r: r.offline or 0, default=None)
    server = max((r for r in among if r.server), key=_scheduled, default=None)
    found = [row for row in (offline, server) if row is not None]
    places = {(row.tree, row.system) for row in group}
    if not found or (len(places) == 1 and all(row is found[0] for row in found)):
        return None
    several = len({row.tree for row in group}) > 1
    names = {}
    if server is not None:
        value = f"{significant(_scheduled(server))} queries/s"
        names["Server"] = _pick(server, value, several=several)
    if offline is not None:
        value = f"{significant(offline.offline or 0.0)} samples/s"
        names["Offline"] = _pick(offline, value, several=several)
    run = [row for row in rows if row.data == group[0].data]
    for scenario, has in (
        ("Server", any(r.server for r in run)),
        ("Offline", any(r.offline for r in run)),
    ):
        if has and scenario not in names:
            names[scenario] = "none is valid"
    of = " or ".join(dict.fromkeys("FP32" if r.fp32_f1 is not None else "dense" for r in fit))
    count = len({(row.tree, row.benchmark) for row in among})
    on = f" on {group[0].data}" if group[0].data else ""
    systems = len({(row.tree, row.system) for row in among})
    over = f" on {systems} systems" if systems > 1 else ""
    models = "the one valid model" if count == 1 else f"the {count} valid models"
    each = "each the fastest in its scenario" if len(set(names.values())) > 1 else "fastest"
    why = f"{each} of {models}{over}{f' with {_FIT} of the {of} F1' if fit else ''}{on}"
    return Choice(names=names, claim=why, data=group[0].data)


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


def _best(
    rows: Sequence[Row], rated: Sequence[Row], references: Sequence[Reference]
) -> Iterator[str]:
    """The choice on each system, where there are several."""

    def place(row: Row) -> tuple[str, str, str]:
        return row.tree, row.system, row.data

    groups = [list(group) for _, group in groupby(sorted(rated, key=place), key=place)]
    if len({(row.tree, row.system) for row in rated}) == 1:
        return
    for group in groups:
        if len(group) == 1 and len(groups) >= MANY_SYSTEMS:
            continue  # a long list of single models repeats the table
        tree = f"{group[0].tree}, " if len({row.tree for row in rated}) > 1 else ""
        each = _choice(group, rows, references)
        faster = f" {FASTER}: {each.others}." if each.others else ""
        yield f"{tree}{group[0].system}: {each.names['']}, {each.why}.{faster}"


def _choice(group: Sequence[Row], rows: Sequence[Row], references: Sequence[Reference]) -> Choice:
    """The fastest model of a system that is accurate enough, and what is faster but is not."""
    others = [row for row in group if not is_dense(row)]
    fit = [row for row in others if fits(row, references)]
    best = fastest(fit or others or group)
    faster = [r for r in others if fit and r not in fit and fastest([best, r]) is r]
    left_out = any(
        row.rejected and (row.tree, row.system) == (best.tree, best.system) for row in rows
    )
    why = _claim(best, group, fit, references, left_out=left_out)
    share = f"({_percent(best, references)}"
    if share not in why and _share(best, references) is not None and not is_dense(best):
        why += f" {share} of {_of(best)})"
    on = f" on {best.data}" if best.data and not best.whole_squad else ""
    figures = f"{_rates(best, references)} at F1 {significant(best.f1)}{on}"
    return Choice(
        names={"": best.benchmark},
        claim=why,
        figures=figures,
        others=_faster(faster, references),
        data=best.data,
    )


def _claim(
    best: Row,
    group: Sequence[Row],
    fit: Sequence[Row],
    references: Sequence[Reference],
    *,
    left_out: bool,
) -> str:
    """Why it is the one of ``group``; ``left_out``: others are rejected."""
    others = [row for row in group if not is_dense(row)]
    valid = "valid " if left_out else ""
    if is_dense(best):
        return f"the dense baseline, {'since no other model is valid' if left_out else 'alone'}"
    if len(others) == 1:
        beside = " beside the dense baseline" if len(group) > 1 else ""
        which = "valid in all its scenarios" if left_out else "" if beside else "measured"
        return f"the only model {which}".rstrip() + beside
    enough = f"with {_FIT} of {_of(best)}"
    if fit:
        # the dense one has all of its own F1: it is no "only model" beside a pruned one
        only = "pruned model" if best.sparsity_percent else "model beside the dense baseline"
        alone = f"only {valid}{only if any(map(is_dense, group)) else 'model'}"
        which = alone if len(fit) == 1 else f"fastest of {len(fit)} {valid}models"
        return f"the {which} {enough} ({_percent(best, references)})"
    known = any(_share(row, references) is not None for row in others)
    none = f"; none has {_FIT} of {_of(best)}" if known else ""
    return f"the fastest of {len(others)} {valid}models{none}"


def _percent(row: Row, references: Sequence[Reference]) -> str:
    return f"{(_share(row, references) or 0.0) * _PERCENT:.1f} %"


def _of(row: Row) -> str:
    return "the FP32 F1" if row.fp32_f1 is not None else f"the F1 of the dense {row.compared_with}"


def _faster(rows: Sequence[Row], references: Sequence[Reference]) -> str:
    """``m (95.6 %; 110.2 queries/s in Server)``: faster, but less accurate; empty for none."""
    if not rows:
        return ""
    said = [
        f"{row.benchmark} ({_percent(row, references)}; {_plain_rates(row)})"
        for row in sorted(rows, key=lambda row: (_scheduled(row), row.offline or 0), reverse=True)
    ]
    return first_of(said, SHOWN_FASTER)


def is_dense(row: Row) -> bool:
    """Whether a model is the baseline that its tree compares the others with."""
    return row.benchmark == row.compared_with


def fits(row: Row, references: Sequence[Reference]) -> bool:
    """Whether a model has enough of the F1 that its own is a share of."""
    return (_share(row, references) or 0.0) >= FIT_SHARE


def _share(row: Row, references: Sequence[Reference]) -> float | None:
    if row.fp32_f1 is not None:
        return row.f1 / row.fp32_f1 if row.whole_squad else None
    reference = next((each for each in references if each.compares(row)), None)
    return row.f1 / reference.f1 if reference and reference.f1 else None


def _rates(row: Row, references: Sequence[Reference]) -> str:
    """The rates, each with how many times the dense baseline's it is, where that is known."""
    reference = next((each for each in references if each.compares(row)), None)
    if reference is None or reference.name == row.benchmark:
        return _plain_rates(row)
    completed = row.server.completed if row.server else None
    baseline = f"dense {reference.name}" if reference.measured else "published dense baseline"
    parts, of = [], f" the {baseline}"
    for scenario, rate, own, its in (
        ("Server", _server_rate(row), completed, reference.server_completed),
        ("Offline", _offline_rate(row), row.offline, reference.offline),
    ):
        if rate and own and its:
            doubt = _doubt(own=scenario in row.disturbed, its=scenario in reference.disturbed)
            parts.append(f"{rate} ({own / its:.1f}x{of}{doubt})")
            of = ""  # said once is enough
        elif rate:
            parts.append(rate)
    return " and ".join(parts)


def _doubt(*, own: bool, its: bool) -> str:
    """Which way a ratio may be wrong: a run that shared the processors may be too slow."""
    if own and its:
        return "; uncertain, both runs were disturbed"
    if own:
        return "; may be too low, its run was disturbed"
    return "; may be too high, the dense run was disturbed" if its else ""


def _plain_rates(row: Row) -> str:
    return " and ".join(filter(None, (_server_rate(row), _offline_rate(row))))


def _server_rate(row: Row) -> str:
    return f"{significant(row.server.scheduled)} queries/s in Server" if row.server else ""


def _offline_rate(row: Row) -> str:
    return "" if row.offline is None else f"{significant(row.offline)} samples/s in Offline"
