"""What the stages of one command share: workspace, manifests, policy and engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from submission.artifacts.catalogue import find_manifest
from submission.artifacts.manifest import MANIFEST, Manifest, load_manifest
from submission.container.engine import Engine
from submission.files import read_json
from submission.pipeline.plan import StampFolder
from submission.policy import load_policy
from submission.policy.model import Policy
from submission.workspace.folders import Workspace
from submission.workspace.profile import Benchmark, Profile
from submission.workspace.settings import Settings

WORKSPACE_LABEL = "org.mlperf-kit.workspace"


@dataclass(frozen=True)
class Context:
    """A workspace, and what is opened for it when first needed.

    ``connect`` gives the engine; it is called once. ``build_environment`` gives what a build
    needs to reach the network from this host: the package index that pip is configured with,
    proxies. None of it changes what is installed. ``fleet_idle`` measures for some seconds what
    an engine that reaches this system takes of it (``fleet`` in a run's metadata); it gives None
    where there is none.
    """

    workspace: Workspace
    connect: Callable[[], Engine]
    build_environment: Callable[[], Mapping[str, str]] = dict
    fleet_idle: Callable[[], Mapping[str, Any] | None] = lambda: None

    @property
    def settings(self) -> Settings:
        return self.workspace.settings

    @property
    def profile(self) -> Profile:
        return self.workspace.profile

    @cached_property
    def engine(self) -> Engine:
        """The container engine, or the host instead; raises EngineError."""
        return self.connect()

    @cached_property
    def policy(self) -> Policy:
        return load_policy(self.profile.round)

    @property
    def stamps(self) -> StampFolder:
        """The stamps of this workspace's stages."""
        return StampFolder(path=self.workspace.stamps_folder(), base=self.workspace.root)

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels of this workspace's containers, by which leftovers are found."""
        return {WORKSPACE_LABEL: self.workspace.id}

    def manifest_path(self, name: str) -> Path:
        """The path of the manifest of a model or data set; UsageError if there is none.

        A model in the user's folder may have its own manifest, which then replaces the kit's.
        """
        own = self.settings.model_dir and self.settings.model_dir / name / MANIFEST
        if own and own.is_file():
            return own
        return find_manifest(name, self.workspace.manifests)

    def source_manifest(self, name: str) -> Manifest:
        """The manifest of what is fetched for a model or data set; raises UsageError."""
        return load_manifest(self.manifest_path(name))

    def manifest(self, name: str) -> Manifest:
        """The manifest of a model or data set; raises UsageError.

        A model that comes as ONNX has the manifest of its IR once it is converted.
        """
        source = self.source_manifest(name)
        converted = self.workspace.converted_folder(name) / MANIFEST
        return load_manifest(converted) if source.is_onnx and converted.is_file() else source

    def tree_parts_folder(self, model: str) -> Path:
        """The folder of the model's parts for the tree."""
        if self.source_manifest(model).is_onnx:
            return self.workspace.converted_folder(model) / "parts"
        return self.workspace.parts_folder(model)

    def data_folder(self) -> Path:
        """The folder of the profile's data set: the user's, or that of the workspace."""
        return self.workspace.data_folder(self.profile.dataset)

    def features_file(self) -> Path:
        """The features of the profile's data set."""
        return self.workspace.features_file(self.profile.dataset)

    def image_id(self) -> str:
        """The image that runs use; OSError, ValueError or LookupError where none was built."""
        return str(read_json(self.workspace.image_file())["id"])

    def known_image_id(self) -> str | None:
        """The image that runs use; None where none was built."""
        try:
            return self.image_id()
        except (OSError, ValueError, LookupError, TypeError):
            return None

    def benchmark(self, model: str) -> Benchmark:
        """The profile's benchmark of that model; raises UsageError."""
        return self.profile.benchmark(model)
