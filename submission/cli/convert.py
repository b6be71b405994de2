"""The command that fetches MLPerf's INT8 reference and converts it to an OpenVINO IR."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from submission.artifacts.fetch import fetch
from submission.artifacts.manifest import load_manifest
from submission.artifacts.sources import Reach
from submission.cli.transfer import transfer_show
from submission.errors import UsageError
from submission.stages.convert import convert_model

Say = Callable[[str], None]
_NO = {"", "0", "no", "false"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``convert-reference [--model NAME] [--mirror DIR|URL] …``."""
    environment = os.environ
    parser.add_argument(
        "--model", default="reference", help="a model that comes as ONNX (default: %(default)s)"
    )
    parser.add_argument("--manifests", type=Path, default=Path("models"), metavar="DIR")
    parser.add_argument(
        "--workspace",
        type=Path,
        default=Path(environment.get("WORKSPACE") or "out"),
        metavar="DIR",
        help="gets models/NAME with the IR, converted/NAME with its parts",
    )
    parser.add_argument(
        "--mirror",
        metavar="DIR|URL",
        default=environment.get("MIRROR") or None,
        help="asked before every other source",
    )
    parser.add_argument(
        "--offline",
        action="store_true",
        default=environment.get("OFFLINE", "").lower() not in _NO,
        help="nothing over the network",
    )


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Fetch what is missing, convert, and say where the IR lies."""
    del warn
    source = load_manifest(args.manifests / args.model)
    if not source.is_onnx:
        raise UsageError(
            f"{source.name} does not come as ONNX",
            detail=f"{source.path} names {', '.join(file.name for file in source.files)}",
            hint="fetch it with tools/fetch_models.py; it needs no conversion",
        )
    folder: Path = args.workspace / "parts" / source.name
    with transfer_show() as tell:
        fetch(source, folder, reach=Reach(mirror=args.mirror, offline=args.offline), tell=tell)
    made = convert_model(
        source,
        folder / source.files[0].name,
        model_folder=args.workspace / "models" / source.name,
        converted_folder=args.workspace / "converted" / source.name,
    )
    for file in made.files:
        say(f"{file.name}: {file.size_bytes} bytes in {len(file.parts)} part(s)")
    say(f"wrote {args.workspace / 'models' / source.name} and {made.path}")
    return 0
