"""Remarks on the state of the host that may spoil a measurement.

Nothing is changed; every remark carries a command that the user may run. The settings are those
that the published submission's script made with sudo before its runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from submission.host.facts import Machine, read_machine
from submission.host.kernel_text import count_cpus
from submission.host.probes import LiveProbes, Probes
from submission.wording import counted

VNNI = frozenset({"avx512_vnni", "avx_vnni", "amx_int8", "asimddp", "i8mm"})
CHOSEN = re.compile(r"\[(\w+)\]")
# other running or waiting processes, as a share of the processors
BUSY_SHARE = 0.5


@dataclass(frozen=True, kw_only=True)
class Remark:
    """``what`` was seen, ``why`` it matters, and the ``command`` to change or see it."""

    what: str
    why: str
    command: str


def state_remarks(probes: Probes | None = None) -> tuple[Remark, ...]:
    """Everything about this host that may make a measurement slower, noisier or inexact."""
    asked = probes or LiveProbes()
    machine = read_machine(asked)
    return (
        *_saturation(machine),
        *_governor(machine),
        *_turbo(machine),
        *_huge_pages(asked),
        *_numa(asked, machine),
        *_smt(machine),
        *_limits(machine),
        *_load(asked, machine),
    )


def load_remarks(probes: Probes | None = None) -> tuple[Remark, ...]:
    """Only whether the machine is busy with something else."""
    asked = probes or LiveProbes()
    return tuple(_load(asked, read_machine(asked)))


def _saturation(machine: Machine) -> Iterator[Remark]:
    if machine.cpu.flags and not machine.cpu.flags & VNNI:
        yield Remark(
            what="no VNNI, AMX or dot product: INT8 products saturate at 16 bits",
            why="answers and F1 may differ from those with VNNI, and inference is slower",
            command="lscpu | grep -oE 'avx512_vnni|avx_vnni|amx_int8'",
        )


def _governor(machine: Machine) -> Iterator[Remark]:
    if machine.governor is None:
        yield Remark(
            what="the frequency governor cannot be seen",
            why="guests and containers do not show it; the frequency may change during a run",
            command="cpupower frequency-info   # on the host",
        )
    elif machine.governor != "performance":
        yield Remark(
            what=f"governor {machine.governor}",
            why="the frequency follows the load: the first samples are slower",
            command="sudo cpupower frequency-set -g performance",
        )


def _turbo(machine: Machine) -> Iterator[Remark]:
    if machine.turbo == "off":
        yield Remark(
            what="turbo is off",
            why="the processor runs at its base frequency",
            command="echo 0 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo",
        )


def _huge_pages(probes: Probes) -> Iterator[Remark]:
    path = "/sys/kernel/mm/transparent_hugepage/enabled"
    chosen = CHOSEN.search(probes.read(path) or "")
    if chosen and chosen[1] != "always":
        yield Remark(
            what=f"transparent huge pages: {chosen[1]}",
            why="weights are in small pages, which costs a little speed",
            command=f"echo always | sudo tee {path}",
        )


def _numa(probes: Probes, machine: Machine) -> Iterator[Remark]:
    nodes = machine.cpu.numa_nodes or 1
    balancing = (probes.read("/proc/sys/kernel/numa_balancing") or "").strip()
    if nodes > 1 and balancing == "1":
        yield Remark(
            what=f"automatic NUMA balancing over {nodes} nodes",
            why="the kernel moves pages during a run: latencies get a tail",
            command="echo 0 | sudo tee /proc/sys/kernel/numa_balancing",
        )
    if nodes > 1:
        first = (machine.cpu.numa or {}).get("node0", "the list of node 0")
        yield Remark(
            what=f"{nodes} NUMA nodes",
            why="a stream whose memory is on another node is slower",
            command=f"docker run --cpuset-cpus {first} --cpuset-mems 0 ...   # one node only",
        )


def _smt(machine: Machine) -> Iterator[Remark]:
    threads = machine.cpu.threads_per_core or 1
    if threads > 1:
        yield Remark(
            what=f"SMT is on ({threads} threads per core)",
            why="two streams may share a core; the published runs had one stream per core",
            command="echo off | sudo tee /sys/devices/system/cpu/smt/control",
        )


def _limits(machine: Machine) -> Iterator[Remark]:
    bound, online = machine.limits, machine.cpu.logical_cpus
    if bound.cpu_count and online and bound.cpu_count < online:
        yield Remark(
            what=f"only processors {bound.cpus_allowed} of {online} may be used",
            why="throughput is that of these processors",
            command="docker run without --cpuset-cpus, or taskset -pc 0-"
            f"{online - 1} $$   # to use all",
        )
    if bound.cpu_quota:
        yield Remark(
            what=f"the cgroup grants {bound.cpu_quota:g} processors of time",
            why="the kernel pauses the process when the quota is used up: latencies get a tail",
            command="docker run without --cpus",
        )


def _load(probes: Probes, machine: Machine) -> Iterator[Remark]:
    first = (probes.read("/proc/loadavg") or "").split(" ")[0]
    try:
        load = float(first)
    except ValueError:
        return
    cores = count_cpus(machine.limits.cpus_allowed or "") or machine.cpu.logical_cpus or 1
    if load > BUSY_SHARE * cores:
        yield Remark(
            what=f"the machine is busy: load {load:g} on {counted(cores, 'processor')}",
            why="other processes take CPU time from the measurement",
            command="top   # and wait until it is idle",
        )
