"""How many processors a run may use: one count for planning a run and for tuning its plan."""

from __future__ import annotations

from submission.host.cgroups import granted_cores
from submission.host.facts import HostFacts
from submission.host.limits import count_cpus


def usable_cores(facts: HostFacts, *, cpuset: str | None = None, in_container: bool) -> int:
    """Processors of a run, at least 1; ``cpuset`` is a list such as ``0-3,8``.

    A container is started by the engine, so that this process' own affinity does not bind it.
    On the host a run inherits that, and a cgroup may grant fewer processors' worth of time.
    """
    named = count_cpus(cpuset) if cpuset else None
    if in_container:
        return named or facts.logical_cpus or 1
    there = named or count_cpus(facts.cpus_allowed or "") or facts.logical_cpus or 1
    return granted_cores(there, facts.cpu_quota)
