"""``score-model``: F1 of a model over a whole data set, without LoadGen."""

from __future__ import annotations

import argparse

from submission.artifacts.catalogue import find_manifest
from submission.artifacts.locate import find_xml, ir_file, manifest_of
from submission.artifacts.manifest import load_manifest
from submission.cli.options import add_manifests, add_settings, workspace_of
from submission.errors import UsageError
from submission.lab.jpqd.dev_set import score_ir
from submission.terms import Say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``score-model MODEL [--dataset NAME]``."""
    parser.add_argument(
        "model", metavar="MODEL", help="a model's name, or its xml file, or the folder of that"
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
    xml = find_xml(workspace, args.model)
    model = ir_file(xml, manifest_of(workspace, args.model))
    score = score_ir(model, data, vocab, features, warn, cased=manifest.cased)
    say(f"F1 {score.f1:.4f}, exact match {score.exact_match:.4f} ({score.questions:,} questions)")
    say(score.how)
    return 0
