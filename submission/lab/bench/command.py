"""What the commands of this room share: samples, folder, settings, and what is asked of plans."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from submission.errors import UsageError
from submission.harness.facts import versions
from submission.lab.bench.subject import DATA_NAMES, make_samples
from submission.runs.decide import OFFLINE_BATCH, SHAPES
from submission.runs.tuned import Place, read_tuned
from submission.terms import PlanRequest, Scenario

Say = Callable[[str], None]
# the first model of the kit's default profile
DEFAULT = "minilm-squad_jpqd-50"
PRECISIONS = ("f32", "bf16")
EMBEDDED = Path("models/squad-mini")


def add_places(parser: argparse.ArgumentParser, name: str) -> None:
    """Arguments of each measurement; its files go to the folder ``name`` of the workspace."""
    parser.add_argument("--manifests", type=Path, default=Path("models"), metavar="DIR")
    parser.add_argument("--data", type=Path, metavar="DIR", help="dev-v1.1.json and vocab.txt")
    parser.add_argument(
        "--folder", type=Path, default=workspace() / name, help="default: %(default)s"
    )
    # what the profiles run in, if they say nothing else
    parser.add_argument(
        "--precision", default=PlanRequest().inference_precision, choices=PRECISIONS
    )
    parser.add_argument("--shapes", type=int, help=f"default: {SHAPES}, if nothing was tuned")
    parser.add_argument("--batch", type=int, help=f"default: {OFFLINE_BATCH}, if nothing was tuned")
    parser.add_argument("--memory", type=float, default=0.0, metavar="GB", help="0: the default")


def add_tuned(parser: argparse.ArgumentParser) -> None:
    """Where plans that were measured lie, for the commands that run as a profile would."""
    parser.add_argument("--tuned", type=Path, default=Path("measurements/tuned"), metavar="DIR")


def workspace() -> Path:
    """The folder that the kit fills."""
    return Path(os.environ.get("WORKSPACE") or "out")


def parts_brought() -> Path:
    """Where ``make models`` leaves the parts of each model."""
    return workspace() / "parts"


def samples_of(args: argparse.Namespace, warn: Say, *, embedded: bool = True) -> Path:
    """The features to measure with, made where needed; says which data set they come from.

    Without SQuAD the embedded set is taken; UsageError unless ``embedded`` allows that.
    """
    data = _data_folder(args, embedded=embedded)
    warn(f"samples from {data}")
    return make_samples(data, args.folder)


def _data_folder(args: argparse.Namespace, *, embedded: bool) -> Path:
    """The folder that was named, else the one that ``make data`` fills, else the embedded one."""
    given = args.data or os.environ.get("BERT_DATA_DIR")
    if given:
        return Path(given)
    fetched = workspace() / "data" / "squad"
    if (fetched / DATA_NAMES[0]).is_file():  # a fetch that was broken off leaves a folder too
        return fetched
    if embedded:
        return EMBEDDED
    raise UsageError(
        "there is no SQuAD to measure plans on",
        detail=f"no {fetched / DATA_NAMES[0]}; a plan holds for the lengths it was measured on",
        hint=f"run make data first, or give --data {EMBEDDED} for runs of the embedded data set",
    )


def request_of(args: argparse.Namespace) -> PlanRequest:
    """What the command line asks of a plan."""
    request = PlanRequest(
        late_last=True,
        shapes=args.shapes or SHAPES,
        batch=args.batch or OFFLINE_BATCH,
        inference_precision=args.precision,
    )
    return replace(request, memory_bytes=round(args.memory * 1e9)) if args.memory else request


def tuned_request(
    args: argparse.Namespace, place: Place, scenario: Scenario, request: PlanRequest
) -> PlanRequest:
    """What a profile would ask here: the tuned plan's choice, unless the command line has one."""
    if args.shapes or args.batch:
        return request
    tuned = read_tuned(args.tuned, place, scenario)
    return tuned.over(request) if tuned else request


def refuse_settings(environment: Mapping[str, str] = os.environ) -> None:
    """Refuse what a run would heed and tune cannot: another cpuset or version; UsageError."""
    if cpuset := environment.get("CPUSET"):
        raise UsageError(
            "tune does not take CPUSET",
            detail=f"CPUSET={cpuset} binds the containers of runs, and tune measures in none",
            hint=f"taskset -c {cpuset} make tune, without CPUSET, which then is for the runs",
        )
    here, asked = versions()["openvino"], environment.get("OPENVINO")
    if asked and asked != here:
        raise UsageError(
            "tune measures the version of OpenVINO that is installed",
            detail=f"OPENVINO={asked}, and {here} is installed",
            hint=f"leave OPENVINO out, or install {asked} into the environment that tune runs in",
        )
