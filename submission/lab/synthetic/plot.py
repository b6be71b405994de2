"""The comparison as bars: measured beside published, one group a model."""

from __future__ import annotations

from pathlib import Path

from submission.errors import UsageError
from submission.files import replacing
from submission.lab.synthetic.bench import Comparison, Row

_WIDTH = 0.2
_SETTINGS = {"svg.fonttype": "none", "svg.hashsalt": "bench-topologies"}


def write_plot(found: Comparison, path: Path) -> None:
    """Write an SVG; raises UsageError where matplotlib is not installed."""
    try:
        # installed by `make more`; only this function needs it
        from matplotlib import rc_context  # noqa: PLC0415
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError as error:
        raise UsageError(
            "the plot needs matplotlib",
            detail=f"import matplotlib: {error}",
            hint="run `make more`, or leave the plot out with --no-plot",
        ) from error
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.add_subplot()
    for number, (label, values) in enumerate(_series(found.rows).items()):
        places = [place + (number - 1.5) * _WIDTH for place in range(len(values))]
        bars = axes.bar(places, values, _WIDTH, label=label)
        axes.bar_label(bars, fmt="%.1f", fontsize=7)
    axes.set_xticks(range(len(found.rows)), [row.model.name for row in found.rows])
    axes.set_ylabel("times as fast as dense BERT-large")
    axes.set_title(f"Made-up weights, {found.length} tokens, {found.streams} streams")
    axes.legend()
    # text stays text; no date and no random names: equal figures are equal files
    with rc_context(_SETTINGS), replacing(path) as stream:
        figure.savefig(stream, format="svg", metadata={"Date": None})


def _series(rows: tuple[Row, ...]) -> dict[str, list[float]]:
    return {
        "measured, clock": [row.over_reference.wall for row in rows],
        "measured, CPU time": [row.over_reference.cpu for row in rows],
        "published, Offline": [row.published.offline if row.published else 0.0 for row in rows],
        "published, Server": [row.published.server if row.published else 0.0 for row in rows],
    }
