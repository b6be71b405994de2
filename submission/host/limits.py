"""What limits this process on its machine: cgroup, cpuset, container, hypervisor."""

from __future__ import annotations

import re
from dataclasses import dataclass

from submission.host.cgroups import cpu_quota, memory_limit_bytes
from submission.host.kernel_text import count_cpus
from submission.host.probes import Probes

CONTAINER_MARKERS = {"/.dockerenv": "docker", "/run/.containerenv": "podman"}
CONTAINER_CGROUP = re.compile(r"(docker|kubepods|containerd|libpod|lxc|garden)")
VIRTUAL_PRODUCTS = re.compile(
    r"KVM|QEMU|VMware|VirtualBox|Virtual Machine|Bochs|OpenStack|HVM domU|"
    r"Amazon EC2|Google Compute Engine|Alibaba Cloud ECS",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The part of the machine that this process may use; ``None`` where nothing limits it.

    ``cpus_allowed`` is the kernel's list (``0-3,8``) of the processors of this process,
    ``cpu_quota`` the CPU time limit in processors, ``memory_bytes`` the smallest cgroup limit.
    """

    cpus_allowed: str | None
    cpu_quota: float | None
    memory_bytes: int | None
    container: str | None
    virtual_machine: str | None

    @property
    def cpu_count(self) -> int | None:
        """How many processors ``cpus_allowed`` names."""
        return count_cpus(self.cpus_allowed) if self.cpus_allowed else None


def limits(probes: Probes, *, hypervisor: str | None, cpu_reports_vm: bool = False) -> Limits:
    """``hypervisor`` is what the processor reports, if anything.

    With ``cpu_reports_vm`` (x86) the DMI is ignored: clouds rent bare-metal machines too.
    """
    return Limits(
        cpus_allowed=_cpus_allowed(probes),
        cpu_quota=cpu_quota(probes.read),
        memory_bytes=memory_limit_bytes(probes.read),
        container=_container(probes),
        virtual_machine=_virtual_machine(probes, hypervisor, cpu_reports_vm),
    )


def _cpus_allowed(probes: Probes) -> str | None:
    found = re.search(
        r"^Cpus_allowed_list:\s*(\S+)", probes.read("/proc/self/status") or "", re.MULTILINE
    )
    return found[1] if found else None


def _container(probes: Probes) -> str | None:
    """The sign by which a container was detected."""
    for path, engine in CONTAINER_MARKERS.items():
        if probes.read(path) is not None:
            return f"{engine} ({path})"
    named = (probes.read("/run/systemd/container") or "").strip()
    if named:
        return f"{named} (/run/systemd/container)"
    found = CONTAINER_CGROUP.search(probes.read("/proc/1/cgroup") or "")
    return f"{found[1]} (/proc/1/cgroup)" if found else None


def _virtual_machine(probes: Probes, hypervisor: str | None, cpu_reports_vm: bool) -> str | None:
    """The hypervisor, from the processor, from Xen, from the device tree, or from the DMI."""
    if hypervisor and hypervisor != "not named":
        return hypervisor
    for path in ("/sys/hypervisor/type", "/proc/device-tree/hypervisor/compatible"):
        named = (probes.read(path) or "").strip(" \0\n")
        if named:
            return named
    for name in () if cpu_reports_vm else ("product_name", "sys_vendor"):
        text = (probes.read(f"/sys/class/dmi/id/{name}") or "").strip()
        if VIRTUAL_PRODUCTS.search(text):
            return text
    return hypervisor
