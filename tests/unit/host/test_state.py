"""What of a host's state may spoil a measurement, each with the command a person may run."""

import pytest

from submission.host.state import load_remarks, state_remarks
from tests.fakes.captured_probes import CapturedProbes
from tests.unit.host.conftest import captured

IDLE = {"/proc/cpuinfo": "processor : 0\nflags : fpu avx2 avx512_vnni\n"}


def remarks(files: dict[str, str]) -> dict[str, str]:
    found = state_remarks(CapturedProbes({"files": {**IDLE, **files}}))
    return {remark.what: remark.command for remark in found}


@pytest.mark.parametrize(
    ("path", "text", "what", "command"),
    [
        (
            "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
            "powersave\n",
            "governor powersave",
            "sudo cpupower frequency-set -g performance",
        ),
        (
            "/sys/devices/system/cpu/intel_pstate/no_turbo",
            "1\n",
            "turbo is off",
            "echo 0 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo",
        ),
        (
            "/sys/kernel/mm/transparent_hugepage/enabled",
            "always [madvise] never\n",
            "transparent huge pages: madvise",
            "echo always | sudo tee /sys/kernel/mm/transparent_hugepage/enabled",
        ),
        (
            "/proc/loadavg",
            "7.50 3.0 1.0 9/300 4711\n",
            "the machine is busy: load 7.5 on 1 processor",
            "top   # and wait until it is idle",
        ),
        (
            "/proc/cpuinfo",
            "processor : 0\nflags : fpu avx2\n",
            "no VNNI, AMX or dot product: INT8 products saturate at 16 bits",
            "lscpu | grep -oE 'avx512_vnni|avx_vnni|amx_int8'",
        ),
    ],
)
def test_what_is_not_as_one_would_set_it_is_reported_with_a_command(
    path: str, text: str, what: str, command: str
) -> None:
    assert remarks({path: text})[what] == command


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n"),
        ("/sys/devices/system/cpu/intel_pstate/no_turbo", "0\n"),
        ("/sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n"),
        ("/proc/loadavg", "0.40 3.0 1.0 9/300 4711\n"),
    ],
)
def test_a_good_state_is_not_remarked(path: str, text: str) -> None:
    governor = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"
    assert remarks({governor: "performance\n", path: text}) == {}


def test_limits_and_nodes_of_captured_machines_are_reported() -> None:
    cpuset = {remark.what for remark in state_remarks(captured("container_with_cpuset"))}
    assert "only processors 0-3,8 of 32 may be used" in cpuset
    assert "the cgroup grants 2.5 processors of time" in cpuset
    nodes = {remark.what for remark in state_remarks(captured("eight_numa_nodes"))}
    assert {"8 NUMA nodes", "SMT is on (2 threads per core)"} <= nodes


@pytest.mark.parametrize("name", ["nothing_at_all", "nonsense", "missing_tools"])
def test_an_odd_machine_is_no_error(name: str) -> None:
    assert all(remark.command for remark in state_remarks(captured(name)))
    assert load_remarks(captured(name)) == ()
