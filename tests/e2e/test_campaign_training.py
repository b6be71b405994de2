"""A campaign of one training of a few steps, on this machine: model, score, curve."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from submission.artifacts.manifest import load_manifest
from submission.files import read_json, write_json

NEEDS_TORCH = "training needs torch and transformers (make train)"
pytest.importorskip("torch", reason=NEEDS_TORCH)
pytest.importorskip("transformers", reason=NEEDS_TORCH)

pytestmark = pytest.mark.slow
NAME = "sparsity-0.3-seed-20260401"


def campaign(
    checkout: Path, out: Path, action: str, *, sparsity: float
) -> subprocess.CompletedProcess[str]:
    path = out.parent / "small.json"
    training = {
        "base": "models/minilm-squad_jpqd-50/smoke.json",
        "configurations": [{"pruning.sparsity": sparsity}],
        "dataset": "squad-tiny",
    }
    write_json(path, {"version": 1, "training": training, "engine": {"kind": "here"}})
    return subprocess.run(
        [sys.executable, "-m", "submission", "campaign", action, str(path)],
        cwd=checkout,
        env={**os.environ, "WORKSPACE": str(out)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_a_training_comes_back_with_its_score_and_a_second_start_runs_nothing(
    checkout: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = campaign(checkout, out, "run", sparsity=0.3)
    assert done.returncode == 0, done.stderr
    made = out / "trainings" / "small"
    assert done.stdout.split() == [str(made / f"curve.{end}") for end in ("md", "json", "svg")]
    manifest = load_manifest(made / NAME / "model")
    (trained,) = read_json(made / "curve.json")["trainings"]
    assert trained["structured_sparsity_percent"] == manifest.structured_sparsity_percent >= 30
    assert trained["questions"] == 12
    assert trained["low"] <= trained["share_of_dense_f1"] <= trained["high"]
    assert read_json(made / NAME / "run.json")["config"]["pruning"]["sparsity"] == 0.3
    assert not list(out.rglob("*.part"))
    again = campaign(checkout, out, "run", sparsity=0.3)
    assert "nothing to do: 1 cell up to date" in again.stderr
    planned = campaign(checkout, out, "plan", sparsity=0.4)
    assert "sparsity-0.4-seed-20260401: on here\n  run    train  (not run yet)" in planned.stdout
