"""The command that shows what is in a model's files."""

from __future__ import annotations

import argparse

from submission.artifacts.locate import find_xml, manifest_of
from submission.cli.options import add_manifests, add_settings, workspace_of
from submission.errors import UsageError
from submission.files import json_text
from submission.ir.inspect import inspect
from submission.ir.report import as_json, as_text
from submission.terms import MAX_SEQ_LENGTH, Say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "model", metavar="MODEL", help="a model's name, or its xml file, or the folder of that"
    )
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument(
        "--length",
        type=int,
        default=MAX_SEQ_LENGTH,
        metavar="N",
        help="tokens to count operations at where the model leaves it open (default: %(default)s)",
    )
    add_manifests(parser)
    add_settings(parser, "workspace", "model_dir")


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Print the facts; the manifest's sparsity stands beside those that are counted."""
    del warn
    if args.length < 1:
        raise UsageError(
            "a length is at least one token",
            detail=f"--length {args.length}",
            hint=f"try {MAX_SEQ_LENGTH}",
        )
    workspace = workspace_of(args)
    found = inspect(find_xml(workspace, args.model), length=args.length)
    if args.json:
        say(json_text(as_json(found)).rstrip("\n"))
        return 0
    manifest = manifest_of(workspace, args.model)
    published = manifest.structured_sparsity_percent if manifest else None
    say(as_text(found, published_percent=published))
    if manifest is not None and manifest.synthetic:
        say("note        the weights are synthetic: for timing only")
    return 0
