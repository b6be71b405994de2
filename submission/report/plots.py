"""The plots, as SVG whose colours are the page's: one drawing serves light, dark and paper."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import numpy as np

from submission.checks.reports.document import Plot
from submission.report.facts import FIT_SHARE, Reference, ReportedTree, Row
from submission.terminal import duration
from submission.wording import counted, significant

# drawn with these, then replaced by the page's variables
INK, GRID = "#010203", "#040506"
SERIES = tuple(f"#0a0b{number:02x}" for number in range(8))
MARKERS = "osD^vPX*"
WIDTH, HEIGHT = 4.8, 3.5
STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "report",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": GRID,
    "axes.grid": True,
    "axes.axisbelow": True,
    "legend.frameon": False,
}
NARROW_LABEL = 30
BAR_LABEL = 28
LEGEND_LINES, LEGEND_LINE = 4, 0.19
"""Names that have room below the axes, and what each further one needs, in inches."""

SAME = 0.005
"""Rates that differ by less are drawn as one point."""

MANY_TENS = 1000.0
FEWEST_POINTS = 3
"""Fewer models than this make bars, not a plot of points."""


def accuracy_against_rate(
    rows: Sequence[Row], scenario: str, references: Sequence[Reference] = ()
) -> Plot | None:
    """F1 against throughput, with the dense model, published points and the target; None without.

    All ``rows`` are of one data set. One or two models are drawn as bars.
    """
    points = [(row, rate) for row in rows if (rate := rate_of(row, scenario)) is not None]
    if not points:
        return None
    if len(points) < FEWEST_POINTS:
        return _bars(points, scenario)
    valid = [(row, rate) for row, rate in points if scenario not in row.rejected]
    front = pareto([(rate, row.f1) for row, rate in valid])
    data = points[0][0].data
    with _drawing() as (figure, axes):
        for row, rate in points:
            _point(axes, (rate, row.f1), _look(row, rows), _named(row, scenario))
        if len(front) > 1:
            axes.plot(*zip(*front, strict=True), "--", color=INK, linewidth=1, zorder=1)
        dense = _dense_point(points, scenario, references)
        if dense:
            axes.plot(*dense[:2], "*", color=INK, markersize=11, linestyle="none", label=dense[2])
        published = _published_points(axes, points, rows, scenario)
        target, of = _target(points, references)
        if target:
            axes.axhline(target, color=INK, linestyle=":", linewidth=1.2)
            axes.annotate(
                f"{FIT_SHARE * 100:g} % of {of.partition(',')[0]}",
                (0.99, target),
                xycoords=("axes fraction", "data"),
                ha="right",
                va="bottom",
                fontsize=8,
            )
        axes.set_xlabel(f"{scenario} [{_unit(scenario)}]")
        axes.set_ylabel("F1 [%]")
        axes.margins(0.15)
        axes.set_xlim(left=0)
        # F1 is a percentage: a margin must not show more than all
        axes.set_ylim(top=min(axes.get_ylim()[1], 100.5))
        _legend(figure, [_named(row, scenario) for row, _ in points])
        svg = _svg(figure, f"f1-{scenario.lower()}-{_slug(data)}")
    words = _point_words(points, front, scenario, dense=bool(dense), target=of)
    if published:
        words += " A hollow mark in the colour of the text is what a model's makers published."
    return Plot(
        title=f"F1 against {scenario} throughput{f', {data}' if data else ''}",
        svg=svg,
        words=words + _sides(rows),
    )


def mark(number: int) -> tuple[str, str]:
    """Colour and shape of a model; no pair comes twice among the first 64."""
    colours, shapes = len(SERIES), len(MARKERS)
    return SERIES[number % colours], MARKERS[(number + number // colours) % shapes]


def _look(row: Row, rows: Sequence[Row]) -> dict[str, Any]:
    """How a model is drawn: the same in both of two trees, filled in the first, else hollow."""
    trees = list(dict.fromkeys(each.tree for each in rows))
    two = len(trees) == 2  # noqa: PLR2004 - filled or hollow

    def model(each: Row) -> tuple[str, ...]:
        return ("" if two else each.tree, each.system, each.benchmark, each.label[len(each.tree) :])

    models = list(dict.fromkeys(map(model, rows)))
    colour, shape = mark(models.index(model(row)))
    filled = colour if not two or row.tree == trees[0] else "none"
    return {"marker": shape, "color": colour, "markerfacecolor": filled}


def _sides(rows: Sequence[Row]) -> str:
    trees = list(dict.fromkeys(each.tree for each in rows))
    if len(trees) != 2:  # noqa: PLR2004
        return ""
    return f" Filled: {trees[0]}; hollow in a colour: {trees[1]}."


def _named(row: Row, scenario: str) -> str:
    return f"{row.label} (invalid)" if scenario in row.rejected else row.label


def _point(axes: Any, place: tuple[float, float], look: Mapping[str, Any], label: str) -> None:
    axes.plot(*place, **look, markersize=8, linestyle="none", label=label)


def _dense_point(
    points: Sequence[tuple[Row, float]], scenario: str, references: Sequence[Reference]
) -> tuple[float, float, str] | None:
    """The published dense baseline; one that was measured is a point already."""
    for each in references:
        rate = each.offline if scenario == "Offline" else each.server_completed
        if not each.measured and rate and any(each.compares(row) for row, _ in points):
            return rate, each.f1, f"{each.name} (dense, published)"
    return None


def _published_points(
    axes: Any, points: Sequence[tuple[Row, float]], rows: Sequence[Row], scenario: str
) -> bool:
    """What a model's makers published, where the tree claims something else; false for none."""
    label = "as published"
    for row, rate in points:
        if row.published is None or not row.whole_squad:
            continue
        offline = scenario == "Offline"
        theirs = row.published.offline if offline else row.published.server_scheduled
        if theirs and abs(theirs / rate - 1) > SAME:
            axes.plot(
                theirs,
                row.published.f1,
                _look(row, rows)["marker"],
                markeredgecolor=INK,
                markerfacecolor="none",
                linestyle="none",
                label=label,
            )
            label = "_nolegend_"
    return label == "_nolegend_"


