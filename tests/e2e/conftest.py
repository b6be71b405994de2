"""A checkout of its own with a tiny data set and a profile of a few seconds."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

QUESTIONS = 12
# so short that no machine is too fast to be VALID
RUN = {"min_duration_ms": 10, "performance_sample_count": QUESTIONS}
SERVER = {**RUN, "target_latency_ms": 5000, "target_latency_percentile": 0.9}
PROFILE = {
    "version": 1,
    "name": "tiny",
    "about": "Runs of a second, for the tests of the kit.",
    "submittable": False,
    "submitter": "Demo",
    "system_desc_id": "1-node-OpenVINO-INT8",
    "round": "v3.0",
    "dataset": "squad-tiny",
    "benchmarks": [
        {
            "model": "minilm-squad",
            "plan": {"bucket_step": 192},
            "scenarios": {
                "Offline": {
                    "performance": {**RUN, "target_qps": 10, "samples_per_query": 24},
                    "accuracy": {**RUN, "target_qps": 10, "samples_per_query": 24},
                },
                "Server": {
                    "performance": {**SERVER, "target_qps": 15, "min_query_count": 64},
                    "accuracy": {**SERVER, "target_qps": 20, "min_query_count": 64},
                },
            },
        }
    ],
}
COPIED = (
    "Dockerfile",
    ".dockerignore",
    "Makefile",
    "pyproject.toml",
    "docker",
    "submission",
    "tools",
    "models",
    "measurements",
    "LICENSE",
)


def _tiny_dataset(models: Path) -> None:
    """The first questions of the embedded data set, under a manifest of their own."""
    mini, tiny = models / "squad-mini", models / "squad-tiny"
    data = json.loads((mini / "mini-v1.1.json").read_text(encoding="utf-8"))
    article = data["data"][0]
    article["paragraphs"] = article["paragraphs"][:3]
    for paragraph in article["paragraphs"]:
        paragraph["qas"] = paragraph["qas"][:4]
    tiny.mkdir()
    text = json.dumps({"version": "1.1", "data": [article]})
    (tiny / "tiny-v1.1.json").write_text(text, encoding="utf-8")
    shutil.copy(mini / "vocab.txt", tiny)
    files = [
        {
            "name": name,
            "role": role,
            "bytes": (tiny / name).stat().st_size,
            "sha256": sha256((tiny / name).read_bytes()).hexdigest(),
        }
        for name, role in (("tiny-v1.1.json", "data"), ("vocab.txt", "vocab"))
    ]
    manifest = {
        "version": 1,
        "name": "squad-tiny",
        "kind": "dataset",
        "licence": "Apache-2.0",
        "origin": "the first questions of squad-mini, for tests",
        "sources": ["file:{file}"],
        "files": files,
    }
    (tiny / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


@pytest.fixture(scope="session")
def checkout(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("checkout")
    ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in COPIED:
        source = repo / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=ignore)
        elif source.exists():
            shutil.copy(source, root / name)
    _tiny_dataset(root / "models")
    demo = json.loads((repo / "measurements/profiles/demo.json").read_text(encoding="utf-8"))
    profile = {**PROFILE, "waivers": demo["waivers"]}
    (root / "measurements/profiles/tiny.json").write_text(json.dumps(profile), encoding="utf-8")
    return root


Kit = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def kit(checkout: Path) -> Kit:
    """Run the kit's command line in the checkout, on a workspace of the test's."""

    def run(
        *words: str, workspace: Path, runner: str = "host", **more: str
    ) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "PROFILE": "tiny",
            "WORKSPACE": str(workspace),
            "RUNNER": runner,
            "IMAGE": "mlperf-kit-e2e:tiny",
            **more,
        }
        return subprocess.run(
            [sys.executable, "-m", "submission", *words],
            cwd=checkout,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def finished(
    kit: Kit, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A workspace that was walked to its end by runs on the host, and what the walk said."""
    workspace = tmp_path_factory.mktemp("finished")
    done = kit("run", workspace=workspace)
    assert done.returncode == 0, done.stderr
    return workspace, done
