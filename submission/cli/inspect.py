"""The command that tells what is in a model's files."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from submission.artifacts.manifest import MANIFEST, Manifest, load_manifest
from submission.errors import UsageError
from submission.files import json_text
from submission.ir.inspect import DEFAULT_LENGTH, inspect
from submission.ir.report import as_json, as_text
from submission.workspace.suggestion import did_you_mean

Say = Callable[[str], None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``inspect-model``."""
    parser.add_argument(
        "model", metavar="MODEL", help="a model's name, or its xml file, or the folder of that"
    )
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument(
        "--length",
        type=int,
        default=DEFAULT_LENGTH,
        metavar="N",
        help="tokens to count operations at where the model leaves it open (default: %(default)s)",
    )
    parser.add_argument("--manifests", type=Path, default=Path("models"), metavar="DIR")
    workspace = Path(os.environ.get("WORKSPACE") or "out")
    parser.add_argument("--workspace", type=Path, default=workspace, metavar="DIR")


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Print the facts; the manifest's sparsity stands beside those that are counted."""
    del warn
    if args.length < 1:
        raise UsageError(
            "a length is at least one token", detail=f"--length {args.length}", hint="try 384"
        )
    found = inspect(xml_of(args), length=args.length)
    if args.json:
        say(json_text(as_json(found)).rstrip("\n"))
        return 0
    manifest = _manifest(args)
    published = manifest.structured_sparsity_percent if manifest else None
    say(as_text(found, published_percent=published))
    if manifest is not None and manifest.made_up:
        say("note        the weights are synthetic: for timing only")
    return 0


def _manifest(args: argparse.Namespace) -> Manifest | None:
    """The manifest of that name, or of the folder's name."""
    path = Path(args.model)
    name = path.parent.name if path.suffix == ".xml" else path.name
    folder = args.manifests / name
    return load_manifest(folder) if (folder / MANIFEST).is_file() else None


def xml_of(args: argparse.Namespace) -> Path:
    """The xml that ``args.model`` means; raises UsageError if there is none."""
    path = Path(args.model)
    if path.suffix == ".xml":
        return path
    name = path.name
    workspace: Path = args.workspace
    manifests: Path = args.manifests
    places = [path, workspace / "models" / name, workspace / "parts" / name]
    for place in (*places, manifests / name / "parts"):
        xmls = sorted(place.glob("*.xml"))
        if xmls:
            return xmls[0]
    known = [folder.parent.name for folder in manifests.glob(f"*/{MANIFEST}")]
    if name in known:
        raise UsageError(
            f"{name} is not there yet",
            detail=f"no xml in {', '.join(map(str, places))}",
            hint=f"run tools/fetch_models.py {name} first",
        )
    raise UsageError(
        f"there is no model {args.model}",
        detail=f"no xml in {', '.join(map(str, places))}",
        hint=did_you_mean(name, known),
    )