def _target(
    points: Sequence[tuple[Row, float]], references: Sequence[Reference]
) -> tuple[float | None, str]:
    """The F1 that a model should reach, and what it is a share of.

    The closed division's, where all points are over the whole of SQuAD; else that of the one dense
    model that all were measured beside.
    """
    fp32 = {row.fp32_f1 if row.whole_squad else None for row, _ in points}
    if len(fp32) == 1 and (value := fp32.pop()):
        return FIT_SHARE * value, "FP32, the closed division's target"
    dense = {
        each.f1
        for each in references
        if each.measured and all(each.compares(row) for row, _ in points)
    }
    return (FIT_SHARE * dense.pop(), "the dense F1") if len(dense) == 1 else (None, "")


def _point_words(
    points: Sequence[tuple[Row, float]],
    front: Sequence[tuple[float, float]],
    scenario: str,
    *,
    dense: bool,
    target: str,
) -> str:
    valid = [(row, rate) for row, rate in points if scenario not in row.rejected]
    wrong = [row.label for row, _ in points if scenario in row.rejected]
    own = [row for row, _ in points if row.benchmark == row.compared_with]
    baseline = f" and {counted(len(own), 'dense baseline')}" if own else ""
    words = f"{counted(len(points) - len(own), 'model')}{baseline}."
    if valid:
        fastest, rate = max(valid, key=lambda pair: pair[1])
        best = max((row for row, _ in valid), key=lambda row: row.f1)
        words += (
            f" Fastest: {fastest.label}, {significant(rate)} {_unit(scenario)} "
            f"at F1 {fastest.f1:.2f}. Most accurate: {best.label}, F1 {best.f1:.2f}."
        )
    if wrong:
        words += f" Invalid by the rules, so not counted: {', '.join(wrong)}."
    if len(front) > 1:
        words += " No model beats those on the dashed line in both."
    if dense:
        words += " The star is the dense baseline as it was published."
    return words + (f" The dotted line is {FIT_SHARE * 100:g} % of {target}." if target else "")


