"""The processor: from ``lscpu -J``, else from ``/proc/cpuinfo`` and sysfs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from submission.host.kernel_text import cpuinfo
from submission.host.probes import Probes, json_of
from submission.wording import counted

SYS_CPU = "/sys/devices/system/cpu"
SYS_NODE = "/sys/devices/system/node"
CACHE_LEVELS = ("L1d", "L1i", "L2", "L3")
UNIT_BYTES = {"": 1, "B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
CACHE_SIZE = re.compile(
    r"(?P<number>\d{1,9}(?:\.\d+)?)\s*(?P<unit>[KMGB]?)(?P<sum>iB)?"
    r"(?:\s*\((?P<instances>\d{1,6}) instances?\))?"
)
BASE_IN_NAME = re.compile(r"@\s*([\d.]+)\s*GHz")
SEVERAL = 2
# instruction sets that decide how fast (and, without VNNI, how exact) INT8 runs
FLAGS_OF_INTEREST = ("avx2", "avx512_vnni", "avx_vnni", "amx_int8", "amx_bf16")


@dataclass(frozen=True, kw_only=True)
class CoreKind:
    """One kind of core of a machine that has several (big.LITTLE): its name, and how many."""

    name: str
    cores: int


@dataclass(frozen=True, kw_only=True)
class CpuFacts:
    """The processors of this machine; ``None`` or empty where unknown.

    ``kinds`` is empty on a machine whose cores are all of one kind; of others ``model`` names them
    all, ``cores_per_socket`` is their sum. ``hybrid`` maps the kernel's names of an Intel hybrid's
    kinds (core, atom) to their processors.
    """

    model: str | None = None
    generation: str | None = None
    architecture: str | None = None
    sockets: int | None = None
    cores_per_socket: int | None = None
    cores_in_all: int | None = None
    threads_per_core: int | None = None
    logical_cpus: int | None = None
    online: str | None = None
    numa_nodes: int | None = None
    numa: Mapping[str, str] | None = None
    caches: str | None = None
    max_mhz: float | None = None
    base_mhz: float | None = None
    now_mhz: float | None = None
    flags: frozenset[str] = frozenset()
    hypervisor: str | None = None
    kinds: tuple[CoreKind, ...] = ()
    hybrid: Mapping[str, str] | None = None

    @property
    def has_hypervisor_flag(self) -> bool:
        """Whether this is an x86 processor, whose flags show a hypervisor if there is one."""
        return "fpu" in self.flags

    @property
    def flags_of_interest(self) -> tuple[str, ...]:
        """The ``FLAGS_OF_INTEREST`` of this processor, with those of ARM (dotprod, i8mm, …)."""
        arm = ("asimddp", "i8mm", "bf16", "sve")
        return tuple(flag for flag in (*FLAGS_OF_INTEREST, *arm) if flag in self.flags)


def cpu_facts(probes: Probes) -> CpuFacts:
    """The facts from ``lscpu``, completed from ``/proc/cpuinfo`` and sysfs."""
    # -B: sizes in bytes; lscpu before util-linux 2.37 lacks it
    pairs = _lscpu_pairs(probes.run("lscpu", "-J", "-B") or probes.run("lscpu", "-J"))
    table = cpuinfo(probes.read("/proc/cpuinfo"))
    facts = _filled(_from_lscpu(pairs), _from_cpuinfo(table))
    facts = _filled(facts, _from_topology(probes))
    facts = replace(_of_several_kinds(facts), hybrid=_hybrid(probes))
    base_khz = _number(probes.read(f"{SYS_CPU}/cpu0/cpufreq/base_frequency"))
    max_khz = _number(probes.read(f"{SYS_CPU}/cpu0/cpufreq/cpuinfo_max_freq"))
    named = BASE_IN_NAME.search(facts.model or "")
    base_mhz = base_khz / 1000 if base_khz else float(named[1]) * 1000 if named else None
    return _filled(facts, CpuFacts(base_mhz=base_mhz, max_mhz=max_khz / 1000 if max_khz else None))


def cache_text(name: str, size: str) -> str | None:
    """A cache size as text, from one of the three styles of lscpu; ``None`` for other text.

    ``4 MiB (2 instances)`` is the sum over the instances (util-linux 2.37 and later),
    ``128 KiB`` the sum over an unknown number (2.34 to 2.36), ``48K`` one instance (before).
    """
    found = CACHE_SIZE.fullmatch(size.strip())
    if found is None:
        return None
    instances = int(found["instances"] or 1) or 1
    each = _size_text(float(found["number"]) * UNIT_BYTES[found["unit"]] / instances)
    if found["sum"] and not found["instances"]:
        return f"{name} {each} in all"
    return f"{name} {each}" + (f" x {instances}" if instances > 1 else "")


def _size_text(size_bytes: float) -> str:
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:g} {unit}"
    return f"{size_bytes:g} B"


def _lscpu_pairs(text: str | None) -> list[tuple[str, str]]:
    """Fields and values in their order; since util-linux 2.40 rows may be nested."""
    value = json_of(text)
    return list(_walk(value.get("lscpu") if isinstance(value, dict) else None))


def _core_kinds(pairs: list[tuple[str, str]]) -> tuple[CoreKind, ...]:
    """The kinds of core; lscpu repeats the rows from "Model name" on for each of them."""
    starts = [at for at, (field, _) in enumerate(pairs) if field == "Model name"]
    found: dict[str, int] = {}
    for start, end in pairwise([*starts, len(pairs)]):
        rows = dict(reversed(pairs[start:end]))
        # what lscpu calls a socket here is a cluster of like cores
        each = rows.get("Core(s) per socket") or rows.get("Core(s) per cluster")
        groups = rows.get("Socket(s)") or rows.get("Cluster(s)")
        cores = (_count(each) or 0) * (_count(groups) or 1)
        name = rows["Model name"]
        found[name] = found.get(name, 0) + cores
    if len(found) < SEVERAL or not all(found.values()):
        return ()
    return tuple(CoreKind(name=name, cores=cores) for name, cores in found.items())


def _of_several_kinds(facts: CpuFacts) -> CpuFacts:
    """One processor with the cores of all its kinds, where there are several."""
    if not facts.kinds:
        return facts
    named = (f"{kind.name} ({counted(kind.cores, 'core')})" for kind in facts.kinds)
    total = sum(kind.cores for kind in facts.kinds)
    return replace(facts, model=" + ".join(named), sockets=1, cores_per_socket=total)


def _hybrid(probes: Probes) -> Mapping[str, str] | None:
    """Processors of each kind of an Intel hybrid, whose cores share one model name."""
    found = {name: probes.read(f"/sys/devices/cpu_{name}/cpus") for name in ("core", "atom")}
    known = {name: text.strip() for name, text in found.items() if text and text.strip()}
    return known if len(known) == len(found) else None


def _walk(rows: object) -> Iterator[tuple[str, str]]:
    for row in rows if isinstance(rows, list) else ():
        if not isinstance(row, dict):
            continue
        field, data = row.get("field"), row.get("data")
        if isinstance(field, str) and isinstance(data, str) and data.strip() not in {"", "-"}:
            yield field.strip().rstrip(":"), data.strip()
        yield from _walk(row.get("children"))


def _from_lscpu(pairs: list[tuple[str, str]]) -> CpuFacts:
    rows = dict(reversed(pairs))  # the first of a field that comes again
    numa = {
        name.removeprefix("NUMA ").removesuffix(" CPU(s)"): cpus
        for name, cpus in rows.items()
        if name.startswith("NUMA node") and name.endswith(" CPU(s)")
    }
    sizes = {level: rows.get(f"{level} cache") or rows.get(level) for level in CACHE_LEVELS}
    found = (cache_text(level, size) for level, size in sizes.items() if size)
    return CpuFacts(
        model=rows.get("Model name"),
        architecture=rows.get("Architecture"),
        sockets=_count(rows.get("Socket(s)")),
        cores_per_socket=_count(rows.get("Core(s) per socket")),
        cores_in_all=_cluster_cores(rows),
        threads_per_core=_count(rows.get("Thread(s) per core")),
        logical_cpus=_count(rows.get("CPU(s)")),
        online=rows.get("On-line CPU(s) list"),
        numa_nodes=_count(rows.get("NUMA node(s)")),
        numa=numa or None,
        caches=" / ".join(text for text in found if text) or None,
        max_mhz=max((_number(d) or 0 for f, d in pairs if f == "CPU max MHz"), default=0) or None,
        now_mhz=_number(rows.get("CPU MHz")),
        flags=frozenset(rows.get("Flags", "").split()),
        hypervisor=rows.get("Hypervisor vendor"),
        kinds=_core_kinds(pairs),
    )


def _cluster_cores(rows: Mapping[str, str]) -> int | None:
    """Cores in all where ARM firmware reports clusters instead of sockets."""
    each, clusters = _count(rows.get("Core(s) per cluster")), _count(rows.get("Cluster(s)"))
    return each * clusters if each and clusters else None


def _from_cpuinfo(tables: list[dict[str, str]]) -> CpuFacts:
    if not tables:
        return CpuFacts()
    first = tables[0]
    flags = frozenset((first.get("flags") or first.get("Features") or "").split())
    packages = {table.get("physical id", "") for table in tables} - {""}
    cores, siblings = _count(first.get("cpu cores")), _count(first.get("siblings"))
    return CpuFacts(
        model=_cpuinfo_model(first),
        generation=_generation(first),
        sockets=len(packages) or None,
        cores_per_socket=cores,
        threads_per_core=siblings // cores if siblings and cores else None,
        logical_cpus=len(tables),
        now_mhz=_number(first.get("cpu MHz")),
        flags=flags,
        hypervisor="not named" if "hypervisor" in flags else None,
        kinds=_cpuinfo_kinds(tables),
    )


def _cpuinfo_kinds(tables: list[dict[str, str]]) -> tuple[CoreKind, ...]:
    """The kinds of core on ARM, which has a table for each and one thread a core."""
    found = Counter(table["CPU part"] for table in tables if "CPU part" in table)
    if len(found) < SEVERAL:
        return ()
    names = {table["CPU part"]: _cpuinfo_model(table) for table in tables if "CPU part" in table}
    return tuple(CoreKind(name=names[part] or part, cores=count) for part, count in found.items())


def _cpuinfo_model(table: Mapping[str, str]) -> str | None:
    """The model's name on x86 and POWER; ARM kernels give only numbers of the implementer."""
    named = table.get("model name") or table.get("cpu model") or table.get("cpu")
    maker, part = table.get("CPU implementer"), table.get("CPU part")
    return named or (f"CPU implementer {maker}, part {part}" if maker and part else None)


