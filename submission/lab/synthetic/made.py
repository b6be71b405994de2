"""Write a model with synthetic weights and a manifest that says so."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openvino as ov

from submission.artifacts.digest import digest_file
from submission.artifacts.manifest import (
    MANIFEST,
    File,
    Manifest,
    Part,
    load_manifest,
    write_manifest,
)
from submission.errors import StageError, UsageError, words_of
from submission.files import replace_folder
from submission.ir.graph import read_graph
from submission.ir.inspect import Inspection, inspect
from submission.ir.names import SAME_NAMES
from submission.ir.report import structured_percent
from submission.lab.synthetic.dense import write_dense_xml
from submission.lab.synthetic.fill import write_bin

XML, BIN = "openvino_model.xml", "openvino_model.bin"
DENSE_ENDING = "-dense"


@dataclass(frozen=True, kw_only=True)
class Topology:
    """A graph without its weights; ``published`` is the manifest of the model that has them."""

    name: str
    xml: Path
    published: Manifest | None = None


def make_pruned(topology: Topology, target: Path, *, seed: int = 0) -> Manifest:
    """Write the topology with synthetic weights of true size and layout to ``target/<name>``.

    An earlier folder is replaced only by a complete one. Raises UsageError for an unknown kind of
    graph, StageError if the folder cannot be written.
    """
    work = _work(target, topology.name)
    shutil.copyfile(topology.xml, work / XML)
    write_bin(read_graph(work / XML), work / BIN, seed=seed)
    return _finish(topology, work, target / topology.name, "in the topology of")


def make_dense(topology: Topology, target: Path, *, seed: int = 0) -> Manifest:
    """Write its dense baseline to ``target/<name>-dense``; raises as ``make_pruned``."""
    name = topology.name + DENSE_ENDING
    work = _work(target, name)
    draft = work / "draft.xml"
    write_bin(write_dense_xml(topology.xml, draft), work / "draft.bin", seed=seed, dense=True)
    try:
        # OpenVINO works out the shapes that follow from the new constants
        ov.save_model(ov.Core().read_model(draft), work / XML, compress_to_fp16=False)
    except RuntimeError as error:
        raise StageError(
            f"the dense baseline of {topology.name} cannot be built",
            detail=words_of(error),
            hint="give an unchanged IR of BERT or MobileBERT",
        ) from error
    for path in work.glob("draft.*"):
        path.unlink()
    dense = Topology(name=name, xml=topology.xml, published=topology.published)
    return _finish(dense, work, target / name, "in the dense baseline of the topology of")


def _work(target: Path, name: str) -> Path:
    work = target / f"{name}.part"
    try:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
    except OSError as error:
        raise StageError(
            f"{work} cannot be written",
            detail=error.strerror or str(error),
            hint="make the folder writable, or give another one with --target",
        ) from error
    return work


def _finish(topology: Topology, work: Path, final: Path, what: str) -> Manifest:
    found = inspect(work / XML)
    files = (_file(work / XML, "topology"), _file(work / BIN, "weights"))
    write_manifest(work / MANIFEST, _about(topology, found, what), files)
    replace_folder(work, final)
    return load_manifest(final)


def _file(path: Path, role: str) -> File:
    checksums = digest_file(path, ("sha256",))
    size = path.stat().st_size
    own = Part(name=path.name, size_bytes=size, checksums=checksums)
    return File(name=path.name, size_bytes=size, checksums=checksums, parts=(own,), role=role)


def _about(topology: Topology, found: Inspection, what: str) -> Mapping[str, Any]:
    known = topology.published
    subject = known.name if known else topology.xml.name
    about = {
        "version": 1,
        "name": topology.name,
        "kind": "model",
        "licence": known.licence if known else "none",
        "origin": f"synthetic weights {what} {subject}: random numbers for timing, nothing learned",
        "made_up": True,
        "inputs": dict(known.inputs) if known and known.inputs else _inputs(found, topology.xml),
        "structured_sparsity_percent": structured_percent(found),
        "sources": ["file:{file}"],
    }
    if known:
        about |= {
            "outputs": dict(known.outputs),
            "trailing_pad": known.trailing_pad,
            "max_seq_length": known.max_seq_length,
            "mlperf_model": known.mlperf_model,
        }
    return {key: value for key, value in about.items() if value is not None}


def _inputs(found: Inspection, xml: Path) -> dict[str, str]:
    if set(SAME_NAMES) - set(found.inputs):
        raise UsageError(
            f"{xml} has no inputs of a BERT",
            detail=f"it has {', '.join(found.inputs)}, expected {', '.join(SAME_NAMES)}",
            hint="name a model of models/, whose manifest names the inputs",
        )
    return dict(SAME_NAMES)
