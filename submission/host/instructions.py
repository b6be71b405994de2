"""The instruction set of a processor, as far as it decides how fast INT8 products are.

Names are those of oneDNN, the library of OpenVINO's CPU plugin. The variable LIMIT lets oneDNN use
no more than a given set, so that a newer processor can imitate an older one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import StrEnum

from submission.host.kernel_text import cpuinfo
from submission.host.probes import LiveProbes, Probes

LIMIT = "ONEDNN_MAX_CPU_ISA"


class InstructionSet(StrEnum):
    """From the least to the most capable; a processor counts as the last one that it has."""

    AVX2 = "AVX2"
    AVX2_VNNI = "AVX2_VNNI"
    AVX512_CORE = "AVX512_CORE"
    AVX512_CORE_VNNI = "AVX512_CORE_VNNI"
    AVX512_CORE_AMX = "AVX512_CORE_AMX"

    @property
    def words(self) -> str:
        """For a person: ``AVX-512 without VNNI``."""
        return _WORDS[self]


_FLAGS = {
    InstructionSet.AVX2: "avx2",
    InstructionSet.AVX2_VNNI: "avx_vnni",
    InstructionSet.AVX512_CORE: "avx512bw",
    InstructionSet.AVX512_CORE_VNNI: "avx512_vnni",
    InstructionSet.AVX512_CORE_AMX: "amx_int8",
}
_WORDS = {
    InstructionSet.AVX2: "AVX2 without VNNI",
    InstructionSet.AVX2_VNNI: "AVX2 with VNNI",
    InstructionSet.AVX512_CORE: "AVX-512 without VNNI",
    InstructionSet.AVX512_CORE_VNNI: "AVX-512 with VNNI",
    InstructionSet.AVX512_CORE_AMX: "AVX-512 with AMX",
}


def instruction_set(flags: Collection[str], limit: str | None = None) -> InstructionSet | None:
    """What a processor with these flags of the kernel counts as; None without AVX2 (or on ARM).

    ``limit`` is the value of LIMIT that processes run under; a value that is no set is ignored, as
    oneDNN does.
    """
    found = [each for each in InstructionSet if _FLAGS[each] in flags]
    if limit in list(InstructionSet):
        ceiling = list(InstructionSet).index(InstructionSet(limit))
        found = [each for each in found if list(InstructionSet).index(each) <= ceiling]
    return found[-1] if found else None


def imitable(flags: Collection[str]) -> Iterator[InstructionSet]:
    """The sets below the processor's own that LIMIT can imitate on it."""
    own = instruction_set(flags)
    yield from (each for each in InstructionSet if each != own and _FLAGS[each] in flags)


def cpu_flags(probes: Probes | None = None) -> frozenset[str]:
    """All flags of the first processor; empty where the kernel gives none (x86 gives them)."""
    table = cpuinfo((probes or LiveProbes()).read("/proc/cpuinfo"))
    return frozenset(next(iter(table), {}).get("flags", "").split())
