"""The buckets of a plan, compiled as the SUT compiles them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from submission.harness.openvino_backend import plan_config
from submission.ir.compiled import CompiledModel, compile_qa
from submission.ir.model import QaModel
from submission.terms import SutPlan


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """A compiled model for each length, and how many requests the plan has in flight."""

    models: Mapping[int, CompiledModel]
    requests: int


def compile_buckets(qa: QaModel, plan: SutPlan) -> Compiled:
    """Compile the plan's lengths; a length that the graph does not allow is left out."""
    _, requests, config = plan_config(plan)
    shaped = {length: qa.at(length, plan.batch) for length in plan.buckets}
    return Compiled(
        models={
            length: compile_qa(qa, model, config)
            for length, model in shaped.items()
            if model is not None
        },
        requests=requests,
    )
