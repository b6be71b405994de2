"""Which model stands out, and why, in the first sentences of the page.

Compared are the models of one system over one data set. The dense baseline is what the others are
compared with, so it is never counted among them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from submission.checks.reports.document import Text
from submission.report.facts import FIT_SHARE, Reference, Row
from submission.wording import first_of, listed_words, significant

MANY_SYSTEMS = 5
"""From this many systems on those of a single model have no sentence of their own."""

SHOWN_FASTER = 2
_PERCENT = 100.0
_FIT = f"at least {FIT_SHARE * _PERCENT:g} %"


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
    return [*found, *_disturbed(rated), *_without_valid(rows, rated)]


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


def _disturbed(rows: Iterable[Row]) -> Iterator[Text]:
    """Which of the runs behind these figures had not the processors to themselves."""
    found = [
        f"{row.label} {scenario} ({share * _PERCENT:.0f} %)"
        for row in rows
        for scenario, share in row.disturbed.items()
    ]
    if found:
        yield Text(
            text="Disturbed by other processes, which took a share of the processors: "
            f"{listed_words(found)}. These rates may be too low, and what is compared with them is "
            "uncertain: measure again on a quiet machine (WAIT_FOR_QUIET=30 waits half an hour "
            "for one).",
            tone="warn",
        )


def _picks(
    rows: Sequence[Row], rated: Sequence[Row], references: Sequence[Reference]
) -> Iterator[str]:
    """The fastest over all systems in each scenario, where that is more than one model's story."""
    for data in dict.fromkeys(row.data for row in rated):
        group = [row for row in rated if row.data == data]
        fit = [r for r in group if fits(r, references) and not is_dense(r)]
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
        of = " or ".join(dict.fromkeys("FP32" if r.fp32_f1 is not None else "dense" for r in fit))
        why = (
            f"the {len(fit)} valid models with {_FIT} of the {of} F1" if fit else "all valid models"
        )
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
        if len(group) == 1 and len(groups) >= MANY_SYSTEMS:
            continue  # a long list of single models says nothing that the table does not
        tree = f"{group[0].tree}, " if len({row.tree for row in rows}) > 1 else ""
        place = f"{tree}{group[0].system}: " if len(groups) > 1 else ""
        yield f"{place}{_choice(group, references)}"


def _choice(group: Sequence[Row], references: Sequence[Reference]) -> str:
    """The fastest model of a system that is accurate enough, and what is faster but is not."""
    others = [row for row in group if not is_dense(row)]
    fit = [row for row in others if fits(row, references)]
    best = fastest(fit or others or group)
    faster = [r for r in others if fit and r not in fit and fastest([best, r]) is r]
    claim = _claim(best, others, fit, references)
    words = f"{best.benchmark}{claim}: {_rates(best, references)} at F1 {significant(best.f1)}"
    if _FIT not in claim and _share(best, references) is not None and not is_dense(best):
        words += f", {_percent(best, references)} of {_of(best)}"
    if best.data and not best.whole_squad:
        words += f", on {best.data}"
    return f"{words}.{_faster(faster, references)}"


def _claim(
    best: Row, others: Sequence[Row], fit: Sequence[Row], references: Sequence[Reference]
) -> str:
    """Why it is the one; nothing where there is no other to choose."""
    if is_dense(best):
        return ", the dense baseline"
    if len(others) == 1:
        return ""
    enough = f"with {_FIT} of {_of(best)}"
    if fit:
        which = "only model" if len(fit) == 1 else f"fastest of {len(fit)} models"
        return f" is the {which} {enough} ({_percent(best, references)})"
    known = any(_share(row, references) is not None for row in others)
    return f" is the fastest of {len(others)} models{f'; there is none {enough}' if known else ''}"


def _percent(row: Row, references: Sequence[Reference]) -> str:
    return f"{(_share(row, references) or 0.0) * _PERCENT:.1f} %"


def _of(row: Row) -> str:
    return "the FP32 F1" if row.fp32_f1 is not None else f"the F1 of the dense {row.compared_with}"


def _faster(rows: Sequence[Row], references: Sequence[Reference]) -> str:
    """`` Faster, but less accurate: m (110.2 queries/s, 95.6 %).``; empty for none."""
    if not rows:
        return ""
    said = [
        f"{row.benchmark} ({_percent(row, references)}; {_plain_rates(row)})"
        for row in sorted(rows, key=lambda row: (_scheduled(row), row.offline or 0), reverse=True)
    ]
    return f" Faster, but below {FIT_SHARE * _PERCENT:g} %: {first_of(said, SHOWN_FASTER)}."


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
    parts, of = [], " the dense baseline"
    for scenario, rate, own, its in (
        ("Server", _server_rate(row), completed, reference.server_completed),
        ("Offline", _offline_rate(row), row.offline, reference.offline),
    ):
        if rate and own and its:
            word = ", disturbed" if scenario in {*row.disturbed, *reference.disturbed} else ""
            parts.append(f"{rate} ({own / its:.1f}x{of}{word})")
            of = ""  # said once is enough
        elif rate:
            parts.append(rate)
    return " and ".join(parts)


def _plain_rates(row: Row) -> str:
    return " and ".join(filter(None, (_server_rate(row), _offline_rate(row))))


def _server_rate(row: Row) -> str:
    return f"{significant(row.server.scheduled)} queries/s in Server" if row.server else ""


def _offline_rate(row: Row) -> str:
    return "" if row.offline is None else f"{significant(row.offline)} samples/s in Offline"
