"""Small plots as SVG: bars with their spread, lines over a plain axis, points with intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LEFT, ROW = 760, 240, 34
PLOT_WIDTH, PLOT_HEIGHT, MARGIN = 760, 420, 60
INKS = ("#1f6f8b", "#c8553d", "#6a994e", "#7d5ba6", "#444444")


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A named value with the least and the most that was seen."""

    name: str
    low: float
    middle: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Points of one curve, x ascending."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A point, with the ends of an interval of y where there is one."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class SpotLine:
    """Points of one colour, and the places that a line goes through, x ascending."""

    name: str
    spots: Sequence[Spot]
    path: Sequence[tuple[float, float]]


def bars_svg(title: str, unit: str, bars: Sequence[Bar]) -> str:
    """Horizontal bars from zero; the whisker spans what was seen."""
    most = max(bar.high for bar in bars)
    scale = (WIDTH - LEFT - 120) / most
    rows = [_text(16, 24, title, size=15)]
    for number, bar in enumerate(bars):
        top = 44 + number * ROW
        middle = top + 11
        low, high = LEFT + bar.low * scale, LEFT + bar.high * scale
        rows += [
            _text(LEFT - 10, middle + 5, bar.name, anchor="end"),
            (
                f'<rect x="{LEFT}" y="{top}" width="{bar.middle * scale:.1f}" height="22" '
                f'fill="{INKS[number % len(INKS)]}"/>'
            ),
            f'<path d="M{low:.1f} {middle}H{high:.1f}" stroke="#000" stroke-width="2"/>',
            _text(high + 8, middle + 5, f"{bar.middle:.4g} {unit}"),
        ]
    return _page(WIDTH, 60 + len(bars) * ROW, rows)


def lines_svg(title: str, axes: tuple[str, str], lines: Sequence[Curve], bound: float) -> str:
    """Curves over a plain axis from zero, and a dashed line at ``bound``."""
    points = [point for line in lines for point in line.points]
    right = max((x for x, _ in points), default=1.0) * 1.05
    top = max([2 * bound, *(min(y, 4 * bound) for _, y in points)])
    frame = _Frame(right=right, top=top)
    rows = [
        _text(16, 24, title, size=15),
        *_axes(frame.y(bound), f"bound {bound:.4g}"),
        _text(PLOT_WIDTH - MARGIN, PLOT_HEIGHT - 36, f"{axes[0]} 0 to {right:.4g}", anchor="end"),
        _text(MARGIN, MARGIN - 10, f"{axes[1]} 0 to {top:.4g}"),
    ]
    for number, line in enumerate(lines):
        rows += _curve(line, frame, number)
    return _page(PLOT_WIDTH, PLOT_HEIGHT, rows)


def spots_svg(
    title: str, axes: tuple[str, str], lines: Sequence[SpotLine], *, level: tuple[float, str]
) -> str:
    """Points with intervals over x from zero, and a dashed line at ``level``, with its name."""
    spots = [spot for line in lines for spot in line.spots]
    seen = [level[0], *(v for s in spots for v in (s.y, s.low, s.high) if v is not None)]
    step = _step(max(seen) - min(seen) or 1.0)
    bottom = math.floor(min(seen) / step) * step
    frame = _Frame(
        right=max(1.0, *(spot.x for spot in spots)) * 1.05,
        bottom=bottom,
        top=max(math.ceil(max(seen) / step) * step, bottom + step),
    )
    rows = [_text(16, 24, title, size=15)]
    for value in _ticks(frame.bottom, frame.top, step):
        y = frame.y(value)
        rows += [
            f'<path d="M{MARGIN} {y:.1f}H{PLOT_WIDTH - MARGIN}" stroke="#ddd"/>',
            _text(MARGIN - 8, y + 4, f"{value:.4g}", anchor="end"),
        ]
    across = _step(frame.right)
    rows += [
        _text(frame.x(value), PLOT_HEIGHT - MARGIN + 18, f"{value:.4g}", anchor="middle")
        for value in _ticks(0.0, frame.right, across)
    ]
    rows += [
        *_axes(frame.y(level[0]), level[1]),
        _text(PLOT_WIDTH - MARGIN, PLOT_HEIGHT - 20, axes[0], anchor="end"),
        _text(MARGIN, MARGIN - 10, axes[1]),
    ]
    for number, line in enumerate(lines):
        rows += _spots(line, frame, number)
    return _page(PLOT_WIDTH, PLOT_HEIGHT + 20 * len(lines), rows)


