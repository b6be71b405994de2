"""Which NUMA nodes a run is split by, on trees like the kernel's."""

import os
from pathlib import Path

import pytest

from submission.harness.node import Node, nodes_to_split, on_cpus, usable_nodes
from submission.host.kernel_text import cpu_numbers
from submission.terms import SutPlan

PLAN = SutPlan(buckets=(32,))


def tree(folder: Path, *cpu_lists: str) -> Path:
    for number, cpus in enumerate(cpu_lists):
        (folder / f"node{number}").mkdir(parents=True)
        (folder / f"node{number}" / "cpulist").write_text(f"{cpus}\n")
    return folder


@pytest.mark.parametrize(
    ("text", "numbers"), [("0-2,8\n", {0, 1, 2, 8}), ("5", {5}), ("\n", set())]
)
def test_a_list_of_processors_is_read(text: str, numbers: set[int]) -> None:
    assert cpu_numbers(text) == numbers


def test_nodes_have_the_processors_that_the_run_may_use(tmp_path: Path) -> None:
    found = usable_nodes(tree(tmp_path, "0-3", "4-7", "8-11"), {2, 3, 9})
    assert found == [Node(number=0, cpus=(2, 3)), Node(number=2, cpus=(9,))]


def test_nodes_of_memory_alone_and_odd_lists_are_left_out(tmp_path: Path) -> None:
    assert usable_nodes(tree(tmp_path, "", "x-y", "0"), {0}) == [Node(number=2, cpus=(0,))]


def test_a_machine_without_known_nodes_gets_one_process(tmp_path: Path) -> None:
    assert nodes_to_split(PLAN, tmp_path) == (
        [],
        "one process: the run has the processors of one NUMA node",
    )


def test_the_plan_may_ask_for_one_process(two_cpus: Path) -> None:
    nodes, why = nodes_to_split(SutPlan(buckets=(32,), per_node=False), two_cpus)
    assert (nodes, why) == ([], "one process on 2 NUMA nodes, as the plan says")


def test_a_cpuset_on_one_node_gets_one_process(two_cpus: Path) -> None:
    with on_cpus({min(os.sched_getaffinity(0))}):
        assert nodes_to_split(PLAN, two_cpus)[0] == []


def test_two_nodes_get_a_process_each(two_cpus: Path) -> None:
    nodes, why = nodes_to_split(PLAN, two_cpus)
    assert [len(node.cpus) for node in nodes] == [1, 1]
    assert why == "a process for each of 2 NUMA nodes"
