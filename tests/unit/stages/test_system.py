"""The system's name has the precision of the models that ran, and none that they do not share."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from submission.files import read_json
from submission.stages.system import DescribeSystem
from tests.fakes.measured import Made, measured

REFERENCE = {"model": "model-0", "f1_of": "reference"}
MADE = Made(sparsity=0.0, f1=90.0, server=10.0, offline=20.0)


class Silent:
    def line(self, text: str) -> None:
        """What is said of missing fields is not looked at."""

    def figure(self, text: str) -> None:
        """Nobody looks."""

    def progress(self, fraction: float, text: str) -> None:
        """Nobody looks."""


@pytest.mark.parametrize(
    ("kinds", "end"),
    [(("int8", "int8"), "OpenVINO-INT8"), (("fp32",), "OpenVINO-FP32"), (("int8", "fp32"), "VINO")],
)
def test_the_precision_is_that_of_the_models(
    kinds: tuple[str, ...], end: str, repo: Path, tmp_path: Path
) -> None:
    names = [f"model-{number}" for number in range(len(kinds))]
    context = measured(repo, tmp_path, dict.fromkeys(names, MADE), REFERENCE)
    for name, kind in zip(names, kinds, strict=True):
        path = tmp_path / "models" / name / "manifest.json"
        path.write_text(json.dumps({**read_json(path), "weight_data_types": kind}))
    path = context.workspace.results_file()
    results = read_json(path)
    for run in results["runs"].values():
        run["metadata"]["engine"] = "Docker 1"
        run["metadata"]["harness"]["versions"] = dict.fromkeys(
            ("openvino", "loadgen", "python"), "1"
        )
    path.write_text(json.dumps(results))
    DescribeSystem(context).run(Silent())
    assert read_json(context.workspace.system_file())["system_name"].endswith(end)
