"""Describes the system: what is detected, overruled by what a person wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submission.files import read_json, write_json
from submission.host.describe import Software, describe_system
from submission.host.overlay import load_overlay
from submission.pipeline.stage import Reporter
from submission.stages.base import StageBase


@dataclass(frozen=True)
class DescribeSystem(StageBase):
    """``systems/<system_desc_id>.json`` of the machine that measured."""

    name = "system"

    @property
    def needs(self) -> tuple[str, ...]:
        """What the runs say of the software."""
        return ("collect",)

    def settings(self) -> Mapping[str, Any]:
        """Whose system it is, which fields the round requires, the type of the models' weights."""
        return {
            "precision": self._precision(),
            "submitter": self.context.workspace.submitter,
            "fields": list(self.context.policy.system_fields.required),
        }

    def inputs(self) -> tuple[Path, ...]:
        """The runs' versions, and the overlay if a person wrote one."""
        overlay = self.context.workspace.system_overlay()
        results = self.context.workspace.results_file()
        return (results, overlay) if overlay else (results,)

    def outputs(self) -> tuple[Path, ...]:
        return (self.context.workspace.system_file(),)

    def run(self, report: Reporter) -> None:
        """Detect and overlay; say which fields neither of them gives."""
        runs = read_json(self.context.workspace.results_file())["runs"]
        versions = next(iter(runs.values()))["metadata"]["harness"]["versions"]
        engine = next(iter(runs.values()))["metadata"]["engine"]
        overlay, policy = self.context.workspace.system_overlay(), self.context.policy
        found = describe_system(
            policy=policy,
            overlay=load_overlay(overlay, policy) if overlay else {},
            submitter=self.context.workspace.submitter,
            software=Software(
                openvino=versions["openvino"],
                loadgen=versions["loadgen"],
                python=versions["python"],
                container=engine,
                precision=self._precision(),
            ),
        )
        write_json(self.context.workspace.system_file(), found.to_json())
        for missing in found.missing:
            report.line(f"not detected: {missing}")
        if found.missing:
            name = self.context.workspace.system_desc_id
            report.line(f"write them into measurements/systems/{name}.json")

    def _precision(self) -> str:
        """The type of the models' weights, if it is one."""
        models = [benchmark.model for benchmark in self.context.profile.benchmarks]
        kinds = {self.context.manifest(model).weight_data_types or "" for model in models}
        return kinds.pop().upper() if len(kinds) == 1 else ""
