"""``measurements/openvino.md``: the table that OpenVINO is chosen by, for people."""

from __future__ import annotations

import statistics
from collections.abc import Collection, Iterator, Sequence

from submission.host.instructions import InstructionSet
from submission.wording import counted
from submission.workspace.openvino import VersionTimes, choose

HEAD = """\
# Which OpenVINO is the fastest, by instruction set

Written by `make bench-openvino` from [openvino.json](openvino.json), which it extends; do not edit
it. `OPENVINO=auto`, the default, chooses by this table when an image is built.

Each version runs in an environment of its own, all over the same samples, buckets and queries, in
turn. A figure is the milliseconds of CPU time of a sample (median of the rounds; least to most),
and its share of what the default version took in the same rounds. It is CPU time, since a busy
neighbour changes the clock by factors and CPU time by percents. An imitated instruction set is
that of a processor that has more, bound by `ONEDNN_MAX_CPU_ISA`; processors of that very set count
first.
"""


def openvino_page(
    table: Sequence[VersionTimes], *, default: str, available: Collection[str]
) -> str:
    """The page in Markdown; ``default`` and ``available`` as for ``choose``."""
    lines = [HEAD, *_choices(table, default, available), "", *_figures(table, default), ""]
    return "\n".join(lines)


def _choices(
    table: Sequence[VersionTimes], default: str, available: Collection[str]
) -> Iterator[str]:
    yield "| processors with | OpenVINO | why |"
    yield "|---|---|---|"
    for each in InstructionSet:
        found = choose(table, each, default=default, available=available)
        yield f"| {each.words} | {found.version} | {found.reason} |"


def _figures(table: Sequence[VersionTimes], default: str) -> Iterator[str]:
    versions = sorted({version for each in table for version in each.cpu_ms})
    head = ("instruction set", "model", *versions, "measured")
    yield f"| {' | '.join(head)} |"
    yield "|---" * len(head) + "|"
    for each in table:
        cells = (_figure(each, version, default) for version in versions)
        yield f"| {' | '.join((_kind(each), _model(each), *cells, _how(each)))} |"


def _figure(each: VersionTimes, version: str, default: str) -> str:
    """``5.33 (5.27 to 5.38), 0.85``: median, least and most in milliseconds, share."""
    rounds = each.cpu_ms.get(version)
    if rounds is None:
        return "not measured"
    words = f"{statistics.median(rounds):.2f} ({min(rounds):.2f} to {max(rounds):.2f})"
    if version == default or default not in each.cpu_ms:
        return words
    return f"{words}, {each.ratio(version, default):.2f}"


def _kind(each: VersionTimes) -> str:
    return f"{each.instruction_set.words}{', imitated' if each.imitated else ''}"


def _model(each: VersionTimes) -> str:
    notes = [f"`{each.model}`", each.precision]
    return ", ".join([*notes, "synthetic weights"] if each.synthetic else notes)


def _how(each: VersionTimes) -> str:
    rounds = counted(len(next(iter(each.cpu_ms.values()))), "round")
    others = "load unknown" if each.others_share is None else f"others took {each.others_share:.0%}"
    return (
        f"{each.date}, {each.machine}, {counted(each.cores, 'core')}, {rounds} of {each.samples} "
        f"samples, {others}"
    )
