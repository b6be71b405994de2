"""How many processors a run may use, for planning a run and for tuning its plan."""

from __future__ import annotations

from submission.host.cgroups import granted_cores
from submission.host.facts import HostFacts
from submission.host.kernel_text import count_cpus


def usable_cores(facts: HostFacts, *, cpuset: str | None = None, in_container: bool) -> int:
    """Processors of a run, at least 1; ``cpuset`` is a list such as ``0-3,8``.

    The engine starts a container, so this process' CPU affinity does not apply to it. A run on
    the host inherits the affinity, and a cgroup quota may reduce the count further.
    """
    named = count_cpus(cpuset) if cpuset else None
    if in_container:
        return named or facts.logical_cpus or 1
    there = named or count_cpus(facts.cpus_allowed or "") or facts.logical_cpus or 1
    return granted_cores(there, facts.cpu_quota)
