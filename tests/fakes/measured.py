"""A workspace as the measurements of a profile leave it: made-up logs, scores and metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from submission.files import read_json, write_json, write_text
from submission.harness.files import SPEC_FILE
from submission.runs.context import Context
from submission.runs.numbers import loadgen_settings
from submission.terms import Mode, RunId, Scenario
from submission.workspace.folders import Workspace
from submission.workspace.resolve import resolve

METADATA = {
    "image": {"reference": "kit:3.0", "id": "sha256:0123"},
    "harness": {
        "samples": 446,
        "versions": {"OpenVINO": "2024.6.0"},
        "plan": {
            "asked": {"batch": 1, "inference_precision": "f32", "reason": "made up"},
            "used": {"buckets": [384], "streams": 2, "requests": 2},
        },
    },
    "model": {"sha256": {"openvino_model.bin": "ab" * 32}},
    "started": "2026-11-24T10:00:00+00:00",
    "ended": "2026-11-24T10:01:00+00:00",
}


@dataclass(frozen=True, kw_only=True)
class Made:
    """One model's made-up figures: percent, and samples a second."""

    sparsity: float
    f1: float
    server: float
    offline: float

    def log(self, scenario: Scenario) -> Mapping[str, Any]:
        """The keys of a performance log that texts are made from."""
        if scenario is Scenario.OFFLINE:
            return {"result_validity": "VALID", "result_samples_per_second": self.offline}
        return {
            "result_validity": "VALID",
            "result_scheduled_samples_per_sec": self.server + 0.1,
            "result_completed_samples_per_sec": self.server,
            "effective_target_latency_ns": 130_000_000,
            "effective_target_latency_percentile": 0.99,
        }


def measured(
    repo: Path, folder: Path, models: Mapping[str, Made], reference: Mapping[str, str]
) -> Context:
    """The demo's runs of other models, as if measured; ``folder`` becomes root and workspace."""
    profile = read_json(repo / "measurements/profiles/demo.json")
    profile["benchmarks"] = [{**profile["benchmarks"][0], "model": name} for name in models]
    write_json(folder / "measurements/profiles/demo.json", {**profile, "reference": reference})
    (folder / "models").mkdir()
    (folder / "models/squad-mini").symlink_to(repo / "models/squad-mini")
    for name, made in models.items():
        _manifest(repo, folder / "models" / name, made)
    environment = {
        "WORKSPACE": str(folder / "out"),
        "BERT_DATA_DIR": str(repo / "models/squad-mini"),
    }
    workspace = resolve(folder, environment=environment, arguments={})
    context = Context(workspace=workspace, connect=lambda: None)
    _results(context.workspace, models)
    for item in context.profile.benchmarks:
        for run in item.run_ids:
            asked = {"settings": asdict(loadgen_settings(context, run))}
            write_json(context.workspace.run_folder(run) / SPEC_FILE, asked)
    return context


def _manifest(repo: Path, folder: Path, made: Made) -> None:
    value = read_json(repo / "models/minilm-squad/manifest.json")
    sparsity = {"structured_sparsity_percent": made.sparsity}
    write_json(folder / "manifest.json", {**value, "name": folder.name, **sparsity})
    write_text(folder / "calibration.md", f"How {folder.name} was made up.")


def _results(workspace: Workspace, models: Mapping[str, Made]) -> None:
    runs = {}
    for name, made in models.items():
        for scenario in (Scenario.OFFLINE, Scenario.SERVER):
            for mode in Mode:
                log = made.log(scenario) if mode is Mode.PERFORMANCE else {}
                run = RunId(benchmark=name, scenario=scenario, mode=mode)
                runs[str(run)] = {"metadata": METADATA, "log": log}
            score = {"f1": made.f1, "exact_match": made.f1 - 12, "log_sha256": "cd" * 32}
            write_json(workspace.score_folder(name, scenario) / "score.json", score)
    write_json(workspace.results_file(), {"runs": runs})
    write_text(workspace.system_file(), json.dumps({"system_name": "a machine"}))
