"""``score-model``: F1 of a model over a whole data set, without LoadGen."""

from __future__ import annotations

import argparse

from submission.artifacts.catalogue import find_manifest
from submission.artifacts.locate import ir_file, joined_xml, manifest_of
from submission.artifacts.manifest import load_manifest
from submission.cli.options import add_manifests, add_settings, workspace_of
from submission.errors import UsageError
from submission.lab.jpqd.dev_set import DevScore, score_ir
from submission.squad.bootstrap import RESAMPLES
from submission.terms import Say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``score-model MODEL [--against MODEL] [--dataset NAME]``."""
    parser.add_argument(
        "model", metavar="MODEL", help="a model's name, or its xml file, or the folder of that"
    )
    parser.add_argument(
        "--against",
        metavar="MODEL",
        help="score this model too, and print the first one's share of its F1 with its interval",
    )
    parser.add_argument("--dataset", default="squad", help="default: %(default)s")
    add_manifests(parser)
    add_settings(parser, "workspace", "model_dir", "data_dir")


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Print F1 and exact match over every question; the data set was fetched before."""
    workspace = workspace_of(args)
    manifest = load_manifest(find_manifest(args.dataset, workspace.manifests))
    folder = workspace.data_folder(manifest.name)
    data, vocab = (folder / manifest.role(role).name for role in ("data", "vocab"))
    if not (data.is_file() and vocab.is_file()):
        raise UsageError(
            f"the data set {manifest.name} has not been fetched yet",
            detail=f"no {data.name if not data.is_file() else vocab.name} in {folder}",
            hint="make data"
            if manifest.name == "squad"
            else f"tools/fetch_data.py {manifest.name}",
        )
    features = workspace.features_file(manifest.name)
    models = [
        ir_file(joined_xml(workspace, name), manifest_of(workspace, name))
        for name in (args.model, args.against)
        if name is not None
    ]
    scores = [
        score_ir(model, data, vocab, features, warn, cased=manifest.cased) for model in models
    ]
    for score in scores:
        say(
            f"F1 {score.f1:.4f}, exact match {score.exact_match:.4f} "
            f"({score.questions:,} questions)"
        )
    say(scores[0].how)
    if args.against is not None:
        say(_share(*scores))
    return 0


def _share(own: DevScore, other: DevScore) -> str:
    """One F1 over another, with what chance in the questions leaves open."""
    found = own.single.f1_ratio(other.single)
    if found is None:
        return "share of its F1: none, since it answers nothing rightly"
    return (
        f"share of its F1: {own.f1 / other.f1:.4f}, 95 % interval {found.low:.4f} to "
        f"{found.high:.4f} (paired bootstrap over the questions, {RESAMPLES:,} resamples)"
    )
