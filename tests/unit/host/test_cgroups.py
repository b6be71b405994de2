"""Limits of control groups, over fake trees of both versions."""

import pytest

from submission.host.cgroups import (
    cpu_quota,
    granted_cores,
    memory_limit_bytes,
    memory_room_bytes,
    parse_positive_int,
)

V1_STAT = "inactive_file 10\nactive_file 20\ntotal_inactive_file 1500\ntotal_active_file 500\n"
V1 = {
    "/proc/self/cgroup": "4:memory:/pods/one\n3:cpu,cpuacct:/pods/one\n0::/\n",
    "/sys/fs/cgroup/cpu/pods/one/cpu.cfs_quota_us": "-1\n",
    "/sys/fs/cgroup/cpu/pods/one/cpu.cfs_period_us": "100000\n",
    "/sys/fs/cgroup/cpu/pods/cpu.cfs_quota_us": "150000\n",
    "/sys/fs/cgroup/cpu/pods/cpu.cfs_period_us": "100000\n",
    "/sys/fs/cgroup/memory/pods/one/memory.limit_in_bytes": "9223372036854771712\n",
    "/sys/fs/cgroup/memory/pods/memory.limit_in_bytes": "8000\n",
    "/sys/fs/cgroup/memory/pods/memory.usage_in_bytes": "5000\n",
    "/sys/fs/cgroup/memory/pods/memory.stat": V1_STAT,
}
V2 = {
    "/proc/self/cgroup": "0::/user/session\n",
    "/sys/fs/cgroup/user/session/cpu.max": "max 100000\n",
    "/sys/fs/cgroup/user/cpu.max": "150000 100000\n",
    "/sys/fs/cgroup/user/session/memory.max": "max\n",
    "/sys/fs/cgroup/user/memory.max": "8000\n",
    "/sys/fs/cgroup/user/memory.current": "5000\n",
    "/sys/fs/cgroup/user/memory.stat": "anon 3000\ninactive_file 1500\nactive_file 500\n",
}


@pytest.mark.parametrize("files", [V1, V2])
def test_a_group_above_may_hold_the_limit(files: dict[str, str]) -> None:
    assert cpu_quota(files.get) == 1.5
    assert memory_limit_bytes(files.get) == 8000


@pytest.mark.parametrize("files", [V1, V2])
def test_cache_of_files_is_room_idle_or_not(files: dict[str, str]) -> None:
    assert memory_room_bytes(files.get) == 8000 - (5000 - 2000)


@pytest.mark.parametrize("files", [V1, V2])
def test_a_group_that_is_full_has_no_room(files: dict[str, str]) -> None:
    used = {name: "9000\n" for name in files if name.endswith(("current", "usage_in_bytes"))}
    stat = {name: "" for name in files if name.endswith("stat")}
    assert memory_room_bytes((files | used | stat).get) == 0


def test_a_container_that_sees_the_hosts_path_has_its_limits_at_the_root() -> None:
    files = {
        "/proc/self/cgroup": "3:cpu:/docker/0123\n2:memory:/docker/0123\n",
        "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "50000\n",
        "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes": "4096\n",
    }
    assert (cpu_quota(files.get), memory_room_bytes(files.get)) == (0.5, 4096)


@pytest.mark.parametrize("text", ["max 100000\n", "max\n", "", "x", "0 100000", "1 2 3"])
def test_what_is_no_quota_limits_nothing(text: str) -> None:
    assert cpu_quota({"/sys/fs/cgroup/cpu.max": text}.get) is None
    assert memory_room_bytes({"/sys/fs/cgroup/memory.max": text}.get) is None


@pytest.mark.parametrize(("quota", "cores"), [(None, 4), (0.3, 1), (2.4, 2), (2.5, 3), (9.0, 4)])
def test_a_quota_grants_whole_cores_and_at_least_one(quota: float | None, cores: int) -> None:
    assert granted_cores(4, quota) == cores


def test_only_plain_digits_above_zero_are_a_number() -> None:
    assert parse_positive_int(" 42\n") == 42
    assert [parse_positive_int(text) for text in ("0", "-1", "4.2", "²", "", None, "9" * 21)] == [
        None
    ] * 7
