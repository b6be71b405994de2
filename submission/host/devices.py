"""Memory, disks and network cards."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from submission.host.cgroups import parse_positive_int
from submission.host.probes import Probes, json_of

SECTOR_BYTES = 512
# block devices without storage of their own
PSEUDO_DISK = re.compile(r"(loop|ram|zram|nbd|fd|sr|md|dm-)\d*")
MEMORY_SIZE = re.compile(r"(\d{1,9})\s*(MB|GB|TB|MiB|GiB|TiB)")
MEMORY_GB = {"M": 1 / 1024, "G": 1.0, "T": 1024.0}
SPEED_KEYS = ("Configured Memory Speed", "Configured Clock Speed", "Speed")
NO_PRODUCT = {"", "none", "default string", "to be filled by o.e.m.", "system product name"}


@dataclass(frozen=True, kw_only=True)
class Disk:
    """One block device; ``transport`` is empty where unknown."""

    name: str
    capacity_bytes: int
    rotates: bool
    transport: str


@dataclass(frozen=True, kw_only=True)
class Nic:
    """One network card; ``speed_mbit`` is ``None`` where the driver does not report it."""

    name: str
    physical: bool
    up: bool
    speed_mbit: int | None


@dataclass(frozen=True, kw_only=True)
class MemoryFacts:
    """``modules`` (text) and ``installed_gb`` need the DMI table, hence root."""

    total_kib: int | None
    modules: str | None
    installed_gb: int | None


def memory_facts(probes: Probes) -> MemoryFacts:
    """Memory that the kernel sees, and the installed modules if ``dmidecode`` may read them."""
    found = re.search(
        r"^MemTotal:\s*(\d{1,15})\s*kB", probes.read("/proc/meminfo") or "", re.MULTILINE
    )
    modules = list(_modules(probes.run("dmidecode", "-t", "memory")))
    return MemoryFacts(
        total_kib=int(found[1]) if found else None,
        modules=_module_text(modules),
        installed_gb=round(sum(gb for gb, _ in modules)) or None,
    )


def _modules(text: str | None) -> Iterator[tuple[float, str]]:
    """Gigabytes and kind (``DDR5 4800 MT/s``) of each slot that holds a module."""
    for block in (text or "").split("\n\n"):
        if "Memory Device" not in block:
            continue
        pairs = (line.partition(":") for line in block.splitlines())
        table = {key.strip(): value.strip() for key, _, value in pairs}
        size = MEMORY_SIZE.fullmatch(table.get("Size", ""))
        if size:
            speed = next((table[key] for key in SPEED_KEYS if table.get(key)), "")
            kind = " ".join(x for x in (table.get("Type", ""), speed) if x and x != "Unknown")
            yield int(size[1]) * MEMORY_GB[size[2][0]], kind


def _module_text(modules: list[tuple[float, str]]) -> str | None:
    kinds = Counter(modules)
    texts = [f"{n} slots / {gb:g} GB each / {kind}".rstrip(" /") for (gb, kind), n in kinds.items()]
    return "; ".join(texts) or None


def disks(probes: Probes) -> tuple[Disk, ...]:
    """The disks by ``lsblk``, else by ``/sys/block``, without those of no capacity."""
    value = json_of(probes.run("lsblk", "-J", "-b", "-d", "-o", "NAME,TYPE,SIZE,ROTA,TRAN"))
    rows = value.get("blockdevices") if isinstance(value, dict) else None
    listed = rows if isinstance(rows, list) else list(_sys_block(probes))
    found = (_disk(row) for row in listed if isinstance(row, dict))
    return tuple(disk for disk in found if disk is not None)


def _sys_block(probes: Probes) -> Iterator[dict[str, object]]:
    for name in probes.names("/sys/block"):
        sectors = parse_positive_int(probes.read(f"/sys/block/{name}/size")) or 0
        rotates = (probes.read(f"/sys/block/{name}/queue/rotational") or "").strip()
        yield {
            "name": name,
            "type": "disk",
            "size": sectors * SECTOR_BYTES,
            "rota": rotates == "1",
        }


def _disk(row: Mapping[str, object]) -> Disk | None:
    name, size_bytes = str(row.get("name") or ""), parse_positive_int(str(row.get("size")))
    real = row.get("type") == "disk" and not PSEUDO_DISK.fullmatch(name)
    if not (real and name and size_bytes):
        return None
    return Disk(
        name=name,
        capacity_bytes=size_bytes,
        rotates=str(row.get("rota")).lower() in {"true", "1"},
        transport=_transport(name, str(row.get("tran") or "")),
    )


def _transport(name: str, reported: str) -> str:
    for start, transport in (("vd", "virtio"), ("xvd", "Xen"), ("nvme", "NVMe"), ("mmcblk", "MMC")):
        if name.startswith(start):
            return transport
    return reported.upper()


def nics(probes: Probes) -> tuple[Nic, ...]:
    """The Ethernet-like interfaces by ``ip -j link``, else by ``/sys/class/net``."""
    value = json_of(probes.run("ip", "-j", "link"))
    rows = value if isinstance(value, list) else list(_sys_net(probes))
    named = ((row, str(row.get("ifname") or "")) for row in rows if isinstance(row, dict))
    return tuple(
        Nic(
            name=name,
            physical=bool(probes.names(f"/sys/class/net/{name}/device")),
            up=str(row.get("operstate", "")).upper() == "UP",
            speed_mbit=parse_positive_int(probes.read(f"/sys/class/net/{name}/speed")),
        )
        for row, name in named
        if name and str(row.get("link_type", "ether")) in {"ether", "infiniband"} and name != "lo"
    )


def _sys_net(probes: Probes) -> Iterator[dict[str, object]]:
    for name in probes.names("/sys/class/net"):
        state = (probes.read(f"/sys/class/net/{name}/operstate") or "").strip()
        yield {"ifname": name, "operstate": state}


def root_filesystem(probes: Probes) -> str | None:
    """The type of the file system that was mounted last at ``/``."""
    mounts = probes.read("/proc/self/mounts") or ""
    types: list[str] = re.findall(r"^\S+ / (\S+) ", mounts, re.MULTILINE)
    return types[-1] if types else None


def product(probes: Probes) -> str | None:
    """Vendor and product of the machine by the DMI; ``None`` for placeholder texts."""
    texts = []
    for name in ("sys_vendor", "product_name"):
        text = (probes.read(f"/sys/class/dmi/id/{name}") or "").strip()
        if text.lower() not in NO_PRODUCT and text not in texts:
            texts.append(text)
    return " ".join(texts) or None
