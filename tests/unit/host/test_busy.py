"""What others take of the processors, and waiting until they take nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from submission.host import quiet
from submission.host.busy import (
    Clocks,
    Disturbance,
    Slowed,
    read_clocks,
    read_slowed,
    stolen_share,
)
from submission.host.cgroups import throttled_s
from submission.host.quiet import LOOKS, wait_for_quiet

STAT = """cpu  300 0 0 900 0 0 0 0 0 0
cpu0 100 0 0 300 0 0 0 20 0 0
cpu1 200 0 0 600 0 0 0 40 0 0
intr 5
"""


def clocks(wall_s: float, busy_s: float, own_s: float = 0, stolen_s: float = 0) -> Clocks:
    return Clocks(wall_s=wall_s, busy_s=busy_s, own_s=own_s, processors=2, stolen_s=stolen_s)


@pytest.mark.parametrize(
    ("processors", "busy", "stolen"), [(None, 360, 60), ({0}, 120, 20), ({1}, 240, 40)]
)
def test_only_the_runs_own_processors_count(
    tmp_path: Path, processors: set[int] | None, busy: int, stolen: int
) -> None:
    (tmp_path / "stat").write_text(STAT)
    found = read_clocks(tmp_path / "stat", own_s=lambda: 3.0, processors=processors)
    assert found is not None
    # the kernel counts in hundredths of a second
    assert (found.busy_s * 100, found.stolen_s * 100) == pytest.approx((busy, stolen))
    assert found.own_s == 3.0
    assert found.processors == (2 if processors is None else 1)


@pytest.mark.parametrize("text", ["", "cpu 1 2\n", "cpu0 a b\n", "cpu0 1 2\n", "cpu5 " + "1 " * 10])
def test_a_kernel_that_hides_its_clocks_gives_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "stat").write_text(text)
    assert read_clocks(tmp_path / "stat", processors={0}) is None
    assert read_clocks(tmp_path / "none") is None


def test_what_the_hypervisor_took_is_a_part_of_what_others_took() -> None:
    before, after = clocks(0, 0), clocks(10, 12, own_s=4, stolen_s=5)
    assert stolen_share(before, after) == pytest.approx(0.25)
    found = Disturbance.between(
        (before, after),
        (Slowed(heat_events=3, quota_s=None), Slowed(heat_events=5, quota_s=None)),
    )
    assert found == Disturbance(others_share=0.4, stolen_share=0.25, heat_events=2, quota_s=None)
    assert found.words() == (
        "other processes took 40% of the processors",
        "the hypervisor took 25% of them for other guests",
        "heat slowed the processors 2 times",
    )


def test_a_quiet_machine_has_no_words() -> None:
    quiet = Disturbance(others_share=0.05, stolen_share=0.0, heat_events=None, quota_s=0.0)
    assert quiet.words() == ()


@pytest.mark.parametrize(
    ("files", "seconds"),
    [
        (
            {"/proc/self/cgroup": "0::/a", "/sys/fs/cgroup/a/cpu.stat": "throttled_usec 1500000"},
            1.5,
        ),
        (
            {
                "/proc/self/cgroup": "3:cpu,cpuacct:/",
                "/sys/fs/cgroup/cpu/cpu.stat": "nr_throttled 4\nthrottled_time 2000000000",
            },
            2.0,
        ),
        ({}, None),
    ],
)
def test_time_lost_to_a_quota_is_read_in_both_hierarchies(
    files: dict[str, str], seconds: float | None
) -> None:
    assert throttled_s(files.get) == seconds


def test_heat_is_counted_over_the_runs_processors() -> None:
    path = "/sys/devices/system/cpu/cpu{}/thermal_throttle/core_throttle_count"
    files = {path.format(number): f"{number + 1}\n" for number in range(3)}
    assert read_slowed(files.get, {0, 2}).heat_events == 4
    assert read_slowed(lambda _: None, {0}) == Slowed(heat_events=None, quota_s=None)


def waited(shares: list[float | None], limit_s: float = 60) -> tuple[float | None, list[float]]:
    """The answer of wait_for_quiet where each look takes a second, and when it called back."""
    looks: Iterator[float | None] = iter(shares)
    clock = [0.0]
    calls: list[float] = []

    def look() -> float | None:
        clock[0] += 1
        return next(looks)

    def on_wait(seconds: float, _share: float) -> None:
        calls.append(seconds)

    return wait_for_quiet(limit_s, on_wait, look=look, now=lambda: clock[0]), calls


def test_a_quiet_machine_is_waited_for_and_a_short_pause_is_not_enough() -> None:
    assert waited([0.0] * LOOKS) == (0.0, [1.0, 2.0])
    assert waited([0.0, 0.0, 0.9, 0.0, 0.0, 0.02]) == (0.02, [1.0, 2.0, 3.0, 4.0, 5.0])


def test_waiting_ends_at_the_limit_and_where_nothing_can_be_seen() -> None:
    assert waited([0.5] * 10, limit_s=3) == (0.5, [1.0, 2.0])
    assert waited([None]) == (None, [])


def test_only_load_on_the_asked_processors_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def clocks_of(*_: object, processors: object, **__: object) -> Clocks:
        asked.append(processors)
        return clocks(len(asked), 0.5 * len(asked))

    monkeypatch.setattr(quiet, "read_clocks", clocks_of)
    monkeypatch.setattr(quiet, "LOOK_S", 0)
    assert quiet.others_now({3}) == pytest.approx(0.25)
    assert asked == [{3}, {3}]
