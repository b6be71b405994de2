"""Run specs for small runs."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from submission.terms import RunSpec
from tests.fakes.harness_process import make_run_spec


@pytest.fixture
def make_spec(tmp_path: Path) -> Callable[..., RunSpec]:
    """``make_run_spec`` in the test's folder."""
    return partial(make_run_spec, tmp_path)


@pytest.fixture
def two_cpus(tmp_path: Path) -> Path:
    """A tree like the kernel's of two NUMA nodes, each with one processor of this process."""
    cpus = sorted(os.sched_getaffinity(0))[:2]
    if len(cpus) < len(("node0", "node1")):
        pytest.skip("two NUMA nodes need two processors")
    for number, cpu in enumerate(cpus):
        (tmp_path / "nodes" / f"node{number}").mkdir(parents=True)
        (tmp_path / "nodes" / f"node{number}" / "cpulist").write_text(f"{cpu}\n")
    return tmp_path / "nodes"