def _bars(points: Sequence[tuple[Row, float]], scenario: str) -> Plot:
    data = points[0][0].data
    names = [_in_lines(_named(row, scenario)) for row, _ in points]
    with _drawing(height=0.7 + 0.55 * len(points) + _more_lines(names)) as (figure, axes):
        for place, (row, rate) in enumerate(points):
            colour = SERIES[place % len(SERIES)]
            other = row.tree != points[0][0].tree
            axes.barh(place, rate, height=0.55, edgecolor=colour, color="none" if other else colour)
            words = f"{significant(rate)}, F1 {row.f1:.2f}"
            _beside(axes, words, (rate, place), size=9)
        axes.set_yticks(range(len(points)), names)
        axes.invert_yaxis()
        axes.set_xlim(0, 1.75 * max(rate for _, rate in points))
        axes.set_xlabel(f"{scenario} [{_unit(scenario)}]")
        axes.grid(visible=False, axis="y")
        svg = _svg(figure, f"rate-{scenario.lower()}-{_slug(data)}")
    words = "; ".join(
        f"{_named(row, scenario)}: {significant(rate)} {_unit(scenario)} at F1 {row.f1:.2f}"
        for row, rate in points
    )
    return Plot(
        title=f"{scenario} throughput{f', {data}' if data else ''}", svg=svg, words=f"{words}."
    )


def _in_lines(name: str) -> str:
    """A name in lines that leave a bar its room, broken behind a slash, a hyphen or a blank."""
    lines = [""]
    for part in re.findall(r"[^/ _-]*[/ _-]?", name):
        if lines[-1] and len(lines[-1]) + len(part) > BAR_LABEL:
            lines.append("")
        lines[-1] += part
    return "\n".join(line.strip() for line in lines)


def _more_lines(names: Sequence[str]) -> float:
    """What the lines beyond the second of each name add to a height, in inches."""
    return sum(max(name.count("\n") - 1, 0) for name in names) * LEGEND_LINE


def _beside(axes: Any, words: str, end: tuple[float, float], *, size: int) -> None:
    """Words right of the end of a bar."""
    axes.annotate(words, end, xytext=(4, 0), textcoords="offset points", va="center", fontsize=size)


def _unit(scenario: str) -> str:
    return "samples/s" if scenario == "Offline" else "queries/s"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "data"


def rate_of(row: Row, scenario: str) -> float | None:
    """The official rate of the scenario."""
    if scenario == "Offline":
        return row.offline
    return row.server.scheduled if row.server else None


