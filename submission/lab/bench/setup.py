"""What the benchmarks share: samples, model, folder, and what is asked of plans."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from submission.artifacts.catalogue import find_manifest
from submission.artifacts.manifest import load_manifest
from submission.artifacts.private import is_beside
from submission.errors import UsageError
from submission.lab.bench.subject import (
    DATA_NAMES,
    Model,
    find_model,
    make_samples,
    place_of_model,
)
from submission.runs.decide import BUCKETS, OFFLINE_BATCH
from submission.runs.tuned import Place, read_tuned
from submission.squad.features import FeatureSettings
from submission.squad.prepare import prepare_features
from submission.terms import PlanRequest, Say, Scenario
from submission.workspace.folders import Workspace

PRECISIONS = ("f32", "bf16")
DATASET, EMBEDDED = "squad", "squad-mini"


@dataclass(frozen=True, kw_only=True)
class BenchSetup:
    """Where a benchmark takes its model and samples from, and what it asks of a plan.

    ``folder`` gets its files. ``data`` holds dev-v1.1.json and vocab.txt, ``tuned`` plans that
    were measured. ``shapes`` and ``batch`` overrule what was tuned; ``memory_gb`` 0 is the default.
    """

    workspace: Workspace
    folder: Path
    data: Path | None = None
    tuned: Path | None = None
    precision: str = PlanRequest.inference_precision
    shapes: int | None = None
    batch: int | None = None
    memory_gb: float = 0.0

    @property
    def memory_bytes(self) -> int:
        """The memory that was granted; 0 is the default."""
        return round(self.memory_gb * 1e9)

    def demand(self, *models: str) -> None:
        """Raise UsageError for a model that is not there, before anything is made."""
        for name in models:
            place_of_model(name, self.workspace)

    def samples(self, warn: Say, *, embedded: bool = True) -> Path:
        """The features to measure with, made where needed; says which data set they come from.

        DATA names a data set. Otherwise it is SQuAD; without it the embedded set is taken, or
        UsageError raised unless ``embedded`` allows that.
        """
        named = self.workspace.settings.dataset
        if named and not self.data:
            return self._named_samples(named, warn)
        data = self._data_folder(embedded=embedded)
        warn(f"samples from {data}")
        return make_samples(data, self.folder)

    def model(self, name: str) -> Model:
        """The model of that name, joined in ``folder``; or a folder of one. Raises UsageError."""
        return find_model(name, self.workspace, self.folder)

    def runs_folder(self, model: Model) -> Path:
        """Where the runs of a model leave their files."""
        return self.folder / "runs" / model.name

    def request(self, precision: str | None = None) -> PlanRequest:
        """What the planner is asked, in this setup's precision or another."""
        request = PlanRequest(
            late_last=True,
            shapes=self.shapes or BUCKETS,
            batch=self.batch or OFFLINE_BATCH,
            inference_precision=precision or self.precision,
        )
        return replace(request, memory_bytes=self.memory_bytes) if self.memory_gb else request

    def tuned_request(self, place: Place, scenario: Scenario, request: PlanRequest) -> PlanRequest:
        """What a profile would ask here: the tuned plan's choice, unless the caller has one."""
        if self.shapes or self.batch:
            return request
        tuned = read_tuned(self.tuned or self.workspace.tuned_folder(), place, scenario)
        return tuned.over(request) if tuned else request

    def _named_samples(self, name: str, warn: Say) -> Path:
        """The features of the data set DATA, whose files lie beside its manifest or are fetched."""
        manifest = load_manifest(find_manifest(name, self.workspace.manifests))
        fetched = self.workspace.data_folder(name)
        beside = is_beside(manifest) and not self.workspace.settings.data_dir
        folder = manifest.path.parent if beside else fetched
        data, vocab = (folder / manifest.role(role).name for role in ("data", "vocab"))
        if missing := [path.name for path in (data, vocab) if not path.is_file()]:
            raise UsageError(
                f"the data set {name} is not here",
                detail=f"no {' and no '.join(missing)} in {folder}",
                hint=f"make data DATA={name} fetches it; or leave DATA out",
            )
        warn(f"samples from {folder}")
        path = self.folder / f"features-{name}.npz"
        prepare_features(data, vocab, path, FeatureSettings(cased=manifest.cased))
        return path

    def _data_folder(self, *, embedded: bool) -> Path:
        """The folder that was given, else the one of ``make data``, else the embedded one."""
        given = self.data or self.workspace.settings.data_dir
        if given:
            return given
        fetched = self.workspace.fetched_data_folder(DATASET)
        if (fetched / DATA_NAMES[0]).is_file():  # an interrupted fetch leaves a folder too
            return fetched
        small = self.workspace.manifests / EMBEDDED
        if embedded:
            return small
        raise UsageError(
            "there is no SQuAD to measure plans on",
            detail=f"no {fetched / DATA_NAMES[0]}; a plan holds for the lengths it was measured on",
            hint=f"run make data first, or give --data {small} for runs of the embedded data set",
        )


def refuse_settings(workspace: Workspace) -> None:
    """Refuse what a run would use and tune cannot: another cpuset; UsageError."""
    settings = workspace.settings
    if settings.cpuset:
        raise UsageError(
            "tune does not take CPUSET",
            detail=f"CPUSET={settings.cpuset} binds the containers of runs, and tune uses none",
            hint=f"taskset -c {settings.cpuset} make tune, and CPUSET for the runs alone",
        )
