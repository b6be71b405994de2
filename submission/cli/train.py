"""The commands that train a JPQD model and score an IR: defaults from the environment, bars."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from submission.artifacts.manifest import load_manifest
from submission.cli.inspect import xml_of
from submission.cli.transfer import transfer_show
from submission.lab.jpqd import command
from submission.lab.jpqd.dev_set import score_ir

Say = Callable[[str], None]
_NO = {"", "0", "no", "false"}


def add_train_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``train-jpqd``."""
    command.add_arguments(parser)
    parser.set_defaults(
        workspace=Path(os.environ.get("WORKSPACE") or "out"),
        mirror=os.environ.get("MIRROR") or None,
        offline=os.environ.get("OFFLINE", "").lower() not in _NO,
        **_among(os.environ),
    )


def _among(environment: Mapping[str, str]) -> dict[str, int]:
    """The place of this process among those that torch's launcher started, or alone."""
    if "TORCHELASTIC_RUN_ID" not in environment:
        return {"rank": 0, "processes": 1}
    return {"rank": int(environment["RANK"]), "processes": int(environment["WORLD_SIZE"])}


def run_train(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Do ``train-jpqd``."""
    with transfer_show() as tell:
        return command.run(args, say=say, warn=warn, tell=tell)


def add_score_arguments(parser: argparse.ArgumentParser) -> None:
    """``score-model MODEL [--dataset NAME]``."""
    parser.add_argument(
        "model", metavar="MODEL", help="a model's name, or its xml file, or the folder of that"
    )
    parser.add_argument("--dataset", default="squad", help="default: %(default)s")
    parser.add_argument("--manifests", type=Path, default=Path("models"), metavar="DIR")
    workspace = Path(os.environ.get("WORKSPACE") or "out")
    parser.add_argument("--workspace", type=Path, default=workspace, metavar="DIR")


def run_score(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Print F1 and exact match of every question; the data set was fetched before."""
    manifest = load_manifest(args.manifests / args.dataset)
    folder = args.workspace / "data" / args.dataset
    data, vocab = (folder / manifest.role(role).name for role in ("data", "vocab"))
    features = args.workspace / "features" / args.dataset / "features.npz"
    score = score_ir(xml_of(args), data, vocab, features, warn)
    say(f"F1 {score.f1:.4f}, exact match {score.exact_match:.4f} ({score.questions:,} questions)")
    say(score.how)
    return 0
