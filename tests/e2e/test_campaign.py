"""Two sets of cores as two systems: killed, resumed, joined, and equal to plain runs."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from submission.cli import main
from tests.fakes.settled import settled

Kit = Callable[..., subprocess.CompletedProcess[str]]

FIRST, SECOND = "1-node-OpenVINO-INT8", "2-node-OpenVINO-INT8"
LIMIT_S = 120.0
CELLS = 14


@pytest.fixture(scope="module")
def campaign(checkout: Path) -> Iterator[str]:
    cores = sorted(os.sched_getaffinity(0))
    path = checkout / "measurements" / "campaigns" / "halves.json"
    systems = [
        {"system_desc_id": FIRST, "cpuset": str(cores[0])},
        {"system_desc_id": SECOND, "cpuset": str(cores[-1])},
    ]
    value = {"version": 1, "profile": "tiny", "engine": {"kind": "here"}, "systems": systems}
    path.write_text(json.dumps(value), encoding="utf-8")
    yield "halves"
    path.unlink()


@pytest.fixture(scope="module")
def killed(
    checkout: Path, campaign: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, int]:
    """A workspace whose coordinator was killed in the middle of a measurement, and its cells."""
    out = tmp_path_factory.mktemp("campaign")
    image = {
        "IMAGE": "mlperf-kit-e2e:tiny"
    }  # as kit sets it: another one would be another campaign
    environment = {**os.environ, "WORKSPACE": str(out), "RUNNER": "host", **image}
    cells = out / "systems" / FIRST / "cells" / "tiny"
    with subprocess.Popen(
        [sys.executable, "-m", "submission", "campaign", "run", campaign],
        cwd=checkout,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as coordinator:
        until = time.monotonic() + LIMIT_S
        while len(list(cells.glob("measure*"))) < 2:
            assert coordinator.poll() is None, "it ended too early"
            assert time.monotonic() < until
            time.sleep(0.05)
        coordinator.kill()
    return out, sum(1 for _ in out.glob("systems/*/cells/**/*.json"))


@pytest.fixture(scope="module")
def joined(
    kit: Kit, campaign: str, killed: tuple[Path, int]
) -> tuple[Path, int, subprocess.CompletedProcess[str]]:
    out, done = killed
    run = kit("campaign", "run", campaign, workspace=out)
    assert run.returncode == 0, run.stderr
    return out, done, run


def test_a_killed_campaign_goes_on_and_a_second_start_sends_nothing(
    kit: Kit, campaign: str, joined: tuple[Path, int, subprocess.CompletedProcess[str]]
) -> None:
    out, done, run = joined
    assert 2 < done < CELLS
    assert f"{CELLS - done} cells ran, {done} up to date" in run.stderr
    assert run.stdout.split() == [str(out / "submission"), str(out / "Demo-open-v3.0.tar.gz")]
    assert not list(out.rglob("*.part"))
    again = kit("campaign", "run", campaign, workspace=out)
    assert again.returncode == 0
    assert f"nothing to do: {CELLS} cells up to date" in again.stderr
    status = kit("campaign", "status", campaign, workspace=out)
    assert f"{SECOND}: 7 of 7 cells done" in status.stdout


def test_the_joined_tree_passes_check_and_verify(
    checkout: Path,
    joined: tuple[Path, int, subprocess.CompletedProcess[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    tree = str(joined[0] / "submission")
    waivers = str(checkout / "measurements/profiles/tiny.json")
    assert main(["check", "--input", tree, "--waivers", waivers]) == 0
    assert "FAILED without them: 4 of 4" in capsys.readouterr().out.splitlines()[-1]
    assert main(["verify", "--input", tree]) == 0
    assert "verify: no differences" in capsys.readouterr().out


def test_a_system_of_a_campaign_has_the_tree_of_a_plain_run(
    finished: tuple[Path, subprocess.CompletedProcess[str]],
    joined: tuple[Path, int, subprocess.CompletedProcess[str]],
    tmp_path: Path,
) -> None:
    apart = tmp_path / "apart"
    assert main(["split", str(joined[0] / "submission"), "-o", str(apart), "--system", FIRST]) == 0
    plain, own = settled(finished[0] / "submission"), settled(apart / FIRST)
    assert set(own) == set(plain)
    compared = [name for name, content in plain.items() if content is not None]
    assert len(compared) > 100
    assert sum(name.endswith("scores_accuracy.npz") for name in compared) == 2
    assert [name for name in compared if plain[name] != own[name]] == []
