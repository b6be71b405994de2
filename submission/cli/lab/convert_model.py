"""``convert-model``: a float BERT to an INT8 OpenVINO IR. Its parser needs no torch."""

from __future__ import annotations

import argparse
from pathlib import Path

from submission.lab.dense_model import Conversion, convert
from submission.terms import Say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``convert-model --source DIR --vocab FILE --calibration FILE --output DIR …``."""

    def add(name: str, words: str, *, required: bool = False) -> None:
        parser.add_argument(
            f"--{name}", type=Path, required=required, metavar=name.upper(), help=words
        )

    add("source", "folder of config.json and model.safetensors", required=True)
    add("vocab", "the model's WordPiece vocabulary (uncased)", required=True)
    add("calibration", "training data in SQuAD's form", required=True)
    add("output", "folder for openvino_model.{xml,bin}", required=True)
    add("float", "save the float IR in this folder as well")
    add("model", "put parts and digests into this model's folder")
    parser.add_argument(
        "--samples",
        type=int,
        default=Conversion.samples,
        metavar="N",
        help="calibration windows (default: %(default)s)",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=Conversion.seed,
        metavar="N",
        help="picks the windows (default: %(default)s)",
    )


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Trace, check, quantize, check, save."""
    asked = Conversion(
        source=args.source,
        vocab=args.vocab,
        calibration=args.calibration,
        output=args.output,
        samples=args.samples,
        seed=args.seed,
        float_output=args.float,
        model=args.model,
    )
    convert(asked, warn)
    say(f"wrote {asked.output}")
    return 0
