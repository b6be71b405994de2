"""The published topologies, timed beside their dense baselines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from submission.artifacts.manifest import Manifest, load_manifest
from submission.artifacts.verify import verify
from submission.errors import KitError, UsageError
from submission.files import write_json, write_text
from submission.host.facts import host_facts
from submission.ir.inspect import inspect
from submission.lab.synthetic.bench import Pair, TopologyComparison, compare
from submission.lab.synthetic.made import DENSE_ENDING, Topology, make_dense, make_pruned
from submission.lab.synthetic.report import as_json, as_svg
from submission.lab.synthetic.topologies import find_topologies
from submission.lab.synthetic.trial import TimedModel, timed_model
from submission.terms import Say
from submission.workspace.folders import Workspace

#: its dense baseline stands for the published table's reference: both are INT8 BERT-large
REFERENCE_OF = "bert-99.9_jpqd-large"


@dataclass(frozen=True, kw_only=True)
class TopologyBench:
    """What is timed: topologies at ``length`` tokens, their logits also at a ``shorter`` length.

    No names are every published topology. No round begins after ``seconds``.
    """

    names: Sequence[str] = ()
    length: int = 384
    shorter: int = 128
    rounds: int = 5
    seconds: float = 180.0


def bench_topologies(asked: TopologyBench, workspace: Workspace, warn: Say) -> TopologyComparison:
    """Make the weights that are missing, and time the models; raises UsageError."""
    if not 1 < asked.shorter <= asked.length or asked.rounds < 1:
        raise UsageError(
            "these numbers do not make a benchmark",
            detail=f"--length {asked.length}, --shorter {asked.shorter}, --rounds {asked.rounds}",
            hint="--shorter is from 2 to --length, --rounds at least 1",
        )
    pairs, reference = _trials(asked, workspace, warn)
    return compare(
        pairs,
        reference,
        length=asked.length,
        shorter=asked.shorter,
        rounds=asked.rounds,
        budget_s=asked.seconds,
        say=warn,
    )


def _trials(asked: TopologyBench, workspace: Workspace, warn: Say) -> tuple[list[Pair], TimedModel]:
    """One pair for each model; models with equal dense baselines share one."""
    wanted = find_topologies(workspace, asked.names, warn, every=not asked.names)
    large = next((t for t in wanted if t.name == REFERENCE_OF), None)
    if large is None:
        (large,) = find_topologies(workspace, [REFERENCE_OF], warn)
    target = workspace.synthetic_folder()
    dense: dict[tuple[int, ...], TimedModel] = {}

    def dense_trial(topology: Topology) -> TimedModel:
        key = _dense_size(topology)
        if key not in dense:
            manifest = _made(topology, target, topology.name + DENSE_ENDING, make_dense, warn)
            dense[key] = timed_model(manifest, length=asked.length)
        return dense[key]

    reference = dense_trial(large)
    pairs = [
        Pair(
            pruned=timed_model(_made(t, target, t.name, make_pruned, warn), length=asked.length),
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


def save_comparison(found: TopologyComparison, folder: Path, *, plot: bool) -> list[Path]:
    """Write JSON, and an SVG if wanted; the files."""
    facts = host_facts()
    machine = f"{facts.cpu_name or 'unknown CPU'}, {facts.logical_cpus or '?'} logical CPUs"
    write_json(folder / "result.json", as_json(found, machine))
    if not plot:
        return [folder / "result.json"]
    write_text(folder / "speedup.svg", as_svg(found))
    return [folder / "result.json", folder / "speedup.svg"]
