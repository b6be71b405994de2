"""The whole way in a few steps, by the command: what it writes, and that a kill changes nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import openvino
import pytest

from submission.artifacts.manifest import load_manifest
from submission.files import read_json

NEEDS_TORCH = "training needs torch and transformers (make train)"
pytest.importorskip("torch", reason=NEEDS_TORCH)
pytest.importorskip("transformers", reason=NEEDS_TORCH)

pytestmark = pytest.mark.slow
CONFIG = "models/minilm-squad_jpqd-50/smoke.json"
NAME = "minilm-squad_jpqd-smoke"
PATIENCE_S = 600  # for the first state; a training that hangs must not hang the suite


def command(repo: Path, out: Path) -> subprocess.Popen[bytes]:
    words = [sys.executable, "tools/train_jpqd.py", "--config", CONFIG, "--workspace", str(out)]
    with (out / "said").open("ab") as said:
        return subprocess.Popen(words, cwd=repo, stdout=said, stderr=said)


@pytest.fixture(scope="module")
def out(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which the training was done without a stop."""
    folder = tmp_path_factory.mktemp("out")
    assert command(repo, folder).wait() == 0, (folder / "said").read_text()
    return folder


def made(out: Path) -> Path:
    return out / "trained" / NAME


def test_the_model_is_half_of_its_base_and_answers(out: Path) -> None:
    manifest = load_manifest(made(out))
    assert manifest.structured_sparsity_percent >= 50
    assert (made(out) / "calibration.md").read_text().startswith("The model is")
    compiled = openvino.Core().compile_model(out / "jpqd" / NAME / "ir/openvino_model.xml", "CPU")
    row = {name: np.ones((1, 16), np.int64) for name in manifest.inputs}
    assert np.isfinite(compiled(row)[0]).all()


def test_the_manifest_says_base_data_seed_and_curve(repo: Path, out: Path) -> None:
    reported = read_json(made(out) / "manifest.json")["training"]
    for part, name in {"base": "minilm-squad-float", "data": "squad-train"}.items():
        files = load_manifest(repo / "models" / name).files
        assert reported[part] == {file.name: file.checksums.sha256 for file in files}
    assert (reported["seed"], reported["steps"]) == (20260401, 6)
    assert [point["step"] for point in reported["curve"]] == [6]
    assert 0 < reported["curve"][0]["f1"] <= 100


def test_a_command_that_was_killed_resumes_to_the_same_model(
    repo: Path, out: Path, tmp_path: Path
) -> None:
    killed, state = command(repo, tmp_path), tmp_path / "jpqd" / NAME / "state.pt"
    ends = time.monotonic() + PATIENCE_S
    while killed.poll() is None and not state.exists() and time.monotonic() < ends:
        time.sleep(0.01)
    killed.kill()
    assert killed.wait() == -signal.SIGKILL, (tmp_path / "said").read_text()
    assert state.exists(), (tmp_path / "said").read_text()
    assert not made(tmp_path).exists()
    assert command(repo, tmp_path).wait() == 0, (tmp_path / "said").read_text()
    again, whole = (load_manifest(made(folder)).role("weights") for folder in (tmp_path, out))
    assert again.checksums == whole.checksums
    curves = [
        read_json(made(each) / "manifest.json")["training"]["curve"] for each in (tmp_path, out)
    ]
    assert curves[0] == curves[1]
