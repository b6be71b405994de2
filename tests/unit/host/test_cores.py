"""How many processors a run may use, in a container and on the host."""

from dataclasses import replace

import pytest

from submission.host.cores import usable_cores
from submission.host.facts import host_facts
from tests.unit.host.conftest import captured

FACTS = replace(
    host_facts(captured("kvm_guest")), logical_cpus=8, cpus_allowed="0-3", cpu_quota=None
)


@pytest.mark.parametrize(("cpuset", "container", "host"), [(None, 8, 4), ("0-1,6", 3, 3)])
def test_the_hosts_affinity_does_not_bind_a_container(
    cpuset: str | None, container: int, host: int
) -> None:
    assert usable_cores(FACTS, cpuset=cpuset, in_container=True) == container
    assert usable_cores(FACTS, cpuset=cpuset, in_container=False) == host


@pytest.mark.parametrize(("quota", "cores"), [(0.3, 1), (2.4, 2), (2.5, 3), (9.0, 4)])
def test_a_quota_grants_whole_cores_and_at_least_one(quota: float, cores: int) -> None:
    assert usable_cores(replace(FACTS, cpu_quota=quota), in_container=False) == cores


def test_a_machine_without_facts_has_one_core() -> None:
    silent = replace(FACTS, logical_cpus=None, cpus_allowed=None)
    assert usable_cores(silent, in_container=False) == 1
