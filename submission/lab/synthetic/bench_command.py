"""``bench-topologies``: time the published topologies beside their dense baselines."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from submission.artifacts.manifest import Manifest, load_manifest
from submission.artifacts.verify import verify
from submission.errors import KitError, UsageError
from submission.files import write_json, write_text
from submission.host.facts import host_facts
from submission.ir.inspect import inspect
from submission.lab.synthetic.bench import Pair, TopologyComparison, compare
from submission.lab.synthetic.command import add_places, topologies
from submission.lab.synthetic.made import DENSE_ENDING, Topology, make_dense, make_pruned
from submission.lab.synthetic.report import as_json, as_svg, as_text
from submission.lab.synthetic.trial import TimedModel, timed_model

Say = Callable[[str], None]
#: its dense baseline stands for the published table's reference: both are INT8 BERT-large
REFERENCE_OF = "bert-99.9_jpqd-large"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``bench-topologies [MODEL …] [--rounds N] [--seconds N] …``."""
    parser.add_argument(
        "names", nargs="*", metavar="MODEL", help="default: every published topology"
    )
    parser.add_argument("--length", type=int, default=384, metavar="N", help="tokens of a sample")
    parser.add_argument(
        "--shorter", type=int, default=128, metavar="N", help="another length to compare logits at"
    )
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="default: %(default)s")
    parser.add_argument(
        "--seconds",
        type=float,
        default=180.0,
        metavar="N",
        help="no round begins after this time (default: %(default)s)",
    )
    parser.add_argument("--no-plot", action="store_true", help="write no SVG")
    add_places(parser, Path(os.environ.get("WORKSPACE") or "out"))


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Make the weights that are missing, time the models, write JSON and plot to the workspace."""
    if not 1 < args.shorter <= args.length or args.rounds < 1:
        raise UsageError(
            "these numbers do not make a benchmark",
            detail=f"--length {args.length}, --shorter {args.shorter}, --rounds {args.rounds}",
            hint="--shorter is from 2 to --length, --rounds at least 1",
        )
    pairs, reference = _trials(args, warn)
    found = compare(
        pairs,
        reference,
        length=args.length,
        shorter=args.shorter,
        rounds=args.rounds,
        budget_s=args.seconds,
        say=warn,
    )
    say(as_text(found))
    _save(found, args, say)
    return 0


def _trials(args: argparse.Namespace, warn: Say) -> tuple[list[Pair], TimedModel]:
    """One pair for each model; models with equal dense baselines share one."""
    args.all = not args.names
    wanted = topologies(args, warn)
    args.names, args.all = [REFERENCE_OF], False
    (large,) = [t for t in wanted if t.name == REFERENCE_OF] or topologies(args, warn)
    target = args.workspace / "made-up"
    dense: dict[tuple[int, ...], TimedModel] = {}

    def dense_trial(topology: Topology) -> TimedModel:
        key = _dense_size(topology)
        if key not in dense:
            manifest = _made(topology, target, topology.name + DENSE_ENDING, make_dense, warn)
            dense[key] = timed_model(manifest, length=args.length)
        return dense[key]

    reference = dense_trial(large)
    pairs = [
        Pair(
            pruned=timed_model(_made(t, target, t.name, make_pruned, warn), length=args.length),
            dense=dense_trial(t),
        )
        for t in wanted
    ]
    return pairs, reference


def _dense_size(topology: Topology) -> tuple[int, ...]:
    """A key that is equal for topologies with the same dense baseline."""
    found = inspect(topology.xml)
    return (len(found.blocks), *(sparsity.dense for sparsity in found.sparsities))


def _made(
    topology: Topology,
    target: Path,
    name: str,
    make: Callable[[Topology, Path], Manifest],
    warn: Say,
) -> Manifest:
    """The model that an earlier run made, if it is complete; otherwise make it now."""
    try:
        manifest = load_manifest(target / name)
        if not verify(manifest, target / name):
            return manifest
    except KitError:
        pass  # missing or damaged: make it
    warn(f"making synthetic weights for {name}")
    return make(topology, target)


def _save(found: TopologyComparison, args: argparse.Namespace, say: Say) -> None:
    folder: Path = args.workspace / "bench-topologies"
    facts = host_facts()
    machine = f"{facts.cpu_name or 'unknown CPU'}, {facts.logical_cpus or '?'} logical CPUs"
    write_json(folder / "result.json", as_json(found, machine))
    written = [folder / "result.json"]
    if not args.no_plot:
        write_text(folder / "speedup.svg", as_svg(found))
        written.append(folder / "speedup.svg")
    say(f"wrote {' and '.join(map(str, written))}")