def _generation(table: Mapping[str, str]) -> str | None:
    """Family and model number of an x86 processor; hypervisors may hide the model's name."""
    family, model = table.get("cpu family"), table.get("model")
    return f"family {family}, model {model}" if family and model else None


def _from_topology(probes: Probes) -> CpuFacts:
    """Sockets and cores by sysfs; ARM kernels may report -1 for the package."""
    cpus = [name for name in probes.names(SYS_CPU) if re.fullmatch(r"cpu\d+", name)]
    places = [_place(probes, f"{SYS_CPU}/{name}/topology") for name in cpus]
    cores = {place for place in places if place is not None}
    sockets = len({package for package, _ in cores})
    complete = bool(cores) and None not in places
    nodes = [name for name in probes.names(SYS_NODE) if re.fullmatch(r"node\d+", name)]
    return CpuFacts(
        sockets=sockets or None,
        cores_per_socket=len(cores) // sockets if sockets else None,
        threads_per_core=len(cpus) // len(cores) if complete else None,
        logical_cpus=len(cpus) or None,
        online=(probes.read(f"{SYS_CPU}/online") or "").strip() or None,
        numa_nodes=len(nodes) or None,
    )


def _place(probes: Probes, folder: str) -> tuple[str, str] | None:
    """Package and core of one processor."""
    package = (probes.read(f"{folder}/physical_package_id") or "").strip()
    core = (probes.read(f"{folder}/core_id") or "").strip()
    return (package, core) if package.isdigit() and core.isdigit() else None


def _filled(facts: CpuFacts, more: CpuFacts) -> CpuFacts:
    """``facts`` with missing values taken from ``more``."""
    gaps = {name: value for name, value in vars(more).items() if not getattr(facts, name)}
    return replace(facts, **gaps)


def _count(text: str | None) -> int | None:
    number = _number(text)
    return int(number) if number and number == int(number) else None


def _number(text: str | None) -> float | None:
    """A positive number in C notation; ``None`` for other text, such as localized output."""
    if text is None or not re.fullmatch(r"\d{1,15}(\.\d+)?", text.strip()):
        return None
    return float(text) or None
