"""Which OpenVINO an image gets: the fastest one for this machine's instruction set, as measured.

``measurements/openvino.json`` holds what ``make bench-openvino`` measured. Nothing here knows a
version or a figure: the default is what the lock of the image pins, and every other version has to
beat it in that table.
"""

from __future__ import annotations

import statistics
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submission.errors import UsageError
from submission.files import write_json
from submission.host.instructions import LIMIT, InstructionSet
from submission.wording import counted
from submission.workspace.profile import read_validated

#: a gain that is not above this is noise, and the default stays
MARGIN = 1.02
PRECISION = "f32"
_SCHEMA = "openvino_table"


@dataclass(frozen=True, kw_only=True)
class VersionTimes:
    """One model under several versions in turn, on one machine, with one instruction set.

    ``imitated`` says that the processor has more than ``instruction_set``, and was bound to it by
    oneDNN's own variable. ``others_share`` is what other processes took of the machine meanwhile
    (0 to 1, None if unknown). ``cpu_ms``: version to milliseconds of CPU time a sample, a figure
    for each round; the versions took turns, so the rounds of one compare with those of another.
    """

    date: str
    machine: str
    cores: int
    others_share: float | None
    instruction_set: InstructionSet
    imitated: bool
    model: str
    synthetic: bool
    precision: str
    samples: int
    cpu_ms: Mapping[str, Sequence[float]]

    @property
    def key(self) -> tuple[object, ...]:
        """A measurement of the same replaces this one."""
        return (self.machine, self.cores, self.instruction_set, self.model, self.precision)

    def ratio(self, version: str, default: str) -> float:
        """CPU time of ``version`` over that of ``default``: the median of the rounds' ratios."""
        pairs = zip(self.cpu_ms[version], self.cpu_ms[default], strict=True)
        return statistics.median(one / other for one, other in pairs)

    def to_json(self) -> dict[str, Any]:
        """Its entry of the table's file."""
        return {
            **{name: value for name, value in vars(self).items() if name != "cpu_ms"},
            "cpu_ms": {version: list(rounds) for version, rounds in self.cpu_ms.items()},
        }


@dataclass(frozen=True, kw_only=True)
class ChosenVersion:
    """A version of OpenVINO, and why that one."""

    version: str
    reason: str


def read_table(path: Path) -> list[VersionTimes]:
    """The measurements in a file, none if it does not exist; UsageError for a damaged one."""
    if not path.is_file():
        return []
    found = [
        VersionTimes(**{**each, "instruction_set": InstructionSet(each["instruction_set"])})
        for each in read_validated(path, _SCHEMA)["measurements"]
    ]
    for each in found:
        if len({len(rounds) for rounds in each.cpu_ms.values()}) > 1:
            raise UsageError(
                f"{path} has a measurement whose versions have different numbers of rounds",
                detail=f"{each.model}, {each.instruction_set}, {each.date}",
                hint="versions take turns: measure it again with make bench-openvino",
            )
    return found


def extend_table(path: Path, new: Sequence[VersionTimes]) -> list[VersionTimes]:
    """Write ``new`` into the file, each in place of an older one of the same; returns them all."""
    replaced = {each.key for each in new}
    kept = [each for each in read_table(path) if each.key not in replaced]
    every = sorted([*kept, *new], key=lambda each: tuple(map(str, each.key)))
    write_json(path, {"version": 1, "measurements": [each.to_json() for each in every]})
    return every


def choose(
    table: Sequence[VersionTimes],
    instructions: InstructionSet | None,
    *,
    default: str,
    available: Collection[str],
) -> ChosenVersion:
    """The version with the least CPU time for ``instructions`` among ``available``.

    A version's figure is the geometric mean, over the measurements, of its CPU time relative to
    the default's. Measurements on processors of that very set come before imitated ones. The
    default stays where nothing was measured, and where no other version is faster by MARGIN. Of
    several that are within MARGIN of the fastest one the oldest is taken, so that noise between
    two good versions does not replace an image.
    """
    if instructions is None:
        return ChosenVersion(
            version=default, reason="the default: this processor's instruction set is not known"
        )
    fitting = _fitting(table, instructions, default)
    if not fitting:
        reason = f"the default: nothing was measured for {instructions.words}"
        return ChosenVersion(version=default, reason=reason)
    figures = dict(_figures(fitting, default, available))
    basis = f"{counted(len(fitting), 'measurement')} for {instructions.words}"
    best = _oldest_of_fastest(figures, default)
    if best == default or figures[best] * MARGIN >= 1:
        return ChosenVersion(
            version=default, reason=f"the default: no other took less CPU time in {basis}"
        )
    share = f"{figures[best]:.0%} of the CPU time of {default}"
    return ChosenVersion(version=best, reason=f"took {share} in {basis}")


def limited(choice: ChosenVersion, limit: str | None) -> ChosenVersion:
    """``choice``, with a word on the variable that bound the instruction set."""
    if not limit:
        return choice
    return ChosenVersion(version=choice.version, reason=f"{choice.reason}; {LIMIT}={limit}")


def _oldest_of_fastest(figures: Mapping[str, float], default: str) -> str:
    fastest = min(figures.values(), default=1.0)
    near = [name for name, figure in figures.items() if figure <= fastest * MARGIN]
    return min(near, key=lambda name: [int(part) for part in name.split(".")], default=default)


def _fitting(
    table: Sequence[VersionTimes], instructions: InstructionSet, default: str
) -> list[VersionTimes]:
    found = [
        each
        for each in table
        if each.instruction_set is instructions
        and each.precision == PRECISION
        and default in each.cpu_ms
    ]
    return [each for each in found if not each.imitated] or found


def _figures(
    measured: Sequence[VersionTimes], default: str, available: Collection[str]
) -> Iterator[tuple[str, float]]:
    """Of each version that all of the measurements have, the geometric mean of its ratios."""
    for version in available:
        if all(version in each.cpu_ms for each in measured):
            ratios = [each.ratio(version, default) for each in measured]
            yield version, statistics.geometric_mean(ratios)
