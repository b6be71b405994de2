"""Evidence on the system description: its fields against the host facts that the runs recorded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from submission.host.describe import NOT_DETECTED
from submission.review.evidence.model import Examined, Statement
from submission.review.evidence.runs import runs
from submission.tree.grammar import Area

UNITS = {"MB": 10**6, "GB": 10**9, "TB": 10**12, "MIB": 1 << 20, "GIB": 1 << 30, "TIB": 1 << 40}
SIZE = re.compile(r"(?:(\d{1,4})\s*x\s*)?(\d{1,9}(?:\.\d{1,6})?)\s*([KMGT]i?B)", re.IGNORECASE)
WORD = re.compile(r"[a-z0-9.+-]{2,}")
NUMBER = re.compile(r"\d{1,9}")
# the kernel keeps some of what is installed; vendors count GB where the kernel counts GiB
LEAST_MEMORY, MOST_MEMORY = 0.9, 1.35
# words of a processor's name that vendors and kernels leave out or add
NOISE = frozenset({"amd", "intel", "cpu", "processor", "tm", "with", "core"})


def description(subject: Examined) -> Iterator[Statement]:
    """Each field against the facts; a field that was not detected claims nothing."""
    layout, tree = subject.tree.layout, subject.tree
    for owner, system in dict.fromkeys((c.place.owner, c.system) for c in tree.cells):
        at = layout.path(Area.SYSTEMS, owner, system)
        stated = tree.systems().get(system)
        if stated is None:
            yield Statement(
                at, "", "no description that can be read", "one of the machine that ran"
            )
            continue
        facts = [
            metadata
            for cell, _, _, metadata in runs(subject)
            if (cell.place.owner, cell.system) == (owner, system)
        ]
        for field, judge in FIELDS.items():
            text = stated.get(field)
            if facts and text is not None and text != NOT_DETECTED:
                yield from _field(at, field, text, [judge(each) for each in facts])


Judgement = tuple[Callable[[str], bool], str]
"""Whether a field's text fits a fact, and the fact in words; ``""`` where it is not known."""


def _field(at: str, field: str, text: str, judged: list[Judgement]) -> Iterator[Statement]:
    known = [(fits, words) for fits, words in judged if words]
    if known:
        fit = any(fits(text) for fits, _ in known)
        words = " or ".join(dict.fromkeys(words for _, words in known))
        yield Statement(at, field, text, text if fit else f"{words}, as the runs recorded")


def _name(metadata: Mapping[str, Any]) -> Judgement:
    detected = metadata["host"].get("cpu_model")
    return (lambda text: _names(detected) <= _names(text)), detected or ""


def _names(text: str | None) -> frozenset[str]:
    plain = re.sub(r"\((r|tm)\)|@.*", " ", (text or "").lower())
    return frozenset(WORD.findall(plain)) - NOISE


def _counted(fact: str) -> Callable[[Mapping[str, Any]], Judgement]:
    def judge(metadata: Mapping[str, Any]) -> Judgement:
        count = metadata["host"].get(fact)
        return (lambda text: str(count) in NUMBER.findall(text)), str(count) if count else ""

    return judge


def _memory(metadata: Mapping[str, Any]) -> Judgement:
    seen = metadata["host"].get("memory_bytes")

    def fits(text: str) -> bool:
        sizes = [
            int(count or 1) * float(number) * UNITS.get(unit.upper(), 0)
            for count, number, unit in SIZE.findall(text)
        ]
        return any(LEAST_MEMORY * seen <= size <= MOST_MEMORY * seen for size in sizes)

    return fits, f"{seen / (1 << 30):.1f} GiB" if seen else ""


def _fixed(value: str) -> Callable[[Mapping[str, Any]], Judgement]:
    def judge(metadata: Mapping[str, Any]) -> Judgement:
        del metadata
        return (lambda text: value in NUMBER.findall(text)), value

    return judge


def _operating_system(metadata: Mapping[str, Any]) -> Judgement:
    name = metadata["host"].get("operating_system")
    return (lambda text: _names(name) <= _names(text)), name or ""


def _framework(metadata: Mapping[str, Any]) -> Judgement:
    version = metadata["harness"]["versions"].get("openvino", "")

    def fits(text: str) -> bool:
        # a text without a version claims none
        return _has(text, version) or not re.search(r"openvino\D{0,3}\d", text.lower())

    return fits, f"OpenVINO {version}" if version else ""


def _stack(metadata: Mapping[str, Any]) -> Judgement:
    versions = metadata["harness"]["versions"]
    named = {"LoadGen": versions.get("loadgen"), "Python": versions.get("python")}
    known = {name: version for name, version in named.items() if version}

    def fits(text: str) -> bool:
        # a person may write another text; a version of the same thing must be the right one
        return all(
            name.lower() not in text.lower() or _has(text, version)
            for name, version in known.items()
        )

    return fits, ", ".join(f"{name} {version}" for name, version in known.items())


def _has(text: str, version: str) -> bool:
    return bool(re.search(rf"(?<![\d.]){re.escape(version)}(?![\d]|\.\d)", text))


FIELDS: Mapping[str, Callable[[Mapping[str, Any]], Judgement]] = {
    "number_of_nodes": _fixed("1"),
    "accelerators_per_node": _fixed("0"),
    "host_processor_model_name": _name,
    "host_processors_per_node": _counted("sockets"),
    "host_processor_core_count": _counted("cores_per_socket"),
    "host_memory_capacity": _memory,
    "operating_system": _operating_system,
    "framework": _framework,
    "other_software_stack": _stack,
}
"""Field of a system description -> how it is judged by a run's metadata."""
