"""``make-weights``: synthetic weights for a topology, and its dense baseline."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from submission.artifacts.command import chosen_manifests
from submission.artifacts.fetch import fetch
from submission.artifacts.manifest import Kind, Manifest
from submission.artifacts.progress import Step, Tell, Work
from submission.artifacts.sources import Reach
from submission.artifacts.telling import bytes_text
from submission.lab.synthetic.made import Topology, make_dense, make_pruned

Say = Callable[[str], None]
XML_ENDING = ".xml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``make-weights MODEL … [--target DIR] [--no-dense] [--mirror DIR|URL]``."""
    parser.add_argument(
        "names", nargs="*", metavar="MODEL", help="a model of models/, or an IR's xml file"
    )
    parser.add_argument("--all", action="store_true", help="every published topology")
    parser.add_argument("--no-dense", action="store_true", help="make no dense baseline")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    workspace = Path(os.environ.get("WORKSPACE") or "out")
    add_places(parser, workspace)
    parser.add_argument(
        "--target",
        type=Path,
        metavar="DIR",
        help="one folder for each model is made here (default: WORKSPACE/made-up)",
    )


def add_places(parser: argparse.ArgumentParser, workspace: Path) -> None:
    """Declare where topologies come from."""
    parser.add_argument("--manifests", type=Path, default=Path("models"), metavar="DIR")
    parser.add_argument("--workspace", type=Path, default=workspace, metavar="DIR")
    parser.add_argument(
        "--mirror",
        metavar="DIR|URL",
        default=os.environ.get("MIRROR") or None,
        help="the first source of topologies",
    )
    parser.add_argument("--offline", action="store_true", help="do not use the network")


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Make the weights; print their folders and what they are for."""
    target = args.target or args.workspace / "made-up"
    for topology in topologies(args, warn):
        made = [make_pruned(topology, target, seed=args.seed)]
        if not args.no_dense:
            made.append(make_dense(topology, target, seed=args.seed))
        for manifest in made:
            size = bytes_text(manifest.role("weights").size_bytes or 0)
            say(f"{manifest.path.parent}: {size} of synthetic weights")
    say("synthetic weights are for timing only: scoring and layout refuse them")
    return 0


def topologies(args: argparse.Namespace, warn: Say) -> list[Topology]:
    """The named graphs: files given by path, or fetched by their manifests."""
    xmls = [Path(name) for name in args.names if name.endswith(XML_ENDING)]
    args.names = [name for name in args.names if not name.endswith(XML_ENDING)]
    found = [Topology(name=xml.parent.name or xml.stem, xml=xml) for xml in xmls]
    if args.names or args.all or not found:
        manifests = chosen_manifests(args, Kind.MODEL)
        found += [_fetched(m, args, warn) for m in manifests if not args.all or _split_off(m)]
    return found


def _split_off(manifest: Manifest) -> bool:
    """Whether the model has a published topology, as ``--all`` means."""
    return bool(manifest.structured_sparsity_percent)


def _fetched(manifest: Manifest, args: argparse.Namespace, warn: Say) -> Topology:
    topology = manifest.role("topology")
    only = replace(manifest, files=(topology,))
    folder = args.workspace / "topologies" / manifest.name
    fetch(only, folder, reach=Reach(mirror=args.mirror, offline=args.offline), tell=_notes(warn))
    return Topology(name=manifest.name, xml=folder / topology.name, published=manifest)


def _notes(warn: Say) -> Tell:
    def tell(step: Step) -> None:
        if step.work is Work.NOTE:
            warn(f"{step.name}: {step.words}")

    return tell
