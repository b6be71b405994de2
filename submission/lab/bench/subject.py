"""What is measured: a model, the samples, and the run specs of both ways over them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from submission.artifacts.manifest import MANIFEST, Manifest, load_manifest
from submission.artifacts.rejoin import rejoin
from submission.errors import UsageError, did_you_mean
from submission.files import write_text
from submission.host.cores import usable_cores
from submission.lab.bench.goals import OURS, STACK, STACK_OPENVINO
from submission.loadgen.settings import mlperf_conf
from submission.policy import Policy, load_policy, rounds
from submission.runs.decide import MEMORY_BYTES, Subject, budget_bytes
from submission.runs.spec import HarnessFiles, run_spec, terms_for, write_run
from submission.runs.tuned import Place
from submission.runs.tuning import this_host, tuned_place
from submission.squad.feature_file import load_features
from submission.squad.prepare import prepare_features
from submission.terms import (
    MAX_SEQ_LENGTH,
    LoadgenSettings,
    Mode,
    PlanRequest,
    RunId,
    Scenario,
    SutPlan,
)
from submission.workspace.folders import Workspace

LEAST_BACKLOG_S, BACKLOG_BOUNDS = 5.0, 20.0
DATA_NAMES = ("dev-v1.1.json", "mini-v1.1.json")


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model whose files lie in ``folder``."""

    name: str
    folder: Path
    manifest: Manifest

    def subject(self, features: Path) -> Subject:
        """What a plan is made for."""
        return Subject.of(self.manifest, load_features(features).lengths)


def place_of_model(name: str, workspace: Workspace) -> Path:
    """The folder of a model's manifest: the one that was named, or of ``models/``; UsageError."""
    for folder in (Path(name), workspace.manifests / name):
        if (folder / MANIFEST).is_file():
            return folder
    raise UsageError(
        f"there is no model {name}",
        detail=f"no {MANIFEST} in {name} or {workspace.manifests / name}",
        hint="name a folder that make-weights made, or a model: "
        f"{did_you_mean(name, workspace.known('model'))}",
    )


def find_model(name: str, workspace: Workspace, into: Path) -> Model:
    """A model that has a manifest, joined in ``into``; or a folder that holds files and manifest.

    Its parts lie beside its manifest, or where ``make models`` fetches them to. Raises UsageError.
    """
    known = place_of_model(name, workspace)
    manifest = load_manifest(known)
    if known == Path(name):
        return Model(name=known.name, folder=known, manifest=manifest)
    target = into / "models" / name
    beside = known / "parts"
    rejoin(manifest, beside if beside.is_dir() else workspace.parts_folder(name), target)
    return Model(name=name, folder=target, manifest=manifest)


def squad_file(folder: Path) -> Path:
    """The SQuAD file in ``folder``; UsageError if there is none."""
    for name in DATA_NAMES:
        if (folder / name).is_file():
            return folder / name
    raise UsageError(
        f"there is no data set in {folder}",
        detail=f"none of {', '.join(DATA_NAMES)}",
        hint="give the folder of dev-v1.1.json and vocab.txt with --data",
    )


def make_samples(folder: Path, workspace: Path) -> Path:
    """The features of the SQuAD file in ``folder``; made once for each content of its files."""
    data = squad_file(folder)
    path = workspace / f"features-{data.stem}.npz"
    prepare_features(data, folder / "vocab.txt", path)
    return path


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The numbers of one run; ``samples`` of Offline's query, ``seconds`` and rate of Server."""

    scenario: Scenario
    samples: int = 1
    qps: float = 1.0
    seconds: float = 0.001
    min_queries: int = 1
    bound_ms: float = 1000.0
    percentile: float = 0.99


def write_spec(model: Model, features: Path, plan: SutPlan, asked: Asked, out: Path) -> Path:
    """The RunSpec and LoadGen's two files in ``out``; returns the RunSpec's path."""
    policy = load_policy(rounds()[0])
    rules = terms_for(policy, model.name, model.manifest)
    files = HarnessFiles(
        model=str(model.folder.absolute()),
        features=str(features.absolute()),
        out=str(out.absolute()),
    )
    spec = run_spec(
        model.manifest,
        rules,
        files,
        run=RunId(benchmark=model.name, scenario=asked.scenario, mode=Mode.PERFORMANCE),
        settings=_settings(asked, policy, len(load_features(features))),
        plan=plan,
        profile="bench",
        extra={
            # a rate above reach need not be watched for as long as in a real run
            "backlog_limit_s": max(LEAST_BACKLOG_S, BACKLOG_BOUNDS * asked.bound_ms / 1000),
            "indices": str((out / "indices.json").absolute()),
        },
    )
    conf = mlperf_conf(policy, rules).encode()
    return write_run(spec, out, conf, about=f"{model.name}, a measurement that is no result")


def precision_of(way: str, model: Model, asked: str) -> str:
    """Ours runs as ``asked``; MobileBERT was published in f32, the others with the bf16 hint."""
    if way == OURS:
        return asked
    return "f32" if "mobilebert" in model.name else "bf16"


def padded_plan(model: Model, plan: SutPlan) -> SutPlan:
    """The reference implementation's plan: one bucket, batch 1, a stream and request a core."""
    longest = model.manifest.max_seq_length or MAX_SEQ_LENGTH
    return replace(
        plan,
        buckets=(longest,),
        batch=1,
        sort_by_length=False,
        late_last=False,
        inference_precision=precision_of(STACK, model, plan.inference_precision),
        reason="as the reference implementation",
    )


def place_here(
    model: Model, lengths: NDArray[np.int32], precision: str, memory_bytes: int = MEMORY_BYTES
) -> Place:
    """What a plan that is measured here holds for; ``memory_bytes`` is the request's budget."""
    return tuned_place(
        model.manifest,
        lengths,
        precision=precision,
        cores=usable_cores(this_host(), in_container=False),
        openvino=version("openvino"),
        memory_bytes=memory_bytes,
    )


def place_of_way(way: str, model: Model, lengths: NDArray[np.int32], request: PlanRequest) -> Place:
    """What holds for a way of running ``request``; the published ones have a single bucket."""
    precision = precision_of(way, model, request.inference_precision)
    room = budget_bytes(request) if way == OURS else MEMORY_BYTES
    place = place_here(model, lengths, precision, room)
    return replace(place, openvino=STACK_OPENVINO) if way == STACK else place


def write_indices(out: Path, indices: list[int]) -> None:
    """The samples that a run without LoadGen shall take."""
    write_text(out / "indices.json", json.dumps(indices))


def _settings(asked: Asked, policy: Policy, count: int) -> LoadgenSettings:
    server = asked.scenario is Scenario.SERVER
    return LoadgenSettings(
        **policy.seeds.by_key(),
        # Offline, no more than are asked: to prepare the others would count as CPU time of a run
        # that is far shorter than a real one
        performance_sample_count=count if server else min(count, asked.samples),
        min_duration_ms=max(1, round(asked.seconds * 1000)),
        min_query_count=asked.min_queries,
        target_qps=asked.qps,
        samples_per_query=None if server else asked.samples,
        target_latency_ns=round(asked.bound_ms * 1e6) if server else None,
        target_latency_percentile=asked.percentile if server else None,
    )
