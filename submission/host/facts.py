"""The facts about the machine that run metadata records; only what was detected."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from submission.host.cpu import CpuFacts, cpu_facts
from submission.host.devices import (
    Disk,
    MemoryFacts,
    Nic,
    disks,
    memory_facts,
    nics,
    product,
    root_filesystem,
)
from submission.host.limits import Limits, limits
from submission.host.probes import LiveProbes, Probes

CPUFREQ = "/sys/devices/system/cpu/cpu0/cpufreq"


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Everything that the probes report, read once."""

    cpu: CpuFacts
    memory: MemoryFacts
    disks: tuple[Disk, ...]
    nics: tuple[Nic, ...]
    product: str | None
    operating_system: str | None
    kernel: str | None
    limits: Limits
    governor: str | None
    turbo: str | None
    boot_firmware: str | None
    root_filesystem: str | None


@dataclass(frozen=True, kw_only=True)
class HostFacts:
    """The host as run metadata records it; ``None`` where unknown.

    ``cpu_generation`` distinguishes processors that a hypervisor gives the same name (x86 only).
    ``memory_bytes`` is what the kernel sees, ``memory_limit_bytes`` what the cgroup allows,
    ``cpu_quota`` the CPU time limit in processors, ``turbo`` is ``on`` or ``off``.
    """

    cpu_model: str | None
    cpu_generation: str | None
    sockets: int | None
    cores_per_socket: int | None
    threads_per_core: int | None
    logical_cpus: int | None
    numa_nodes: int | None
    flags: tuple[str, ...]
    governor: str | None
    turbo: str | None
    memory_bytes: int | None
    kernel: str | None
    operating_system: str | None
    cpus_allowed: str | None
    cpu_quota: float | None
    memory_limit_bytes: int | None
    container: str | None
    virtual_machine: str | None

    @property
    def cpu_name(self) -> str:
        """Model and generation; empty where unknown."""
        return cpu_name(self.cpu_model, self.cpu_generation)

    def to_json(self) -> dict[str, Any]:
        """A plain dict for ``run_metadata.json``."""
        return {**asdict(self), "flags": list(self.flags)}


def cpu_name(model: str | None, generation: str | None) -> str:
    """``MODEL (family F, model M)``, or the part of it that is known."""
    return f"{model} ({generation})" if model and generation else model or generation or ""


def read_machine(probes: Probes) -> Machine:
    """Ask every probe once; what cannot be read is left out, never an error."""
    cpu = cpu_facts(probes)
    governor = (probes.read(f"{CPUFREQ}/scaling_governor") or "").strip()
    return Machine(
        cpu=cpu,
        memory=memory_facts(probes),
        disks=disks(probes),
        nics=nics(probes),
        product=product(probes),
        operating_system=_pretty_name(probes),
        kernel=_kernel(probes),
        limits=limits(probes, hypervisor=cpu.hypervisor, cpu_reports_vm=cpu.has_hypervisor_flag),
        governor=governor or None,
        turbo=_turbo(probes),
        root_filesystem=root_filesystem(probes),
        boot_firmware=(probes.read("/sys/class/dmi/id/bios_version") or "").strip() or None,
    )


def host_facts(probes: Probes | None = None) -> HostFacts:
    """The facts of this machine for run metadata; takes well under two seconds."""
    machine = read_machine(probes or LiveProbes())
    cpu, bound = machine.cpu, machine.limits
    total_kib = machine.memory.total_kib
    return HostFacts(
        cpu_model=cpu.model,
        cpu_generation=cpu.generation,
        sockets=cpu.sockets,
        cores_per_socket=cpu.cores_per_socket,
        threads_per_core=cpu.threads_per_core,
        logical_cpus=cpu.logical_cpus,
        numa_nodes=cpu.numa_nodes,
        flags=cpu.flags_of_interest,
        governor=machine.governor,
        turbo=machine.turbo,
        memory_bytes=total_kib * 1024 if total_kib else None,
        kernel=machine.kernel,
        operating_system=machine.operating_system,
        cpus_allowed=bound.cpus_allowed,
        cpu_quota=bound.cpu_quota,
        memory_limit_bytes=bound.memory_bytes,
        container=bound.container,
        virtual_machine=bound.virtual_machine,
    )


def _pretty_name(probes: Probes) -> str | None:
    text = probes.read("/etc/os-release") or probes.read("/usr/lib/os-release") or ""
    pairs = (line.partition("=") for line in text.splitlines())
    table = {key.strip(): value.strip().strip("\"'") for key, _, value in pairs}
    name = table.get("PRETTY_NAME") or " ".join(
        part for part in (table.get("NAME"), table.get("VERSION")) if part
    )
    return name or None


def _kernel(probes: Probes) -> str | None:
    release = (probes.read("/proc/sys/kernel/osrelease") or "").strip()
    found = re.match(r"Linux version (\S+)", probes.read("/proc/version") or "")
    return release or (found[1] if found else None)


def _turbo(probes: Probes) -> str | None:
    """Turbo by intel_pstate (1 means off) or by cpufreq's boost switch (1 means on)."""
    switch = (probes.read("/sys/devices/system/cpu/intel_pstate/no_turbo") or "").strip()
    boost = (probes.read("/sys/devices/system/cpu/cpufreq/boost") or "").strip()
    if switch in {"0", "1"}:
        return "off" if switch == "1" else "on"
    return {"0": "off", "1": "on"}.get(boost)
