"""Which of two trees is better in a benchmark, by all figures that can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from submission.report.pairs import SharedFigure, times
from submission.report.unmatched import Better
from submission.wording import first_upper, listed_words


@dataclass(frozen=True, kw_only=True)
class TreeJudgement:
    """Which tree is better in a benchmark: in a sentence, by which figures, and what was left out.

    ``better`` is None where neither is better in all that can be compared, or nothing can be:
    ``compared`` says which.
    """

    headline: str
    better: Better | None
    figures: str
    left_out: str
    compared: bool = True


def judge(benchmark: str, found: Sequence[SharedFigure]) -> TreeJudgement:
    """The judgement by all figures of a benchmark's fastest results."""
    judged = [each for each in found if each.better is not None]
    speed = _whole(each.better for each in judged if each.is_rate)
    score = _whole(each.better for each in judged if not each.is_rate)
    ahead = {speed, score} - {_Side.SAME, _Side.NONE}
    one = ahead.pop() if len(ahead) == 1 else None
    kept: dict[str, list[str]] = {}
    for each in found:
        if each.hindrance and each.name not in kept.setdefault(each.hindrance, []):
            kept[each.hindrance].append(each.name)
    said = list(dict.fromkeys(each.words for each in judged if each.is_rate))
    scores = [each for each in judged if not each.is_rate]
    if scores:
        said.append(scores[0].words if len(scores) == 1 else ranges(scores))
    return TreeJudgement(
        headline=f"{benchmark}: {_headline(speed, score)}.",
        better=_BETTER.get(one) if one else Better.SAME if _Side.SAME in {speed, score} else None,
        compared=bool(judged),
        figures=f"{', '.join(said)}." if said else "",
        left_out=" ".join(
            f"Not judged: {listed_words(names)} ({why})." for why, names in kept.items()
        ),
    )


def taken(judged: Iterable[tuple[str, TreeJudgement]]) -> str:
    """Which tree to take, by the judgements on all benchmarks; empty where nothing is compared."""
    sides: dict[Better, list[str]] = {}
    open_to: list[str] = []
    for benchmark, each in judged:
        if each.better is not None:
            sides.setdefault(each.better, []).append(benchmark)
        elif each.compared:
            open_to.append(benchmark)
    same = sides.pop(Better.SAME, [])
    one = len(sides) == 1 and not open_to
    parts = [
        f"take {side}" if one else f"take {side} for {listed_words(names)}"
        for side, names in sorted(sides.items())
    ]
    if open_to:
        parts.append(f"weigh speed against accuracy for {listed_words(open_to)}")
    if not parts and same:
        return "Take either: neither is better"
    return first_upper("; ".join(parts))


class _Side(StrEnum):
    """Of several figures together: all of one mind, or not."""

    A = "A"
    B = "B"
    SAME = "same"
    MIXED = "mixed"
    NONE = "none"


def _whole(found: Iterable[Better | None]) -> _Side:
    """A tree that is better in one figure and worse in none is the better one."""
    sides = set(found) - {None}
    if not sides:
        return _Side.NONE
    ahead = sides - {Better.SAME}
    if len(ahead) > 1:
        return _Side.MIXED
    return _Side(str(ahead.pop())) if ahead else _Side.SAME


_BETTER = {_Side.A: Better.A, _Side.B: Better.B}

_SPEED = {_Side.B: "faster", _Side.A: "slower", _Side.SAME: "as fast"}
_SCORE = {_Side.B: "more accurate", _Side.A: "less accurate", _Side.SAME: "as accurate"}


def _headline(speed: _Side, score: _Side) -> str:
    """Better is a tree that is ahead in rates or accuracy and behind in neither."""
    if _Side.MIXED in {speed, score}:
        return "neither tree is better in all figures"
    words = [*filter(None, (_SPEED.get(speed), _SCORE.get(score)))]
    if not words:
        return "nothing can be compared"
    ahead = {speed, score} - {_Side.SAME, _Side.NONE}
    if len(ahead) > 1:
        return f"B is {words[0]} than A, but {words[1]}"
    if not ahead:
        return f"B is {' and '.join(words)} as A"
    verdict = "better" if _Side.B in ahead else "worse"
    return f"B is {verdict} than A, {' and '.join(words)}"


def ranges(found: Iterable[SharedFigure]) -> str:
    """``Offline 0.99x to 1.02x, F1 1.000x``: the ratios of several models."""
    by_name: dict[str, list[float]] = {}
    for each in found:
        if each.ratio is not None and not each.hindrance:
            by_name.setdefault(each.name, []).append(each.ratio)
    return ", ".join(f"{name} {_range(values)}" for name, values in by_name.items())


def _range(values: Sequence[float]) -> str:
    low, high = times(min(values)), times(max(values))
    return low if low == high else f"{low} to {high}"
