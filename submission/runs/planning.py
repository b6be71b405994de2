"""The plan for a run of the profile: fixed by the profile, tuned on this machine, or decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from submission.files import read_json
from submission.host.cores import usable_cores
from submission.runs.context import Context
from submission.runs.decide import (
    MEMORY_BYTES,
    Subject,
    budget_bytes,
    make_plan,
)
from submission.runs.numbers import ProbedRate, loadgen_settings, read_probe
from submission.runs.tuned import Place, plan_in_tree, read_tuned, why_untuned
from submission.runs.tuning import this_host, tuned_place
from submission.squad.feature_file import load_features
from submission.terms import MAX_SEQ_LENGTH, NS_PER_MS, PlanRequest, RunId, SutPlan
from submission.wording import counted
from submission.workspace.folders import Workspace, image_openvino
from submission.workspace.settings import Runner

# SQuAD's longest sample against its mean (178 tokens), attention's share included
LONGEST_SHARE = 2.4
# the tail of a queue: a long sample behind another one, and noise
QUEUE_ROOM = 3.0
# of a container's memory; the rest is the kernel's and other processes'
MEMORY_SHARE = 0.9


def sut_plan(context: Context, run: RunId) -> SutPlan:
    """The plan of a run, with its reason; before features and probe are there, a first guess."""
    request = asked_plan(context, run)
    subject = Subject.of(context.manifest(run.benchmark), _lengths(context))
    if request.bucket_step:
        plan = make_plan(subject, run.scenario, request)
    else:
        request, why = _tuned(context, run, request)
        plan = make_plan(subject, run.scenario, request)
        plan = replace(plan, reason=f"{plan.reason}; {why}")
    probe = read_probe(context, run.benchmark)
    if not request.by_probe or probe is None:
        return plan
    bound_ms = (loadgen_settings(context, run).target_latency_ns or 0) / NS_PER_MS
    return by_probe(plan, probe, bound_ms)


def asked_plan(context: Context, run: RunId) -> PlanRequest:
    """What the profile asks of the plan of a run, within the memory that runs may use here."""
    asked = context.benchmark(run.benchmark).plans[run.scenario]
    return replace(asked, limit_bytes=_limit_bytes(context, asked))


def place_of(
    context: Context, model: str, precision: str, memory_bytes: int = MEMORY_BYTES
) -> Place:
    """What a choice must have been measured on to hold for runs of this model here."""
    settings = context.settings
    contained = settings.runner is not Runner.HOST
    return tuned_place(
        context.manifest(model),
        _lengths(context),
        precision=precision,
        cores=usable_cores(this_host(), cpuset=settings.cpuset, in_container=contained),
        openvino=runs_openvino(context),
        memory_bytes=memory_bytes,
    )


def runs_openvino(context: Context) -> str:
    """The version that runs have: the image's, on the host the installed one."""
    contained = context.settings.runner is not Runner.HOST
    return (contained and openvino_of_image(context.workspace)) or version("openvino")


def openvino_of_image(workspace: Workspace) -> str | None:
    """The OpenVINO of the image that was built; before there is one, of a default base image.

    The default lock has several, and the Python of the base image decides.
    """
    chosen = workspace.openvino.version or None
    try:
        built = read_json(workspace.image_file())
        found: str | None = built["openvino"]
    except (OSError, ValueError, LookupError):
        return chosen
    default = {"version": image_openvino(workspace.root)}  # kit 0.1.0 wrote no choice
    # an image of another choice is about to be replaced
    return found if built.get("openvino_chosen", default)["version"] == chosen else chosen


def plan_settings(plan: SutPlan) -> dict[str, Any]:
    """The fields of a plan that a run depends on: all but its reason."""
    return {name: value for name, value in asdict(plan).items() if name != "reason"}


def run_place(context: Context, run: RunId) -> dict[str, Any]:
    """What a run's figures hold for, beside the files of model and data, and the image.

    What the manifest says of the model, the plan, and where it runs.
    """
    settings = context.settings
    return {
        "model": context.manifest(run.benchmark).run_fields(),
        "plan": plan_settings(sut_plan(context, run)),
        "runner": settings.runner,
        "cpuset": settings.cpuset,
        "memory_bytes": settings.memory_bytes,
    }


def plan_words(plan: Mapping[str, Any]) -> str:
    """What was compiled and run, and why; ``plan`` as in ``harness.json``."""
    asked, used = plan["asked"], plan["used"]
    ran = used.get("ran", {})
    batch = asked["batch"]
    words = (
        f"buckets of {', '.join(map(str, used['buckets']))} tokens",
        "each sample by itself" if batch == 1 else f"{batch} samples together",
        f"{counted(used['streams'], 'stream')}, {counted(used['requests'], 'request')}",
        f"precision {ran.get('INFERENCE_PRECISION_HINT', asked['inference_precision'])}",
        asked["reason"],
    )
    return "; ".join(words)


def _tuned(context: Context, run: RunId, request: PlanRequest) -> tuple[PlanRequest, str]:
    """The request with what was tuned on this machine, and where that comes from."""
    folder = context.workspace.tuned_folder()
    place = place_of(context, run.benchmark, request.inference_precision, budget_bytes(request))
    tuned = read_tuned(folder, place, run.scenario)
    if tuned is None:
        return request, f"{request.reason}; {why_untuned(folder, place, run.scenario)}"
    where = plan_in_tree(context.workspace, place.file(folder))
    return tuned.over(request), f"{tuned.reason} ({where})"


def _lengths(context: Context) -> NDArray[np.int32]:
    """Real tokens of each sample; before the features are made, lengths of every size."""
    path = context.features_file()
    if not path.is_file():
        return np.arange(1, MAX_SEQ_LENGTH + 1, dtype=np.int32)
    return _read_lengths(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _read_lengths(path: Path, changed_ns: int) -> NDArray[np.int32]:
    # a plan is asked for several times a run, and the file has some megabytes
    del changed_ns
    return load_features(path).lengths


def _limit_bytes(context: Context, request: PlanRequest) -> int:
    """What a process of the run may have; on more NUMA nodes than one there are several."""
    # a cpuset may leave one node of several, and then this is less than it could be
    processes = (this_host().numa_nodes or 1) if request.per_node else 1
    return int((context.settings.memory_bytes or 0) * MEMORY_SHARE / processes)


def by_probe(plan: SutPlan, probe: ProbedRate, bound_ms: float) -> SutPlan:
    """One stream a core where the longest sample fits the bound with room, else one in all.

    A stream a core serves more samples a second and stands a busy neighbour better; one
    stream on all cores answers a single sample sooner.
    """
    one_core_ms = LONGEST_SHARE * 1000 * probe.cores / probe.slowest
    words = (
        f"{plan.reason}; probed {probe.slowest:.4g} samples/s on {counted(probe.cores, 'core')}, "
        f"so the longest sample takes about {one_core_ms:.0f} ms on one"
    )
    if QUEUE_ROOM * one_core_ms <= bound_ms:
        return replace(plan, reason=f"{words}: one stream a core")
    return replace(plan, streams=1, requests=1, reason=f"{words}: one stream on all cores")
