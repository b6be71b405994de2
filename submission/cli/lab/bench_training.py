"""``bench-training``: what a step of a JPQD recipe costs here. Its parser needs no torch."""

from __future__ import annotations

import argparse
from pathlib import Path

from submission.lab.jpqd.command import demand_thread, training_module
from submission.lab.jpqd.config import load_config
from submission.lab.jpqd.shapes import SHAPES
from submission.terms import Say

RECIPE = Path("models/bert-99_jpqd-base/jpqd.json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--config", type=Path, default=RECIPE, metavar="FILE", help="default: %(default)s")
    add(
        "--base",
        default="bert-base",
        choices=SHAPES,
        help="shape of the model (default: %(default)s)",
    )
    add(
        "--teacher",
        default="bert-large",
        choices=SHAPES,
        help="shape of the teacher (default: %(default)s)",
    )
    add("--steps", type=int, default=60, metavar="N", help="steps to run (default: %(default)s)")
    add("--device", choices=("cuda", "cpu"), default="cpu", help="default: %(default)s")
    add("--threads", type=int, default=1, metavar="N", help="CPU threads (default: %(default)s)")
    add("--dropout", type=float, help="in place of the recipe's; 0 to compare devices' losses")


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Run some steps with random weights, and say what they cost."""
    config = load_config(args.config, dropout=args.dropout)
    demand_thread(args.threads)
    cost = training_module("step_cost").measure(
        config,
        base=args.base,
        teacher=args.teacher,
        steps=args.steps,
        device=args.device,
        threads=args.threads,
        say=warn,
    )
    say(f"{args.base} with the teacher {args.teacher} on {cost.device}, batch {config.batch}")
    say(f"a step while pruning: {cost.pruning_s:.4g} s, after the cut: {cost.after_cut_s:.4g} s")
    if cost.peak_bytes is not None:
        say(f"peak memory of the device: {cost.peak_bytes / 2**30:.1f} GiB")
    say(f"losses of the first steps: {', '.join(f'{loss:.6f}' for loss in cost.losses)}")
    say(f"estimate for the whole recipe on SQuAD v1.1: {cost.hours:.1f} h")
    return 0
