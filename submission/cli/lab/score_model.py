"""``score-model``: F1 of a model over a whole data set, without LoadGen."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from submission.artifacts.catalogue import find_manifest
from submission.artifacts.locate import ir_file, joined_xml, manifest_of
from submission.artifacts.manifest import load_manifest
from submission.cli.json_output import add_json, say_json
from submission.cli.options import add_manifests, add_settings, workspace_of
from submission.errors import UsageError
from submission.lab.jpqd.dev_set import DevScore, score_ir
from submission.squad.bootstrap import RESAMPLES
from submission.terms import Say
from submission.workspace.folders import Workspace


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
    add_json(parser)
    add_manifests(parser)
    add_settings(parser, "workspace", "model_dir", "data_dir")


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Print F1 and exact match over every question; the data set was fetched before."""
    models = [name for name in (args.model, args.against) if name is not None]
    scores = model_scores(workspace_of(args), models, args.dataset, warn)
    if args.json:
        say_json(say, model=args.model, dataset=args.dataset, **scores_json(scores, args.against))
        return 0
    for score in scores:
        say(
            f"F1 {score.f1:.4f}, exact match {score.exact_match:.4f} "
            f"({score.questions:,} questions)"
        )
    say(scores[0].how)
    if args.against is not None:
        say(_share(*scores))
    return 0


def model_scores(
    workspace: Workspace, names: Sequence[str], dataset: str, warn: Say
) -> list[DevScore]:
    """The score of each model (as for ``find_xml``) on the data set; raises UsageError."""
    manifest = load_manifest(find_manifest(dataset, workspace.manifests))
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
    models = [ir_file(joined_xml(workspace, name), manifest_of(workspace, name)) for name in names]
    return [score_ir(model, data, vocab, features, warn, cased=manifest.cased) for model in models]


def scores_json(scores: Sequence[DevScore], against: str | None) -> dict[str, Any]:
    """The first score, and its share of the second one's F1 where there is one."""
    own, *others = scores
    value: dict[str, Any] = {
        "f1": own.f1,
        "exact_match": own.exact_match,
        "questions": own.questions,
        "how": own.how,
        "against": None,
    }
    for other in others:
        found = own.single.f1_ratio(other.single)
        value["against"] = {
            "model": against,
            "f1": other.f1,
            "exact_match": other.exact_match,
            "share": None if found is None else own.f1 / other.f1,
            "low": None if found is None else found.low,
            "high": None if found is None else found.high,
        }
    return value


def _share(own: DevScore, other: DevScore) -> str:
    """One F1 over another, with what chance in the questions leaves open."""
    found = own.single.f1_ratio(other.single)
    if found is None:
        return "share of its F1: none, since it answers nothing rightly"
    return (
        f"share of its F1: {own.f1 / other.f1:.4f}, 95 % interval {found.low:.4f} to "
        f"{found.high:.4f} (paired bootstrap over the questions, {RESAMPLES:,} resamples)"
    )
