"""``run-training-cell``: one training of a campaign on a node, its score, and its archive.

It types the commands of this kit: ``fetch-data``, ``train-jpqd`` and ``score-model``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
from pathlib import Path
from typing import Any

from submission.artifacts.catalogue import find_manifest
from submission.artifacts.locate import joined_xml
from submission.artifacts.manifest import MANIFEST, load_manifest
from submission.campaign.identity import refuse_other_checkout
from submission.campaign.result import write_result
from submission.cli.cell import add_result
from submission.cli.lab.score_model import model_scores, scores_json
from submission.cli.main import main
from submission.cli.options import add_settings, checkout, workspace_of
from submission.errors import UsageError
from submission.files import read_json, write_json
from submission.host.gpus import nvidia_gpus
from submission.lab.jpqd.config import parse_config
from submission.lab.jpqd.workplace import RECORDS
from submission.lab.sweep.plan import CONFIG, MODEL, SCORE, STAGE
from submission.terms import Say
from submission.wording import counted
from submission.workspace.folders import Workspace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A training's name, its configuration, and what it is compared with."""
    add = parser.add_argument
    add("name", metavar="NAME", help="the training's name in its campaign")
    add("--campaign", required=True, metavar="NAME", help="the campaign's name")
    add("--config", required=True, metavar="JSON", help="the JPQD configuration, as text")
    add("--dense", required=True, metavar="MODEL", help="the model that F1 is compared with")
    add("--dataset", required=True, metavar="NAME", help="the data set that both are scored on")
    add("--cores", type=int, default=1, metavar="N", help="threads (default: %(default)s)")
    add("--gpus", type=int, default=0, metavar="N", help="GPUs that must be here")
    add_result(parser)
    add_settings(parser, "workspace")


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Train (or resume), score, and write what was made into an archive."""
    refuse_other_checkout(checkout(), args.checkout)
    _demand_resources(args.cores, args.gpus)
    workspace = workspace_of(args)
    config = parse_config(json.loads(args.config))
    folder = workspace.sweep_folder(args.campaign) / args.name
    write_json(folder / CONFIG, json.loads(args.config))
    out = ["--workspace", str(workspace.out)]
    # an hour of training must not end in a model that cannot be scored
    joined_xml(workspace, args.dense)
    if not _data_is_here(workspace, args.dataset) and (
        code := main(["fetch-data", args.dataset, *out])
    ):
        return code
    words = ["--config", str(folder / CONFIG), "--output", str(folder / MODEL)]
    if code := main(["train-jpqd", *words, "--threads", str(args.cores), *out]):
        return code
    for name in RECORDS:
        made = workspace.training_folder(config.model) / name
        if made.is_file():
            shutil.copyfile(made, folder / name)
    score = _score(workspace, folder / MODEL, args.dense, args.dataset, warn)
    write_json(folder / SCORE, {"version": 1, "dataset": args.dataset, **score})
    facts = {
        "stage": STAGE,
        "checkout": args.checkout,
        "image": None,
        "host": platform.node(),
        "runs": {},
        "figure": f"F1 {score['f1']:.2f} at {score['structured_sparsity_percent']:.1f} %",
    }
    write_result(args.result, workspace.out, [folder], facts)
    say(f"{args.name}: {args.result}")
    return 0


def _demand_resources(cores: int, gpus: int) -> None:
    """UsageError if this node has less than the training asks for."""
    here = {"core": len(os.sched_getaffinity(0)), "GPU": nvidia_gpus()}
    for noun, asked in (("core", cores), ("GPU", gpus)):
        if here[noun] < asked:
            raise UsageError(
                f"this node has less than the training asks for: {counted(asked, noun)}",
                detail=f"{platform.node()} has {counted(here[noun], noun)} for it",
                hint='name nodes that have it in the campaign ("nodes"), or ask for less',
            )


def _data_is_here(workspace: Workspace, dataset: str) -> bool:
    manifest = load_manifest(find_manifest(dataset, workspace.manifests))
    folder = workspace.data_folder(manifest.name)
    return all((folder / manifest.role(role).name).is_file() for role in ("data", "vocab"))


def _score(
    workspace: Workspace, model: Path, dense: str, dataset: str, warn: Say
) -> dict[str, Any]:
    scores = model_scores(workspace, [str(model), dense], dataset, warn)
    manifest = read_json(model / MANIFEST)
    return {
        **scores_json(scores, dense),
        "structured_sparsity_percent": manifest["structured_sparsity_percent"],
        "minutes": manifest["training"].get("minutes"),
    }
