"""What stands between this process and the machine: cgroup, cpuset, container, hypervisor."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from submission.host.probes import Probes, whole

CGROUP_ROOT = "/sys/fs/cgroup"
# cgroup v1 writes a number near 2^63 for "no limit"
UNLIMITED_BYTES = 1 << 60
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
    ``cpu_quota`` processors' worth of time, ``memory_bytes`` the smallest limit on the way up.
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


def limits(probes: Probes, *, hypervisor: str | None, processor_tells: bool = False) -> Limits:
    """``hypervisor`` is what the processor says of itself, if it says anything.

    If ``processor_tells`` (x86), the names in the DMI are not asked: clouds rent bare machines too.
    """
    groups = _groups(probes.read("/proc/self/cgroup"))
    return Limits(
        cpus_allowed=_cpus_allowed(probes),
        cpu_quota=_cpu_quota(probes, groups),
        memory_bytes=_memory_bytes(probes, groups),
        container=_container(probes),
        virtual_machine=_virtual_machine(probes, hypervisor, processor_tells),
    )


def count_cpus(cpu_list: str) -> int | None:
    """How many processors a list such as ``0-3,8`` names; ``None`` if it is not one."""
    total = 0
    for item in cpu_list.strip().split(","):
        found = re.fullmatch(r"(\d{1,6})(?:-(\d{1,6}))?", item.strip())
        if found is None:
            return None
        total += max(0, int(found[2] or found[1]) - int(found[1]) + 1)
    return total


def _groups(text: str | None) -> dict[str, str]:
    """Controller to path; cgroup v2 is the empty controller."""
    groups = {}
    for line in (text or "").splitlines():
        parts = line.split(":", 2)
        if len(parts) == len(("id", "controllers", "path")):
            groups.update(dict.fromkeys(parts[1].split(","), parts[2]))
    return groups


def _upwards(base: str, group: str) -> list[str]:
    """The folder of a group and of all its ancestors: any of them may hold the limit."""
    path = PurePosixPath("/") / group.lstrip("/")
    return [f"{base}{'' if str(step) == '/' else step}" for step in (path, *path.parents)]


def _folders(groups: dict[str, str], controller: str) -> list[str]:
    v1 = _upwards(f"{CGROUP_ROOT}/{controller}", groups.get(controller, "/"))
    v2 = _upwards(CGROUP_ROOT, groups.get("", "/"))
    return v1 + v2


def _memory_bytes(probes: Probes, groups: dict[str, str]) -> int | None:
    found = []
    for folder in _folders(groups, "memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            size_bytes = whole(probes.read(f"{folder}/{name}"))
            if size_bytes and size_bytes < UNLIMITED_BYTES:
                found.append(size_bytes)
    return min(found, default=None)


def _cpu_quota(probes: Probes, groups: dict[str, str]) -> float | None:
    found = []
    for folder in _folders(groups, "cpu"):
        pair = (probes.read(f"{folder}/cpu.max") or "").split()
        if not pair:
            names = ("cpu.cfs_quota_us", "cpu.cfs_period_us")
            pair = [probes.read(f"{folder}/{name}") or "" for name in names]
        quota, period = whole(pair[0]), whole(pair[-1])
        if len(pair) == len(("quota", "period")) and quota and period:
            found.append(quota / period)
    return min(found, default=None)


def _cpus_allowed(probes: Probes) -> str | None:
    found = re.search(
        r"^Cpus_allowed_list:\s*(\S+)", probes.read("/proc/self/status") or "", re.MULTILINE
    )
    return found[1] if found else None


def _container(probes: Probes) -> str | None:
    """The mark by which a container was recognised."""
    for path, engine in CONTAINER_MARKERS.items():
        if probes.read(path) is not None:
            return f"{engine} ({path})"
    named = (probes.read("/run/systemd/container") or "").strip()
    if named:
        return f"{named} (/run/systemd/container)"
    found = CONTAINER_CGROUP.search(probes.read("/proc/1/cgroup") or "")
    return f"{found[1]} (/proc/1/cgroup)" if found else None


def _virtual_machine(probes: Probes, hypervisor: str | None, processor_tells: bool) -> str | None:
    """The hypervisor, from the processor, from Xen, from the device tree, or from the DMI."""
    if hypervisor and hypervisor != "not named":
        return hypervisor
    for path in ("/sys/hypervisor/type", "/proc/device-tree/hypervisor/compatible"):
        named = (probes.read(path) or "").strip(" \0\n")
        if named:
            return named
    for name in () if processor_tells else ("product_name", "sys_vendor"):
        text = (probes.read(f"/sys/class/dmi/id/{name}") or "").strip()
        if VIRTUAL_PRODUCTS.search(text):
            return text
    return hypervisor