def pareto(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points that no other beats in both rate and F1, by falling rate."""
    front: list[tuple[float, float]] = []
    for rate, f1 in sorted(points, reverse=True):
        if not front or f1 > front[-1][1]:
            front.append((rate, f1))
    return front


def server_latencies(rows: Sequence[Row]) -> Plot | None:
    """Latency by percentile against the bound; None without a Server run."""
    served = [row for row in rows if row.server and row.server.latencies_ms]
    if not served:
        return None
    with _drawing() as (figure, axes):
        for row in served:
            _latency_line(axes, row, _look(row, rows))
        bounds = sorted({r.server.bound_ms for r in served if r.server and r.server.bound_ms})
        for bound in bounds:
            axes.axhline(bound, color=INK, linestyle=":", linewidth=1.2)
            axes.annotate(
                f"bound {bound:g} ms",
                (0.02, bound),
                xycoords=("axes fraction", "data"),
                va="bottom",
                fontsize=8,
            )
        axes.set_xscale("log")
        axes.set_xticks([2, 10, 100, 1000], ["50", "90", "99", "99.9"])
        axes.minorticks_off()
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(_plain_number)
        axes.yaxis.set_minor_formatter(_plain_number_where_few(axes))
        axes.set_xlabel("percentile of the queries")
        axes.set_ylabel("latency [ms]")
        _legend(figure, [_named(row, "Server") for row in served])
        svg = _svg(figure, "latency")
    fine = any(row.server.samples_ms for row in served if row.server)
    how = "lines: every sample from its issue on; marks: by LoadGen" if fine else "by LoadGen"
    figures = "; ".join(_latency_words(row) for row in served)
    return Plot(
        title="Server latency against its bound",
        svg=svg,
        words=f"Latency by percentile on a logarithmic axis ({how}); dotted: the bound. {figures}."
        + _sides(rows),
    )


def _latency_words(row: Row) -> str:
    server = row.server
    assert server is not None
    shown = [p for p in ("50.00", "99.00") if p in server.latencies_ms]
    figures = ", ".join(f"{float(p):g}th {significant(server.latencies_ms[p])} ms" for p in shown)
    bound = f", bound {server.bound_ms:g} ms" if server.bound_ms else ""
    return f"{_named(row, 'Server')}: {figures}{bound}"


def run_times(tree: ReportedTree, *, several: bool) -> Plot | None:
    """How long each run took, from its metadata; None for a tree without them."""
    times = list(_times(tree))
    if not times:
        return None
    of = f" of {tree.label}" if several else ""
    names = [_in_lines(name) for name, _ in times]
    with _drawing(height=0.9 + 0.33 * len(times) + _more_lines(names)) as (figure, axes):
        for place, (_, seconds) in enumerate(times):
            axes.barh(place, seconds, color=SERIES[0], height=0.6)
            _beside(axes, duration(seconds), (seconds, place), size=8)
        axes.set_yticks(range(len(times)), names, fontsize=8)
        axes.invert_yaxis()
        axes.set_xlim(0, 1.3 * max(seconds for _, seconds in times))
        axes.set_xlabel("seconds")
        axes.grid(visible=False, axis="y")
        svg = _svg(figure, f"times-{_slug(tree.label)}")
    name, longest = max(times, key=lambda pair: pair[1])
    total = sum(seconds for _, seconds in times)
    words = (
        f"{len(times)} runs took {duration(total)} with their starts; "
        f"the longest is {name}: {duration(longest)}."
    )
    return Plot(title=f"Where the time went{of}", svg=svg, words=words)


def _times(tree: ReportedTree) -> Iterator[tuple[str, float]]:
    for name, run in tree.runs.items():
        try:
            begun, ended = (datetime.fromisoformat(str(run[key])) for key in ("started", "ended"))
        except (KeyError, ValueError):
            continue
        seconds = (ended - begun).total_seconds()
        if seconds > 0:
            yield name, seconds


def _plain_number(value: float, _place: int = 0) -> str:
    return f"{value:g}"


def _plain_number_where_few(axes: Any) -> Any:
    """Labels between the powers of ten, where these alone would be one or two."""
    low, high = axes.get_ylim()
    few = high < MANY_TENS * low

    def label(value: float, _place: int = 0) -> str:
        first = f"{value:e}"[0]
        return f"{value:g}" if few and first in "25" else ""

    return label


def _latency_line(axes: Any, row: Row, look: Mapping[str, Any]) -> None:
    server = row.server
    assert server is not None
    colour, label = look["color"], _named(row, "Server")
    if server.samples_ms:
        # the n-th of n samples has no percentile of 100: half a step before it
        shares = (np.arange(len(server.samples_ms)) + 0.5) / len(server.samples_ms)
        upper = shares >= 0.5  # noqa: PLR2004 - from the median on
        axes.plot(1 / (1 - shares[upper]), np.array(server.samples_ms)[upper], color=colour)
    places = [1 / (1 - float(p) / 100) for p in server.latencies_ms]
    axes.plot(
        places,
        list(server.latencies_ms.values()),
        **look,
        linestyle="none" if server.samples_ms else "-",
        label=label,
    )


@contextmanager
def _drawing(*, height: float = HEIGHT) -> Iterator[tuple[Any, Any]]:
    """A figure and its axes in the report's style."""
    # only the report needs it; where it is missing the command names the extra that brings it
    from matplotlib import rc_context  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        yield figure, figure.add_subplot()


def _legend(figure: Any, labels: Sequence[str]) -> None:
    """The names below the axes; what many of them need is added to the figure's height."""
    narrow = len(labels) > 1 and max(map(len, labels)) <= NARROW_LABEL
    columns = 2 if narrow else 1
    figure.legend(loc="outside lower center", ncols=columns, fontsize=8)
    more = max(math.ceil(len(labels) / columns) - LEGEND_LINES, 0)
    figure.set_figheight(figure.get_figheight() + more * LEGEND_LINE)


def _svg(figure: Any, name: str) -> str:
    """The drawing without prolog and fixed size, its colours as variables of the page.

    ``name`` goes before every id, since several drawings share one page.
    """
    stream = io.StringIO()
    figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    text = stream.getvalue()
    # the figure around it says in words what it shows
    text = text[text.index("<svg") :].replace("<svg", '<svg aria-hidden="true"', 1)
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'( id="|href="#|url\(#)', rf"\g<1>{name}-", text)
    text = text.replace(INK, "var(--ink)").replace(GRID, "var(--line)")
    for number, colour in enumerate(SERIES):
        text = text.replace(colour, f"var(--s{number})")
    return text
