"""The whole way, with the real harness as processes of this machine."""

import json
import subprocess
import tarfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def finished(kit, tmp_path_factory: pytest.TempPathFactory):
    workspace = tmp_path_factory.mktemp("finished")
    done = kit("run", workspace=workspace)
    assert done.returncode == 0, done.stderr
    return workspace, done


def test_one_command_takes_a_checkout_to_a_packed_tree(finished):
    workspace, done = finished
    archive = workspace / "Demo-open-v3.0.tar.gz"
    assert str(archive) in done.stdout
    with tarfile.open(archive) as packed:
        names = packed.getnames()
    assert "open/Demo/model_mapping.json" in names
    assert "SHA256SUMS" in names


def test_the_sums_of_tree_and_archive_are_what_the_system_tool_computes(finished):
    workspace, _ = finished
    for folder, sums in (
        (workspace / "submission", "SHA256SUMS"),
        (workspace, "Demo-open-v3.0.tar.gz.sha256"),
    ):
        subprocess.run(["sha256sum", "-c", "--quiet", sums], cwd=folder, check=True)


def test_a_second_run_runs_nothing_and_says_why(finished, kit):
    workspace, _ = finished
    again = kit("run", workspace=workspace)
    assert again.returncode == 0
    assert "nothing to do: all 18 stages are up to date" in again.stderr
    assert "(up to date)" in again.stderr


def test_a_profile_of_short_runs_says_that_it_is_not_submittable(finished):
    _, done = finished
    assert "NOT FOR SUBMISSION" in done.stderr


def test_the_metadata_says_that_no_container_was_used(finished):
    workspace, _ = finished
    folder = (
        workspace / "submission/open/Demo/measurements/1-node-OpenVINO-INT8/minilm-squad/Server"
    )
    metadata = json.loads((folder / "run_metadata_performance.json").read_text(encoding="utf-8"))
    assert metadata["runner"] == "host"
    assert metadata["submittable"] is False


def test_a_lost_log_is_measured_again_and_nothing_else_is(finished, kit, tmp_path: Path):
    workspace, _ = finished
    lost = workspace / "runs/tiny/minilm-squad/Offline/accuracy/mlperf_log_detail.txt"
    lost.unlink()
    plan = kit("plan", workspace=workspace).stdout.splitlines()
    reruns = [line for line in plan if line.startswith("rerun")]
    assert "measure[minilm-squad/Offline/accuracy]" in reruns[0]
    assert "outputs changed" in reruns[0]
    assert not any("measure" in line for line in reruns[1:])
    assert kit("run", workspace=workspace).returncode == 0
