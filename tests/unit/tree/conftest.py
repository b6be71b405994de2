"""One good order of two benchmarks; tests change one thing of it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from submission.terms import Scenario
from submission.tree.grammar import BY_KIND
from submission.tree.order import (
    BenchmarkOrder,
    KitFile,
    MeasurementFields,
    ModelPart,
    RunFiles,
    ScenarioOrder,
    SubmissionNames,
    TreeOrder,
)

FIELDS = MeasurementFields(
    input_data_types="int64",
    retraining="Yes",
    starting_weights_filename="https://example.org/start",
    weight_data_types="int8",
    weight_transformations="open/Example/calibration/bert-99_small/openvino-cpu/README.md",
)
PART = b"weights"
PERFORMANCE = RunFiles(
    detail=b"detail\n",
    summary=b"summary\n",
    user_conf=b"bert.*.x = 1\n",
    mlperf_conf=b"*.*.y = 2\n",
    metadata=b'{"mode": "performance"}\n',
)
ACCURACY = RunFiles(
    detail=b"detail a\n",
    summary=b"summary a\n",
    user_conf=b"bert.*.x = 3\n",
    mlperf_conf=b"*.*.y = 2\n",
    metadata=b'{"mode": "accuracy"}\n',
    accuracy_json=b"[]\n",
    accuracy_txt=b'{"exact_match": 60.0, "f1": 72.8}\nhash=00\n',
)
RUNS = ScenarioOrder(performance=PERFORMANCE, accuracy=ACCURACY, readme="# How it was run\n")


def benchmark_order(name: str, part: Path) -> BenchmarkOrder:
    return BenchmarkOrder(
        benchmark=name,
        mlperf_model="bert-99",
        model_files=(
            ModelPart(
                name="openvino_model.bin_p00",
                source=part,
                sha256=hashlib.sha256(PART).hexdigest(),
            ),
        ),
        code_readme=f"# {name}\n",
        calibration_text=f"# Weights of {name}\n",
        fields=FIELDS,
        runs={Scenario.OFFLINE: RUNS, Scenario.SERVER: RUNS},
    )


@pytest.fixture
def part(tmp_path: Path) -> Path:
    path = tmp_path / "source" / "part"
    path.parent.mkdir()
    path.write_bytes(PART)
    return path


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "entrypoint"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o700)
    return path


@pytest.fixture
def order(part: Path, script: Path) -> TreeOrder:
    return TreeOrder(
        names=SubmissionNames(
            layout=BY_KIND,
            submitter="Example",
            system_desc_id="1-node-OpenVINO-INT8",
            implementation="openvino-cpu",
        ),
        system_json={"system_name": "1-node-OpenVINO-INT8"},
        benchmarks=(
            benchmark_order("bert-99_small", part),
            benchmark_order("bert-99_other", part),
        ),
        readme="# Example\n",
        kit=(KitFile(name="docker/entrypoint", source=script),),
    )
