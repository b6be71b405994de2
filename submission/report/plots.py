"""The plots, as SVG whose colours are the page's: one drawing serves light, dark and paper."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from submission.checks.reports.document import Plot
from submission.report.facts import Row

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
POINT_WORDS = "Each point is a model of the table of results."
FRONT_WORDS = " The dashed line is the Pareto front: no model beats those on it in both."
BEST_WORDS = " The best model is the best in both."


def accuracy_against_rate(rows: Sequence[Row], scenario: str) -> Plot | None:
    """F1 against throughput with the Pareto front; None without a single point."""
    points = [(row, rate) for row in rows if (rate := rate_of(row, scenario)) is not None]
    if not points:
        return None
    front = pareto([(rate, row.f1) for row, rate in points])
    with _drawing() as (figure, axes):
        for row, rate in points:
            # a model looks the same in every plot
            number = rows.index(row)
            axes.plot(
                rate,
                row.f1,
                MARKERS[number % len(MARKERS)],
                color=SERIES[number % len(SERIES)],
                markersize=8,
                linestyle="none",
                label=row.label,
            )
        if len(front) > 1:
            axes.plot(*zip(*front, strict=True), "--", color=INK, linewidth=1, zorder=1)
        axes.set_xlabel(f"{scenario} [samples/s]")
        axes.set_ylabel("F1 [%]")
        axes.margins(0.15)
        # F1 is a percentage: a margin must not show more than all
        axes.set_ylim(top=min(axes.get_ylim()[1], 100.5))
        _legend(figure, [row for row, _ in points])
        svg = _svg(figure, f"f1-{scenario.lower()}")
    words = POINT_WORDS
    if len(points) > 1:
        words += FRONT_WORDS if len(front) > 1 else BEST_WORDS
    return Plot(title=f"F1 against {scenario} throughput", svg=svg, words=words)


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
            _latency_line(axes, row, rows.index(row))
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
        axes.set_ylim(bottom=0)
        axes.set_xlabel("percentile of the queries")
        axes.set_ylabel("latency [ms]")
        _legend(figure, served)
        svg = _svg(figure, "latency")
    fine = any(row.server.samples_ms for row in served if row.server)
    how = "lines: every sample from its issue on; marks: by LoadGen" if fine else "by LoadGen"
    return Plot(
        title="Server latency against its bound",
        svg=svg,
        words=f"Latency of Server by percentile ({how}); the dotted line is the bound.",
    )


def _latency_line(axes: Any, row: Row, number: int) -> None:
    server = row.server
    assert server is not None
    colour, label = SERIES[number % len(SERIES)], row.label
    if server.samples_ms:
        # the n-th of n samples has no percentile of 100: half a step before it
        shares = (np.arange(len(server.samples_ms)) + 0.5) / len(server.samples_ms)
        upper = shares >= 0.5  # noqa: PLR2004 - from the median on
        axes.plot(1 / (1 - shares[upper]), np.array(server.samples_ms)[upper], color=colour)
    places = [1 / (1 - float(p) / 100) for p in server.latencies_ms]
    axes.plot(
        places,
        list(server.latencies_ms.values()),
        MARKERS[number % len(MARKERS)],
        color=colour,
        linestyle="none" if server.samples_ms else "-",
        label=label,
    )


@contextmanager
def _drawing() -> Iterator[tuple[Any, Any]]:
    """A figure and its axes in the report's style."""
    # only the report needs it; where it is missing the command names the extra that brings it
    from matplotlib import rc_context  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
        yield figure, figure.add_subplot()


def _legend(figure: Any, rows: Sequence[Row]) -> None:
    narrow = len(rows) > 1 and max(len(row.label) for row in rows) <= NARROW_LABEL
    figure.legend(loc="outside lower center", ncols=2 if narrow else 1, fontsize=8)


def _svg(figure: Any, name: str) -> str:
    """The drawing without prolog and fixed size, its colours as variables of the page.

    ``name`` goes before every id, since several drawings share one page.
    """
    stream = io.StringIO()
    figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'( id="|href="#|url\(#)', rf"\g<1>{name}-", text)
    text = text.replace(INK, "var(--ink)").replace(GRID, "var(--line)")
    for number, colour in enumerate(SERIES):
        text = text.replace(colour, f"var(--s{number})")
    return text
