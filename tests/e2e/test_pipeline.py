"""The whole way, with the real harness as processes of this machine."""

import json
import subprocess
import tarfile
from pathlib import Path

from tests.e2e.conftest import Kit
from tests.fitting import assert_fits


def test_one_command_takes_a_checkout_to_a_packed_tree(
    finished: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    workspace, done = finished
    archive = workspace / "Demo-open-v3.0.tar.gz"
    assert str(archive) in done.stdout
    with tarfile.open(archive) as packed:
        names = packed.getnames()
    assert "open/Demo/model_mapping.json" in names
    assert "SHA256SUMS" in names


def test_the_sums_of_tree_and_archive_are_what_the_system_tool_computes(
    finished: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    workspace, _ = finished
    for folder, sums in (
        (workspace / "submission", "SHA256SUMS"),
        (workspace, "Demo-open-v3.0.tar.gz.sha256"),
    ):
        subprocess.run(["sha256sum", "-c", "--quiet", sums], cwd=folder, check=True)


def test_a_second_run_runs_nothing_and_says_why(
    finished: tuple[Path, subprocess.CompletedProcess[str]], kit: Kit
) -> None:
    workspace, _ = finished
    again = kit("run", workspace=workspace)
    assert again.returncode == 0
    assert "nothing to do: 18 stages up to date" in again.stderr
    assert "1/18 up to date" in again.stderr
    assert f"archive  {workspace}" in again.stdout


def test_the_tree_passes_again_with_the_waivers_that_lie_beside_it(
    finished: tuple[Path, subprocess.CompletedProcess[str]], kit: Kit
) -> None:
    workspace, _ = finished
    words = ("check", "--input", str(workspace / "submission"))
    waived = ("--waivers", str(workspace / "waivers.json"))
    assert kit(*words, *waived, workspace=workspace).returncode == 0
    assert kit(*words, workspace=workspace).returncode == 1


def test_a_profile_of_short_runs_says_that_it_is_not_submittable(
    finished: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    _, done = finished
    assert "NOT FOR SUBMISSION" in done.stderr


def test_the_metadata_says_that_no_container_was_used(
    finished: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    workspace, _ = finished
    folder = (
        workspace / "submission/open/Demo/measurements/1-node-OpenVINO-INT8/minilm-squad/Server"
    )
    metadata = json.loads((folder / "run_metadata_performance.json").read_text(encoding="utf-8"))
    assert metadata["runner"] == "host"
    assert metadata["submittable"] is False


def test_a_lost_log_is_measured_again_and_nothing_else_is(
    finished: tuple[Path, subprocess.CompletedProcess[str]], kit: Kit, tmp_path: Path
) -> None:
    workspace, _ = finished
    lost = workspace / "runs/tiny/minilm-squad/Offline/accuracy/mlperf_log_detail.txt"
    lost.unlink()
    plan = kit("plan", workspace=workspace).stdout.splitlines()
    reruns = [line for line in plan if line.startswith("rerun")]
    assert "measure[minilm-squad/Offline/accuracy]" in reruns[0]
    assert "outputs changed" in reruns[0]
    assert not any(line.split()[1].startswith("measure") for line in reruns[1:])
    assert kit("run", workspace=workspace).returncode == 0


SCHEMAS = {
    "stamps/**/*.json": "stamp",
    "image.json": "image",
    "host.json": "image",
    "runs/*/*/*/*/run_spec.json": "run_spec",
    "runs/*/*/*/*/harness.json": "harness",
    "runs/*/*/*/*/run_metadata.json": "run_metadata",
    "scores/*/*/*/score.json": "score",
    "scores/*/*/*/predictions.json": "predictions",
    "profile/*/results.json": "results",
    "profile/*/settings.json": "last_run",
    "profile/*/system.json": "system",
    "submission/open/*/systems/*.json": "system",
    "submission/open/*/model_mapping.json": "model_mapping",
    "submission/open/*/measurements/*/*/*/run_metadata_*.json": "run_metadata",
    "submission/open/*/measurements/*/*/*/1-node*.json": "measurement",
    "submission/open/*/code/*/*/model/manifest.json": "manifest",
}
# what the checker reads and writes, by its own schemas
OF_THE_CHECKER = {"profile/tiny/check.json": "report", "waivers.json": "waivers"}
# LoadGen's own files, and a bill of materials, whose format is CycloneDX's
FOREIGN = ("mlperf_log_accuracy.json", "mlperf_log_trace.json", "sbom.cdx.json")


def test_every_json_of_the_workspace_fits_its_schema(
    finished: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    workspace, _ = finished
    known = {path: name for glob, name in SCHEMAS.items() for path in workspace.glob(glob)}
    for path, name in known.items():
        assert_fits(json.loads(path.read_text(encoding="utf-8")), name)
    for place, name in OF_THE_CHECKER.items():
        assert_fits(json.loads((workspace / place).read_text()), name)
        known[workspace / place] = name
    unknown = [
        str(path.relative_to(workspace))
        for path in workspace.rglob("*.json")
        if path not in known
        and path.name not in FOREIGN
        # sources of the kit, and data in the data set's own form
        and "/openvino-cpu/" not in str(path)
        and not path.name.endswith("-v1.1.json")
    ]
    assert unknown == []
