"""Small runs of the harness: their specs, features and conf files, each a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from submission.harness.outcome import read_log
from submission.loadgen import DetailLog
from submission.loadgen.settings import user_conf
from submission.terms import NS_PER_MS, LoadgenSettings, Mode, RunId, RunSpec, Scenario, SutPlan

ROOT = Path(__file__).parents[2]
FAKE = ROOT / "tests" / "fakes" / "backend.py"
COUNT = 40
# a process that takes this long hangs, which is what the harness promises not to do
HANG_S = 120

SETTINGS = LoadgenSettings(
    performance_sample_count=30,
    qsl_rng_seed=10003631887983097364,
    sample_index_rng_seed=17183018601990103738,
    schedule_rng_seed=12134888396634371638,
    min_duration_ms=1,
    min_query_count=500,
    target_qps=1500.0,
    target_latency_ns=10_000 * NS_PER_MS,
    target_latency_percentile=0.99,
)


def write_features(path: Path, *, count: int = COUNT, longest: int = 24) -> None:
    """Features of 4 to ``longest`` tokens; token ids count upwards within each."""
    lengths = np.linspace(4, longest, count).astype(np.int32)
    np.savez(
        path,
        lengths=lengths,
        tokens=np.concatenate([np.arange(1, n + 1) for n in lengths]).astype(np.int32),
        segment_starts=(lengths // 2).astype(np.int32),
        max_seq_length=np.int32(longest),
    )


def conf_text(spec: RunSpec) -> str:
    """user.conf as the host writes it."""
    return user_conf(
        spec.settings, scenario=spec.run.scenario, loadgen_model="bert", about="a test"
    )


def write_confs(spec: RunSpec) -> None:
    count = spec.settings.performance_sample_count
    Path(spec.mlperf_conf).write_text(
        f"bert.*.performance_sample_count_override = {count}\n"
        "*.Server.target_latency_percentile = 99\n"
        "*.*.qsl_rng_seed = 7\n",
        encoding="utf-8",
    )
    Path(spec.user_conf).write_text(conf_text(spec), encoding="utf-8")


def make_run_spec(
    folder: Path,
    scenario: Scenario = Scenario.OFFLINE,
    mode: Mode = Mode.PERFORMANCE,
    **settings: Any,
) -> RunSpec:
    """A RunSpec whose features and conf files lie in ``folder``; keywords replace settings."""
    out = folder / "out"
    out.mkdir()
    spec = RunSpec(
        run=RunId(benchmark="bert-99_tiny", scenario=scenario, mode=mode),
        loadgen_model="bert",
        model_xml=str(folder / "model.xml"),
        features=str(folder / "features.npz"),
        mlperf_conf=str(out / "mlperf.conf"),
        user_conf=str(out / "user.conf"),
        out=str(out),
        settings=replace(SETTINGS, **settings),
        plan=SutPlan(buckets=(16, 32), streams=2, requests=2),
        model_inputs={n: n for n in ("input_ids", "attention_mask", "token_type_ids")},
        profile="test",
        watchdog_s=30.0,
    )
    write_features(Path(spec.features))
    write_confs(spec)
    return spec


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A harness process that has come to its end."""

    code: int
    stdout: str
    stderr: str
    out: Path

    @property
    def log(self) -> DetailLog:
        return read_log(self.out)

    @property
    def error(self) -> Mapping[str, Any]:
        words: Mapping[str, Any] = json.loads((self.out / "error.json").read_text())
        return words

    @property
    def report(self) -> Mapping[str, Any]:
        words: Mapping[str, Any] = json.loads((self.out / "harness.json").read_text())
        return words

    @property
    def progress(self) -> list[Mapping[str, Any]]:
        lines = [n for n in self.stdout.splitlines() if n.startswith("PROGRESS ")]
        return [json.loads(line.removeprefix("PROGRESS ")) for line in lines]


def command(spec: RunSpec, fake: str | None) -> list[str]:
    path = Path(spec.features).parent / "run_spec.json"
    path.write_text(json.dumps(spec.to_json()), encoding="utf-8")
    start = [str(FAKE), fake] if fake is not None else ["-m", "submission.harness"]
    return [sys.executable, *start, str(path)]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def run_harness(spec: RunSpec, fake: str | None = "doubling") -> Ended:
    """One run in a fresh process: LoadGen allows no second one."""
    ended = subprocess.run(
        command(spec, fake),
        capture_output=True,
        text=True,
        env=environment(),
        timeout=HANG_S,
        check=False,
    )
    return Ended(
        code=ended.returncode, stdout=ended.stdout, stderr=ended.stderr, out=Path(spec.out)
    )
