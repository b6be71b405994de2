"""What every stage of one command shares: settings, policy, engine, and where files lie."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from submission.artifacts.manifest import MANIFEST, Manifest, load_manifest
from submission.container.engine import Engine
from submission.errors import UsageError
from submission.pipeline.plan import Workspace
from submission.policy import load_policy
from submission.policy.model import Policy
from submission.terms import RunId, Scenario
from submission.workspace.profile import Benchmark
from submission.workspace.resolve import Settings
from submission.workspace.suggestion import did_you_mean

WORKSPACE_LABEL = "org.mlperf-kit.workspace"


@dataclass(frozen=True)
class Context:
    """Settings resolved, and the paths that follow from them.

    ``connect`` gives the engine; it is called once, when a stage first needs it.
    ``build_environment`` tells what a build needs to reach the world from this host: the package
    index that pip is configured with, proxies. None of it changes what is installed.
    """

    settings: Settings
    connect: Callable[[], Engine]
    build_environment: Callable[[], Mapping[str, str]] = dict

    @cached_property
    def engine(self) -> Engine:
        """The container engine, or the host in its place; raises EngineError."""
        return self.connect()

    @cached_property
    def policy(self) -> Policy:
        """The round's numbers."""
        return load_policy(self.settings.profile.round)

    @property
    def workspace(self) -> Workspace:
        """Where stamps lie; each workspace has its own."""
        out = self.settings.workspace
        return Workspace(base=self.settings.root, stamps=out / "stamps")

    @property
    def workspace_id(self) -> str:
        """A short name of this workspace, the label of its containers."""
        return hashlib.sha256(str(self.settings.workspace).encode()).hexdigest()[:16]

    @property
    def labels(self) -> Mapping[str, str]:
        """What the containers of this workspace carry, so that leftovers are found."""
        return {WORKSPACE_LABEL: self.workspace_id}

    def manifest_path(self, name: str) -> Path:
        """Where the manifest of a model or data set lies; UsageError if there is none.

        A model in a person's folder may bring its own, which then stands in place of ours.
        """
        own = self.settings.model_dir and self.settings.model_dir / name / MANIFEST
        if own and own.is_file():
            return own
        folder = self.settings.root / "models"
        path = folder / name / MANIFEST
        if not path.is_file():
            known = [found.parent.name for found in folder.glob(f"*/{MANIFEST}")]
            raise UsageError(
                f"there is no model or data set {name!r}",
                detail=f"no file {path}",
                hint=did_you_mean(name, known),
            )
        return path

    def source_manifest(self, name: str) -> Manifest:
        """The manifest of what is fetched for a model or data set; raises UsageError."""
        return load_manifest(self.manifest_path(name))

    def manifest(self, name: str) -> Manifest:
        """The manifest of a model or data set; raises UsageError.

        A model that comes as ONNX has that of its IR from its conversion on.
        """
        source = self.source_manifest(name)
        converted = self.converted_folder(name) / MANIFEST
        return load_manifest(converted) if source.is_onnx and converted.is_file() else source

    def ready(self, model: str) -> str:
        """The name of the stage after which a model's files lie in ``model_folder``."""
        if self.settings.model_dir:
            return f"adopt[{model}]"
        return f"convert[{model}]" if self.source_manifest(model).is_onnx else f"rejoin[{model}]"

    def out(self, *parts: str) -> Path:
        """A path in the workspace."""
        return self.settings.workspace.joinpath(*parts)

    def fetched_folder(self, name: str) -> Path:
        """Where the parts of a model or data set lie after ``fetch``."""
        return self.out("parts", name)

    def converted_folder(self, name: str) -> Path:
        """Where the manifest of a converted model lies, and its parts below."""
        return self.out("converted", name)

    def parts_folder(self, name: str) -> Path:
        """Where the parts lie that the tree gets."""
        if self.source_manifest(name).is_onnx:
            return self.converted_folder(name) / "parts"
        return self.fetched_folder(name)

    def models_root(self) -> Path:
        """The folder that holds a folder for each model: a person's, or ours."""
        return self.settings.model_dir or self.out("models")

    def model_folder(self, model: str) -> Path:
        """Where a model's files lie: a person's folder, or ours after ``rejoin``."""
        return self.models_root() / model

    def data_folder(self) -> Path:
        """Where the data set's files lie: a person's folder, or ours after ``rejoin``."""
        return self.settings.data_dir or self.out("data", self.settings.profile.dataset)

    def features_file(self) -> Path:
        """The prepared features of the profile's data set."""
        return self.out("features", self.settings.profile.dataset, "features.npz")

    def image_file(self) -> Path:
        """What the ``image`` stage says of the image that it built."""
        return self.out("image.json" if self.settings.runner == "docker" else "host.json")

    def run_folder(self, run: RunId) -> Path:
        """Where the logs of one run lie."""
        return self.out("runs", self.settings.profile.name, run.benchmark, run.scenario, run.mode)

    def score_folder(self, benchmark: str, scenario: Scenario) -> Path:
        """Where accuracy.txt and the truncated log of one accuracy run lie."""
        return self.out("scores", self.settings.profile.name, benchmark, scenario)

    def profile_file(self, name: str) -> Path:
        """A file of this profile's own in the workspace."""
        return self.out("profile", self.settings.profile.name, name)

    def tree_folder(self) -> Path:
        """The finished tree."""
        return self.out("submission")

    def archive_file(self) -> Path:
        """The packed tree."""
        profile = self.settings.profile
        return self.out(f"{self.settings.submitter}-open-{profile.round}.tar.gz")

    def benchmark(self, model: str) -> Benchmark:
        """The profile's benchmark of that model; raises UsageError."""
        return self.settings.profile.benchmark(model)


@dataclass(frozen=True)
class StageBase:
    """The parts of a stage that most do not need to say."""

    context: Context

    revision = 1

    @property
    def owner(self) -> str:
        """The profile, so that going to and fro between profiles measures nothing again."""
        return self.context.settings.profile.name

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
    """A stage whose outcome is the same under every profile."""

    owner = ""
