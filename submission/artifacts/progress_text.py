"""Turns steps into lines and one fraction, for a display with a single progress bar."""

from __future__ import annotations

from collections.abc import Callable

from submission.artifacts.progress import ReportStep, Step, Work

_UNITS = ("bytes", "kB", "MB", "GB")
_THOUSAND = 1000


def lines_and_fraction(
    line: Callable[[str], None],
    progress: Callable[[float | None, str], None],
    *,
    total_bytes: int | None,
) -> ReportStep:
    """A ReportStep that passes notes to ``line``, and the share of ``total_bytes`` to ``progress``.

    ``total_bytes`` is the size of all files together; None or 0 if unknown.
    """
    done: dict[tuple[Work, str], int] = {}

    def report(step: Step) -> None:
        if step.work is Work.NOTE:
            line(f"{step.name}: {step.words}")
            return
        done[step.work, step.name] = step.done_bytes
        if step.work is Work.VERIFY:
            return  # reading an existing file does not count as progress
        came = sum(size for (work, _), size in done.items() if work is step.work)
        share = min(1.0, came / total_bytes) if total_bytes else None
        progress(share, step_text(step))

    return report


def step_text(step: Step) -> str:
    """``fetch openvino_model.bin_p00 12.3 MB of 52.4 MB``."""
    of = "" if step.total_bytes is None else f" of {bytes_text(step.total_bytes)}"
    source = f" from {step.words}" if step.words else ""
    return f"{step.work} {step.name} {bytes_text(step.done_bytes)}{of}{source}"


def bytes_text(count: int) -> str:
    """``52.4 MB``: decimal units, one digit after the point."""
    value, unit = float(count), 0
    while value >= _THOUSAND and unit < len(_UNITS) - 1:
        value, unit = value / _THOUSAND, unit + 1
    return f"{count} {_UNITS[0]}" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"
