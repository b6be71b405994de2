"""Words the facts of the machine as fields of a system description."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from submission.host.cpu import CpuFacts
from submission.host.devices import Disk, Nic
from submission.host.facts import Machine

NOT_APPLICABLE = "N/A"
KIB_PER_GIB = 1 << 20
BYTES_PER_GIB = 1 << 30
BYTES_PER_GB = 10**9
NOISE_IN_NAME = re.compile(
    r"\((R|TM|\d+ cores?)\)|\bCPU\b|@.*|\bProcessor\b|\d+-Core\b| \+ ", re.IGNORECASE
)
NO_ACCELERATOR = {
    "accelerators_per_node": "0",
    **dict.fromkeys(
        (
            "accelerator_model_name",
            "accelerator_frequency",
            "accelerator_host_interconnect",
            "accelerator_interconnect",
            "accelerator_interconnect_topology",
            "accelerator_memory_capacity",
            "accelerator_memory_configuration",
            "accelerator_on-chip_memories",
        ),
        NOT_APPLICABLE,
    ),
}
ASSUMED_FIELDS = frozenset(
    {
        "status",
        "system_type",
        "number_of_nodes",
        "host_networking_topology",
        "is_network",
        *NO_ACCELERATOR,
    }
)


def detected_fields(
    machine: Machine, *, software_words: Mapping[str, str], precision: str
) -> dict[str, str | None]:
    """The fields that can be detected, in the order of published files.

    ``precision`` is that of the models, for the system's name; it may be empty.

    A value is None where this machine does not provide it. The SUT of this kit runs on the
    processor only, hence no accelerators.
    """
    cpu = machine.cpu
    cards = sum(nic.physical for nic in machine.nics)
    return {
        "status": "available",
        "system_type": "datacenter",
        "system_name": system_name(machine, precision),
        "number_of_nodes": "1",
        "host_processor_model_name": cpu.model or cpu.architecture,
        "host_processors_per_node": _number(cpu.sockets),
        "host_processor_core_count": _cores(cpu),
        "host_processor_frequency": _frequency(machine),
        "host_processor_caches": cpu.caches,
        "host_processor_interconnect": "N/A (one processor)" if cpu.sockets == 1 else None,
        "host_memory_capacity": _memory(machine),
        "host_memory_configuration": machine.memory.modules,
        "host_storage_capacity": _storage(machine.disks),
        "host_storage_type": _storage_kinds(machine),
        "host_networking": _networking(machine.nics),
        "host_networking_topology": "N/A (single node, LoadGen and SUT in one process)",
        **NO_ACCELERATOR,
        "cooling": None,
        "hw_notes": hardware_notes(machine),
        "framework": software_words["framework"],
        "operating_system": machine.operating_system,
        **software_words,
        "host_network_card_count": str(cards) if cards else None,
    }


def detected_power(machine: Machine) -> dict[str, str | None]:
    """The power fields that can be read without instruments."""
    up = [nic for nic in machine.nics if nic.physical and nic.up]
    fastest = max((nic.speed_mbit or 0 for nic in up), default=0)
    cards = sum(nic.physical for nic in machine.nics)
    return {
        "number_of_type_nics_installed": str(cards) if cards else None,
        "nics_enabled_os": str(len(up)) if up else None,
        # the kernel reports a card as up only if its link is
        "nics_enabled_connected": str(len(up)) if up else None,
        "network_speed_mbit": _number(fastest),
        "disk_drives": _storage(machine.disks),
        "boot_firmware_version": machine.boot_firmware,
        "filesystem": machine.root_filesystem,
        "power_management": f"governor {machine.governor}" if machine.governor else None,
    }


def system_name(machine: Machine, precision: str) -> str:
    """A name in the form of published ones: nodes, sockets, platform, framework, precision."""
    words = NOISE_IN_NAME.sub(" ", machine.cpu.model or "").replace("Intel", "")
    platform = re.sub(r"[^A-Za-z0-9.+]+", "-", words).strip("-")
    sockets = f"{machine.cpu.sockets}S" if machine.cpu.sockets else ""
    parts = ("1-node", sockets, platform, "OpenVINO", precision)
    return "-".join(part for part in parts if part)


def hardware_notes(machine: Machine) -> str:
    """What limits the measurement on its machine: virtualization, cgroups, SMT, governor, turbo."""
    return "; ".join(note for note in _notes(machine) if note)


def _notes(machine: Machine) -> Sequence[str]:
    cpu, bound = machine.cpu, machine.limits
    smt = {None: "SMT not known", 1: "SMT off or absent"}.get(cpu.threads_per_core)
    allowed, online = bound.cpu_count, cpu.logical_cpus
    return (
        machine.product or "",
        f"virtual machine ({bound.virtual_machine})" if bound.virtual_machine else "",
        f"signs of a container: {bound.container}" if bound.container else "",
        _counted(cpu.numa_nodes, "NUMA node") or "NUMA not known",
        _hybrid(cpu),
        smt or f"SMT on ({cpu.threads_per_core} threads per core)",
        _counted(online, "logical processor"),
        f"cpuset allows {allowed} of {online} logical processors ({bound.cpus_allowed})"
        if allowed and online and allowed < online
        else "",
        f"cgroup grants {bound.cpu_quota:g} processors of time" if bound.cpu_quota else "",
        f"cgroup limits memory to {bound.memory_bytes / BYTES_PER_GIB:.1f} GiB"
        if bound.memory_bytes and not _above_memory(machine)
        else "",
        f"governor {machine.governor}" if machine.governor else "",
        f"turbo {machine.turbo}" if machine.turbo else "",
    )


def _hybrid(cpu: CpuFacts) -> str:
    """The two kinds of an Intel hybrid, which lscpu counts as one."""
    if not cpu.hybrid:
        return ""
    return (
        f"hybrid: processors {cpu.hybrid['core']} are performance cores, "
        f"{cpu.hybrid['atom']} efficiency cores"
    )


def _counted(count: int | None, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}" if count else ""


def _above_memory(machine: Machine) -> bool:
    """A limit above the memory itself limits nothing."""
    total_kib = machine.memory.total_kib
    return bool(total_kib and (machine.limits.memory_bytes or 0) >= total_kib * 1024)


def _cores(cpu: CpuFacts) -> str | None:
    if cpu.cores_per_socket is None and cpu.cores_in_all:
        return f"{cpu.cores_in_all} (in all; the firmware does not report sockets)"
    return _number(cpu.cores_per_socket)


def _frequency(machine: Machine) -> str | None:
    cpu = machine.cpu
    parts = [
        f"{cpu.base_mhz:.0f} MHz base" if cpu.base_mhz else "",
        f"{cpu.max_mhz:.0f} MHz maximum" if cpu.max_mhz else "",
    ]
    known = ", ".join(part for part in parts if part)
    return known or (f"{cpu.now_mhz:.0f} MHz (as seen, /proc/cpuinfo)" if cpu.now_mhz else None)


def _memory(machine: Machine) -> str | None:
    memory = machine.memory
    if memory.installed_gb:
        return f"{memory.installed_gb} GB"
    if memory.total_kib:
        return f"{memory.total_kib / KIB_PER_GIB:.1f} GiB (as the kernel sees it)"
    return None


def _storage(disks: Sequence[Disk]) -> str | None:
    sizes = Counter(f"{disk.capacity_bytes / BYTES_PER_GB:.0f} GB" for disk in disks)
    return ", ".join(f"{count}x {size}" for size, count in sizes.items()) or None


def _storage_kinds(machine: Machine) -> str | None:
    virtual = machine.limits.virtual_machine is not None
    kinds = (_disk_words(disk, virtual=virtual) for disk in machine.disks)
    return ", ".join(dict.fromkeys(kinds)) or None


def _disk_words(disk: Disk, *, virtual: bool) -> str:
    """Transport and kind; a virtual disk reports nothing reliable about rotation."""
    if virtual or disk.transport in {"virtio", "Xen"}:
        return f"virtual disk ({disk.transport or 'transport unknown'})"
    return f"{disk.transport} {'HDD' if disk.rotates else 'SSD'}".strip()


def _networking(nics: Sequence[Nic]) -> str | None:
    """The physical cards if there are any, else the virtual ones that are up."""
    shown = [nic for nic in nics if nic.physical] or [nic for nic in nics if nic.up]
    return ", ".join(f"{nic.name} ({_nic_words(nic)})" for nic in shown) or None


def _nic_words(nic: Nic) -> str:
    speed = f"{nic.speed_mbit / 1000:g} Gb/s" if nic.speed_mbit else "speed unknown"
    return f"{speed}{'' if nic.physical else ', virtual'}{'' if nic.up else ', down'}"


def _number(value: int | None) -> str | None:
    return str(value) if value else None
