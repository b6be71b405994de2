"""How this machine and its software differ from the claimed run's, which may explain results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from submission.host import host_facts
from submission.host.state import load_remarks
from submission.review.built import Built
from submission.terms import Mode
from submission.tree.finished import ClaimedCell

HOST_FIELDS = {
    "cpu_model": "processor",
    "cpu_generation": "generation of the processor",
    "flags": "instruction sets for INT8",
    "sockets": "sockets",
    "cores_per_socket": "cores per socket",
    "threads_per_core": "threads per core",
    "governor": "governor",
    "turbo": "turbo",
    "cpu_quota": "CPU quota",
    "memory_bytes": "memory [bytes]",
    "kernel": "kernel",
    "container": "container",
    "virtual_machine": "virtual machine",
}


def host_differences(cell: ClaimedCell, harness: Mapping[str, Any]) -> Iterator[str]:
    """``what: claimed with …, here …`` for versions, machine and cores."""
    metadata = cell.metadata(Mode.PERFORMANCE)
    claimed, here = metadata["host"], host_facts().to_json()
    for name, version in metadata["harness"].get("versions", {}).items():
        yield from _difference(f"version of {name}", version, harness["versions"].get(name))
    for key, words in HOST_FIELDS.items():
        if key in claimed:
            yield from _difference(words, claimed[key], here[key])
    cores = metadata["harness"]["machine"].get("affinity")
    yield from _difference(
        "cores that the run could use",
        len(cores) if isinstance(cores, list) else None,
        len(harness["machine"]["affinity"]),
    )
    yield from (f"{remark.what}: {remark.why}" for remark in load_remarks())


def source_differences(metadata: Mapping[str, Any], image: Built | None) -> Iterator[str]:
    """The claimed run's sources compared with the running image's; nothing without an image."""
    if image is not None:
        recorded = metadata["image"].get("fingerprint")
        yield from _difference("fingerprint of the sources", recorded, image.fingerprint)


def _difference(what: str, claimed: object, here: object) -> Iterator[str]:
    if claimed != here:
        yield f"{what}: claimed with {_words(claimed)}, here {_words(here)}"


def _words(value: object) -> str:
    if isinstance(value, list | tuple):
        return " ".join(map(str, value)) or "none"
    return "not known" if value is None else str(value)
