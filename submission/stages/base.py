"""What every stage of the kit has in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submission.runs.context import Context
from submission.tree.grammar import LAYOUTS
from submission.tree.order import SubmissionNames


@dataclass(frozen=True)
class StageBase:
    """Defaults for the parts of a stage that most stages do not need."""

    context: Context

    revision = 1

    @property
    def owner(self) -> str:
        """The profile, so that each profile keeps its own results."""
        return self.context.profile.name

    @property
    def needs(self) -> tuple[str, ...]:
        """No stage comes before unless the stage says so."""
        return ()

    def settings(self) -> Mapping[str, Any]:
        """No setting matters unless the stage says so."""
        return {}

    def inputs(self) -> tuple[Path, ...]:
        """Nothing is read unless the stage says so."""
        return ()

    def probe(self) -> str | None:
        """The files say it all unless the stage knows more."""
        return None


@dataclass(frozen=True)
class SharedStage(StageBase):
    """A stage with the same outcome under every profile."""

    owner = ""


def ready_stage(context: Context, model: str) -> str:
    """The name of the stage that makes the model's files usable."""
    if context.settings.model_dir:
        return f"adopt[{model}]"
    return f"convert[{model}]" if context.source_manifest(model).is_onnx else f"rejoin[{model}]"


def submission_names(context: Context) -> SubmissionNames:
    """The names and paths of the profile's tree."""
    return SubmissionNames(
        layout=LAYOUTS[context.policy.layout],
        submitter=context.workspace.submitter,
        system_desc_id=context.workspace.system_desc_id,
        implementation=context.profile.implementation,
    )