def _axes(level: float, words: str) -> list[str]:
    """Both axes, and a dashed line with its name at the height ``level``."""
    right = PLOT_WIDTH - MARGIN
    return [
        (
            f'<path d="M{MARGIN} {MARGIN}V{PLOT_HEIGHT - MARGIN}H{right}" '
            'fill="none" stroke="#000"/>'
        ),
        f'<path d="M{MARGIN} {level:.1f}H{right}" stroke="#000" stroke-dasharray="6 4"/>',
        _text(right, level - 6, words, anchor="end"),
    ]


def _spots(line: SpotLine, frame: _Frame, number: int) -> list[str]:
    ink = INKS[number % len(INKS)]
    path = " ".join(f"{frame.x(x):.1f},{frame.y(y):.1f}" for x, y in line.path)
    rows = [f'<polyline points="{path}" fill="none" stroke="{ink}"/>'] if line.path else []
    for spot in line.spots:
        x = frame.x(spot.x)
        if spot.low is not None and spot.high is not None:
            ends = f"M{x:.1f} {frame.y(spot.low):.1f}V{frame.y(spot.high):.1f}"
            rows.append(f'<path d="{ends}" stroke="{ink}" stroke-width="1.5"/>')
        rows.append(f'<circle cx="{x:.1f}" cy="{frame.y(spot.y):.1f}" r="4" fill="{ink}"/>')
    below = PLOT_HEIGHT + 12 + 20 * number
    return [*rows, _text(MARGIN, below, line.name, ink=ink)]


def _step(span: float) -> float:
    """A round step that makes about five of the span."""
    raw = span / 5
    power = 10.0 ** math.floor(math.log10(raw))
    return next(power * each for each in (1, 2, 5, 10) if power * each >= raw)


def _ticks(low: float, high: float, step: float) -> list[float]:
    first = math.ceil(low / step - 1e-9)
    return [step * each for each in range(first, math.floor(high / step + 1e-9) + 1)]


@dataclass(frozen=True, kw_only=True)
class _Frame:
    right: float
    top: float
    bottom: float = 0.0

    def x(self, value: float) -> float:
        return MARGIN + value / self.right * (PLOT_WIDTH - 2 * MARGIN)

    def y(self, value: float) -> float:
        span, share = PLOT_HEIGHT - 2 * MARGIN, (value - self.bottom) / (self.top - self.bottom)
        return PLOT_HEIGHT - MARGIN - min(share, 1.0) * span


def _curve(line: Curve, frame: _Frame, number: int) -> list[str]:
    ink = INKS[number % len(INKS)]
    places = [(frame.x(x), frame.y(y)) for x, y in line.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{ink}"/>' for x, y in places]
    return [
        f'<polyline points="{path}" fill="none" stroke="{ink}" stroke-width="2"/>',
        *dots,
        _text(MARGIN + 12, MARGIN + 14 + number * 18, line.name, ink=ink),
    ]


def _text(
    x: float, y: float, words: str, *, size: int = 13, anchor: str = "start", ink: str = "#000"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
        f'fill="{ink}">{escape(words)}</text>'
    )


def _page(width: int, height: int, rows: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        'font-family="sans-serif"><rect width="100%" height="100%" fill="#fff"/>'
    )
    return "\n".join([head, *rows, "</svg>", ""])
