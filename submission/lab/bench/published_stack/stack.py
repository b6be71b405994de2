"""Prepares and starts runs of the reference implementation on the published stack."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ElementTree

from submission.errors import StageError, UsageError
from submission.files import part_of, read_json
from submission.harness.failure import FailureKind, HarnessError
from submission.ir.safe_xml import read_xml
from submission.lab.bench.environments import environment, find_python
from submission.lab.bench.goals import STACK_OPENVINO, STACK_PYTHON
from submission.lab.bench.process import LIMIT_S, Passed
from submission.loadgen import DetailLog
from submission.loadgen.detail import read_detail_log
from submission.loadgen.keys import OFFLINE_RATE
from submission.loadgen.names import DETAIL_FILE
from submission.runs.launch import launch_here
from submission.runs.outcome import RunFailure, RunReport
from submission.terms import RunSpec, Say
from submission.workspace.folders import Workspace

OPENVINO, PYTHON = STACK_OPENVINO, STACK_PYTHON
LOCK = Path(__file__).with_name("requirements.txt")
RESULT = "stack.json"
#: operations that OpenVINO 2022.3 does not know, and what they are on truth values
OLDER = {"BitwiseAnd": "LogicalAnd", "BitwiseOr": "LogicalOr", "BitwiseXor": "LogicalXor"}
TRUTH = "BOOL"


@dataclass(frozen=True, kw_only=True)
class PublishedStack:
    """The Python of an environment with the published versions."""

    python: str

    @classmethod
    def open(cls, workspace: Workspace, warn: Say, python: str | None = None) -> PublishedStack:
        """Made once in a checkout, by ``python`` or one that is found; UsageError, StageError."""
        found, folder = find_python(PYTHON, python), workspace.environments_folder()
        inside = environment(f"{OPENVINO}-published", LOCK, folder, warn, python=found)
        return cls(python=inside)

    def offline_pass(self, spec: Path, *, limit_s: float = LIMIT_S) -> Passed:
        """The pass of a RunSpec whose last bucket is the length to pad to; raises StageError."""
        return _passed(spec.parent, self._run(spec, limit_s))

    def server_report(self, spec: Path, *, limit_s: float = LIMIT_S) -> RunReport:
        """A Server run of such a RunSpec, VALID or not; raises StageError if it failed in itself.

        It is judged as a run of the kit's own. A rate above reach is not ended before LoadGen's
        end: its queue holds the next query back.
        """
        # the judge knows LoadGen's settings, and so needs LoadGen
        from submission.harness.outcome import judge, read_log  # noqa: PLC0415

        used, failure = self._run(spec, limit_s), None
        try:
            log = read_log(spec.parent)
            judge(RunSpec.from_json(read_json(spec)), log, answered=used["answered"], count=0)
        except HarnessError as error:
            if error.kind != FailureKind.INVALID:
                raise StageError(error.what, detail=error.detail, hint=error.hint) from error
            failure = RunFailure.of(error)
        values = {"answered": used["answered"], "results": dict(log.values)}
        return RunReport(folder=spec.parent, values=values, failure=failure)

    def _run(self, spec: Path, limit_s: float) -> dict[str, Any]:
        given = read_json(spec)
        xml = Path(given["model_xml"])
        older = older_ir(xml, spec.parent)
        (spec.parent / RESULT).unlink(missing_ok=True)
        end = launch_here(
            (
                *(self.python, "-I", str(Path(__file__).parent)),
                *(str(spec.absolute()), str(older), str(xml.with_suffix(".bin"))),
            ),
            spec.parent,
            "the run of the published stack",
            limit_s=limit_s,
        )
        if not end.outcome.ok:
            raise end.error()
        used: dict[str, Any] = read_json(spec.parent / RESULT)
        asked = given["plan"]["inference_precision"]
        if used["precision"] != asked:
            raise StageError(
                "the published stack does not run in the precision that was asked for",
                detail=f"{used['precision']} in place of {asked}",
                hint="this processor may lack bf16",
            )
        return used


def _passed(folder: Path, used: dict[str, Any]) -> Passed:
    log = read_detail_log(folder / DETAIL_FILE)
    rate = log.number(OFFLINE_RATE) if isinstance(log, DetailLog) else None
    samples = log.number("effective_samples_per_query") if isinstance(log, DetailLog) else None
    if not rate or not samples:
        raise StageError(
            "the published stack left no result",
            detail=f"{folder / DETAIL_FILE} has no rate",
            hint="look at the files of the pass in that folder",
        )
    return Passed(
        samples=int(samples),
        wall_s=samples / rate,
        cpu_s=used["cpu_s"],
        memory_bytes=int(used["memory_bytes"]),
    )


def older_ir(xml: Path, folder: Path) -> Path:
    """A copy of the graph in ``folder`` in operations that OpenVINO 2022.3 has; UsageError.

    Truth values alone are translated, for which the results are the same.
    """
    root = read_xml(xml)
    for layer in root.iter("layer"):
        if layer.get("type") in OLDER:
            _translate(layer, xml)
    path = (folder / "published.xml").absolute()
    part = part_of(path)
    ElementTree(root).write(part)
    part.replace(path)
    return path


def _translate(layer: Element, xml: Path) -> None:
    kind = layer.get("type", "")
    precisions = {port.get("precision") for port in layer.iter("port")}
    if precisions != {TRUTH}:
        raise UsageError(
            f"OpenVINO {OPENVINO} cannot read {xml.name}",
            detail=f"{layer.get('name')} is a {kind} of {', '.join(sorted(map(str, precisions)))}",
            hint="compare this model with the reference implementation on this OpenVINO alone",
        )
    layer.set("type", OLDER[kind])
    layer.set("version", "opset1")
