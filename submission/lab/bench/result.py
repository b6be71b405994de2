"""The result of a search for a rate: table, plot, and the file that ``bench-sut`` reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from submission.files import read_json, write_json
from submission.harness.facts import machine, versions
from submission.lab.bench.goals import STACK, STACK_OPENVINO, STACK_PYTHON
from submission.lab.bench.search import Try, bracket, found
from submission.lab.bench.server import ServerCase
from submission.lab.bench.state import SearchState
from submission.lab.plot import Curve, lines_svg
from submission.runs.decide import MEMORY_BYTES
from submission.runs.tuned import Place

PERCENTILES = (("p50_ms", "50th"), ("p90_ms", "90th"), ("p99_ms", "99th percentile"))
RESULT = "result.json"


def write_result(case: ServerCase, state: SearchState, bound: str) -> None:
    """All tries, the best one, and what they hold for."""
    best, (low, high) = found(state.tries), bracket(state.tries)
    value = {
        "version": 2,
        **state.key,
        "bound": bound,
        "reason": case.plan.reason,
        "best": asdict(best) if best else None,
        "highest_valid_short_qps": low,
        "lowest_invalid_short_qps": high,
        "versions": _versions(case),
        "machine": machine(),
        "tries": [asdict(each) for each in state.tries],
    }
    write_json(case.folder / RESULT, value)


def _versions(case: ServerCase) -> dict[str, str]:
    """Of the software that ran; the published one ran in another process."""
    if case.way == STACK:
        return {"openvino": STACK_OPENVINO, "python": STACK_PYTHON}
    return versions()


def result_folder(way: str, bound: str, place: Place) -> str:
    """The name of a search's folder: ours is searched in several precisions and memories."""
    more = "" if place.memory_bytes == MEMORY_BYTES else f"-{place.memory_bytes / 1e9:g}GB"
    return f"{place.model}-{way}-{place.precision}-{bound}{more}"


def read_result(folder: Path, way: str, bound: str, place: Place) -> dict[str, Any]:
    """What a search left in ``folder`` for this bound; empty if none was made for this place."""
    path = folder / result_folder(way, bound, place) / RESULT
    try:
        result: dict[str, Any] = read_json(path)
        return result if result["place"] == asdict(place) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}  # missing, damaged or of another version: as if it had not been measured


def table(tries: Sequence[Try]) -> str:
    """All tries, by their rate."""
    ordered = sorted(tries, key=lambda each: (each.full, each.qps))
    return "\n".join(row(each) for each in ordered)


def row(one: Try) -> str:
    """One try for people."""
    return (
        f"{one.qps:9.2f} queries/s  {'full ' if one.full else 'short'}  "
        f"{'VALID  ' if one.valid else 'INVALID'}  p50 {one.p50_ms:8.1f}  p90 {one.p90_ms:8.1f}  "
        f"p99 {one.p99_ms:8.1f}  max {one.max_ms:9.1f} ms  {one.queries} queries"
    )


def plot(case: ServerCase, tries: Sequence[Try]) -> str:
    """Latency percentiles against target rates, with the bound."""
    answered = sorted((each for each in tries if each.queries), key=lambda each: each.qps)
    lines = [
        Curve(name=words, points=[(each.qps, getattr(each, name)) for each in answered])
        for name, words in PERCENTILES
    ]
    title = f"{case.model.name}, {case.way}: latency against target rate"
    return lines_svg(title, ("queries/s", "ms"), lines, case.bound_ms)
