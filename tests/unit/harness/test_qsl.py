"""The samples of a run, and what reading them takes."""

import subprocess
import sys
from pathlib import Path

import pytest

from submission.harness.failure import HarnessError
from submission.harness.qsl import read_qsl

HEAVY = ("tokenizers", "pyarrow", "jsonschema", "jinja2", "docker", "requests", "huggingface_hub")


def test_features_that_cannot_be_used_fail_the_run(tmp_path: Path) -> None:
    (tmp_path / "features.npz").write_bytes(b"no archive")
    with pytest.raises(HarnessError, match="cannot be used") as caught:
        read_qsl(tmp_path / "features.npz")
    assert caught.value.kind == "features"
    assert "features.npz" in caught.value.detail


def test_the_harness_imports_nothing_that_it_does_not_need(repo: Path) -> None:
    code = (
        "import sys, submission.harness.entry, submission.harness.node_backend\n"
        f"print(*({{name.partition('.')[0] for name in sys.modules}} & set({HEAVY})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=repo, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
