"""Facts for run metadata, and the parsers behind them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from submission.host import host_facts
from submission.host.cpu import cache_text
from submission.host.facts import read_machine
from submission.host.kernel_text import count_cpus
from tests.fakes.captured_probes import CapturedProbes


def test_run_metadata_names_the_instruction_sets_that_matter_for_int8(
    machine: Callable[[str], CapturedProbes],
) -> None:
    assert host_facts(machine("two_sockets_bare_metal")).flags == (
        "avx2",
        "avx512_vnni",
        "avx_vnni",
        "amx_int8",
        "amx_bf16",
    )
    assert host_facts(machine("container_with_cpuset")).flags == ("avx2",)


def test_run_metadata_of_a_bare_machine(machine: Callable[[str], CapturedProbes]) -> None:
    facts = host_facts(machine("two_sockets_bare_metal")).to_json()
    assert (facts["sockets"], facts["cores_per_socket"], facts["threads_per_core"]) == (2, 56, 2)
    assert (facts["logical_cpus"], facts["numa_nodes"]) == (224, 2)
    assert (facts["governor"], facts["turbo"]) == ("performance", "on")
    assert facts["memory_bytes"] == 1056433128 * 1024
    assert facts["kernel"] == "6.1.11-1.el8.elrepo.x86_64"
    assert facts["cpu_quota"] is facts["memory_limit_bytes"] is facts["virtual_machine"] is None


def test_run_metadata_of_a_container_says_its_limits(
    machine: Callable[[str], CapturedProbes],
) -> None:
    facts = host_facts(machine("container_with_cpuset"))
    assert facts.cpus_allowed == "0-3,8"
    assert facts.cpu_quota == 2.5
    assert facts.memory_limit_bytes == 8 << 30


def test_the_limit_of_a_parent_group_counts(machine: Callable[[str], CapturedProbes]) -> None:
    facts = host_facts(machine("kubernetes_pod_cgroup_v1"))
    assert facts.memory_limit_bytes == 2 << 30
    assert facts.cpu_quota == 0.5


def test_rows_within_rows_are_read_like_flat_ones(machine: Callable[[str], CapturedProbes]) -> None:
    facts = host_facts(machine("nested_lscpu"))
    assert facts.cpu_model == "Intel(R) Core(TM) i7-8750H CPU @ 2.20GHz"
    assert (facts.sockets, facts.cores_per_socket, facts.numa_nodes) == (1, 6, 1)


def test_a_processor_that_a_hypervisor_renames_is_identified_by_its_generation(
    machine: Callable[[str], CapturedProbes],
) -> None:
    facts = host_facts(machine("kvm_guest"))
    assert facts.cpu_name == "Intel(R) Xeon(R) Processor (family 6, model 167)"
    assert host_facts(machine("missing_tools")).cpu_generation is None
    assert host_facts(machine("nothing_at_all")).cpu_name == ""


def test_without_tools_proc_and_sys_are_read(machine: Callable[[str], CapturedProbes]) -> None:
    facts = host_facts(machine("missing_tools"))
    assert facts.cpu_model == "CPU implementer 0x41, part 0xd40"
    assert (facts.sockets, facts.cores_per_socket, facts.logical_cpus) == (1, 2, 2)
    assert facts.kernel == "5.10.0"
    assert facts.flags == ("i8mm", "bf16")


def test_where_nothing_answers_every_fact_is_none(machine: Callable[[str], CapturedProbes]) -> None:
    facts = host_facts(machine("nothing_at_all")).to_json()
    assert facts.pop("flags") == []
    assert set(facts.values()) == {None}


@pytest.mark.parametrize(
    ("size", "text"),
    [
        ("98304 (2 instances)", "L1d 48 KiB x 2"),
        ("96 KiB (2 instances)", "L1d 48 KiB x 2"),
        ("480 MiB (1 instance)", "L1d 480 MiB"),
        ("128 KiB", "L1d 128 KiB in all"),
        ("48K", "L1d 48 KiB"),
        ("107520K", "L1d 105 MiB"),
        ("lots", None),
        ("-", None),
    ],
)
def test_each_style_of_cache_size_means_what_its_lscpu_meant(size: str, text: str | None) -> None:
    assert cache_text("L1d", size) == text


@pytest.mark.parametrize(
    ("cpu_list", "count"),
    [("0", 1), ("0-3,8", 5), ("0-63,128-191", 128), ("all", None), ("", None)],
)
def test_a_list_of_processors_is_counted(cpu_list: str, count: int | None) -> None:
    assert count_cpus(cpu_list) == count


def test_the_file_system_is_that_which_was_mounted_last_at_the_root() -> None:
    mounts = "rootfs / rootfs rw 0 0\n/dev/vda / ext4 rw 0 0\nproc /proc proc rw 0 0\n"
    probes = CapturedProbes({"files": {"/proc/self/mounts": mounts}})
    assert read_machine(probes).root_filesystem == "ext4"
    assert read_machine(CapturedProbes({})).root_filesystem is None
