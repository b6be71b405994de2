"""Where everything lies: what a checkout holds, and every file and folder below ``out/``.

Nothing here touches the disk, except ``profile``, which reads the profile's file once, the
manifests that MODEL and DATA may name, and ``openvino``, which reads locks and measurements.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from submission.errors import UsageError, did_you_mean
from submission.files import read_json
from submission.host.instructions import cpu_flags, instruction_set
from submission.terms import Division, RunId, Scenario
from submission.workspace.openvino import ChosenVersion, choose, limited, read_table
from submission.workspace.profile import Profile, load_profile, with_own
from submission.workspace.settings import AUTO, Runner, Settings, settings_table

IMAGE = "mlperf_inference_datacenter_bert_open"
DEFAULT_WORKSPACE = settings_table()["workspace"].default
RUNS = "runs"
_PROFILES, _RECORDED = "profile", "settings.json"
#: in the folder of each run, beside its logs
METADATA = "run_metadata.json"
#: of the settings that name a manifest: its kind, and what takes over one's own
_KINDS = {
    "MODEL": ("model", "mlperf-kit add-model IR.xml"),
    "DATA": ("dataset", "mlperf-kit add-data FILE.json"),
}


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """The settings of one command, and the folders that follow from them.

    ``root`` holds models/, measurements/ and the Dockerfile; ``manifests`` a folder for each
    model and data set that the kit knows. Below ``out`` lies what the kit makes.
    ``instruction_limit`` binds the instruction set that OpenVINO is chosen for, as it binds oneDNN.
    """

    root: Path
    settings: Settings
    manifests: Path
    instruction_limit: str | None = None

    @cached_property
    def profile(self) -> Profile:
        """What is run; UsageError where there is no such profile, or no checkout."""
        folder = self.root / "measurements" / "profiles"
        if not folder.is_dir():
            raise UsageError(
                "this is no checkout of the kit",
                detail=f"no measurements/profiles in {self.root}",
                hint="run the command at the root of a checkout",
            )
        profile = load_profile(folder, self.settings.profile)
        model, dataset = self.settings.model, self.settings.dataset
        if model is not None or dataset is not None:
            self._refuse_unknown({"MODEL": model, "DATA": dataset})
        return with_own(profile, model=model, dataset=dataset)

    def known(self, kind: str) -> list[str]:
        """The names of the models (``model``) or data sets (``dataset``) that have a manifest."""
        return [name for name, found in self._kinds().items() if found == kind]

    @property
    def _manifest_folders(self) -> list[Path]:
        return [self.manifests, *([self.settings.model_dir] if self.settings.model_dir else [])]

    def _kinds(self) -> dict[str, str | None]:
        """What each manifest describes, by name."""
        folders = self._manifest_folders
        paths = sorted(path for each in folders for path in each.glob("*/manifest.json"))
        return {path.parent.name: _kind(path) for path in paths}

    def _refuse_unknown(self, given: Mapping[str, str | None]) -> None:
        folders, kinds = self._manifest_folders, self._kinds()
        for variable, name in given.items():
            kind, command = _KINDS[variable]
            if name is None or kinds.get(name, "") in {None, kind}:
                continue
            fitting = [each for each, found in kinds.items() if found in {None, kind}]
            near = did_you_mean(name, fitting) if fitting else "none is known"
            if name not in kinds:
                raise UsageError(
                    f"{variable}={name} names nothing that is known",
                    detail=f"no {name}/manifest.json in {' or '.join(map(str, folders))}",
                    hint=f"{near}; {command} takes over one of your own",
                )
            model, data = given["MODEL"] or "", given["DATA"] or ""
            swapped = (kinds.get(model), kinds.get(data)) == ("dataset", "model")
            words = {"model": "model", "dataset": "data set"}
            raise UsageError(
                f"{variable}={name} names no {words[kind]}",
                detail=f"{name} is a {words.get(str(kinds[name]), kinds[name])}",
                hint=f"swap the two: MODEL={data} DATA={model}" if swapped else near,
            )

    @property
    def submitter(self) -> str:
        """The submitter's folder in the tree."""
        return self.settings.submitter or self.profile.submitter

    @property
    def system_desc_id(self) -> str:
        """The system's name in the tree."""
        return self.settings.system_desc_id or self.profile.system_desc_id

    @property
    def image(self) -> str:
        """The name of the image; by default it is tagged with the round of the profile."""
        return self.settings.image or f"{IMAGE}:{self.profile.round.removeprefix('v')}"

    @property
    def kept_image(self) -> str:
        """The image's name that only this workspace uses: another checkout cannot take it."""
        repository, _, tag = self.image.rpartition(":")
        # the port of a registry is no tag
        named = bool(repository) and "/" not in tag
        return f"{self.image}{'-' if named else ':'}{self.id}"

    # what a checkout holds

    def system_overlay(self) -> Path | None:
        """What a person wrote of this system: the file that was named, or the usual one."""
        usual = self.root / "measurements" / "systems" / f"{self.system_desc_id}.json"
        return self.settings.system_overlay or (usual if usual.is_file() else None)

    def tuned_folder(self) -> Path:
        """Where plans that were measured on a machine lie: the folder that was named, or ours."""
        return self.settings.tuned or self.root / "measurements" / "tuned"

    def rates_folder(self) -> Path:
        """Where ``find-qps`` leaves the rates that it found."""
        return self.settings.rates or self.out / "rates"

    def environments_folder(self) -> Path:
        """Where environments with another OpenVINO than the checkout's own Python lie."""
        return self.root / ".venv-openvino"

    @property
    def other_openvino(self) -> str | None:
        """The version that an image gets in place of the default lock's; None for the default."""
        version = self.openvino.version
        return None if version in {"", image_openvino(self.root)} else version

    def openvino_table(self) -> Path:
        """What ``bench-openvino`` measured of the versions of OpenVINO."""
        return self.root / "measurements" / "openvino.json"

    @cached_property
    def openvino(self) -> ChosenVersion:
        """The version of OpenVINO in an image: the given one, the fastest here, or the default.

        Its ``version`` is empty where there is no checkout. UsageError for a damaged table.
        """
        given, default = self.settings.openvino, image_openvino(self.root) or ""
        if given != AUTO:
            return ChosenVersion(version=given, reason="given by OPENVINO")
        table = self.openvino_table()
        choice = choose(
            read_table(table),
            instruction_set(cpu_flags(), self.instruction_limit),
            default=default,
            available=openvino_versions(self.root),
        )
        return limited(choice, self.instruction_limit)

    # models and data

    @property
    def out(self) -> Path:
        """The folder that the kit fills."""
        return self.settings.workspace

    def parts_folder(self, name: str) -> Path:
        """Where the parts of a model or data set lie once fetched."""
        return self.out / "parts" / name

    def joined_folder(self, model: str) -> Path:
        """Where the files of a model lie once joined or converted."""
        return self.out / "models" / model

    def converted_folder(self, model: str) -> Path:
        """Where the manifest of a converted model lies, and its parts below."""
        return self.out / "converted" / model

    def fetched_data_folder(self, dataset: str) -> Path:
        """Where the files of a data set lie once fetched."""
        return self.out / "data" / dataset

    def features_file(self, dataset: str) -> Path:
        """The features of a data set, ready for runs."""
        return self.out / "features" / dataset / "features.npz"

    def adopted_file(self, model: str) -> Path:
        """What is known of a model that was taken from a person's folder."""
        return self.out / "adopted" / f"{model}.json"

    def models_root(self) -> Path:
        """The folder with a folder for each model: a person's, or ours."""
        return self.settings.model_dir or self.out / "models"

    def model_folder(self, model: str) -> Path:
        """Where a model is read from: a person's folder, or ours."""
        return self.models_root() / model

    def data_folder(self, dataset: str) -> Path:
        """Where a data set is read from: a person's folder, or ours."""
        return self.settings.data_dir or self.fetched_data_folder(dataset)

    # runs of the profile

    @property
    def id(self) -> str:
        """A short name of this workspace, the label of its containers."""
        return hashlib.sha256(str(self.out).encode()).hexdigest()[:16]

    def stamps_folder(self) -> Path:
        """What is known of stages that finished."""
        return self.out / "stamps"

    def sbom_file(self) -> Path:
        """The packages of the image, or of the host in its place."""
        return self.out / "sbom.cdx.json"

    def image_file(self) -> Path:
        """What the image is, or the host in its place."""
        host = self.settings.runner is Runner.HOST
        return self.out / ("host.json" if host else "image.json")

    def build_log_file(self) -> Path:
        """What the engine said while it built the image."""
        return self.out / "image.log"

    def probe_folder(self, benchmark: str) -> Path:
        """Where the logs of a probe lie."""
        return self.out / "probes" / self.profile.name / benchmark

    def probe_file(self, benchmark: str) -> Path:
        """The rate that a probe measured."""
        return self.profile_file("probe") / f"{benchmark}.json"

    def runs_folder(self) -> Path:
        """Where the logs of the profile's runs lie."""
        return self.out / RUNS / self.profile.name

    def run_folder(self, run: RunId) -> Path:
        """Where the logs of a run lie."""
        return self.out / run_place(self.profile.name, run)

    def metadata_file(self, run: RunId) -> Path:
        """How a run was made."""
        return self.run_folder(run) / METADATA

    def metadata_files(self) -> list[Path]:
        """That of every run of the profile that is there."""
        return sorted(self.runs_folder().rglob(METADATA))

    def failed_folder(self, name: str) -> Path:
        """Where a run that failed is kept."""
        return self.out / "failed" / self.profile.name / name

    def lessons_folder(self) -> Path:
        """What runs that were not VALID have shown about the profile's settings."""
        return self.profile_file("lessons")

    def score_folder(self, benchmark: str, scenario: Scenario) -> Path:
        """Where accuracy.txt and the truncated log of an accuracy run lie."""
        return self.out / "scores" / self.profile.name / benchmark / scenario

    def profile_file(self, name: str) -> Path:
        """A file or folder that belongs to the profile alone."""
        return self.out / _PROFILES / self.profile.name / name

    def recorded_file(self) -> Path:
        """The settings of the profile's last run."""
        return self.profile_file(_RECORDED)

    @staticmethod
    def recorded_files(out: Path) -> list[Path]:
        """The settings of the last run of every profile in a workspace."""
        return sorted((out / _PROFILES).glob(f"*/{_RECORDED}"))

    def results_file(self) -> Path:
        """What the logs of the profile's runs say."""
        return self.profile_file("results.json")

    def system_file(self) -> Path:
        """The description of the system."""
        return self.profile_file("system.json")

    def texts_folder(self) -> Path:
        """The texts of the tree, before it is laid out."""
        return self.profile_file("texts")

    def check_file(self, ending: str) -> Path:
        """The report of the check of the tree, as ``txt`` or ``json``."""
        return self.profile_file(f"check.{ending}")

    def tree_folder(self) -> Path:
        return self.tree_of(self.out)

    @staticmethod
    def tree_of(out: Path) -> Path:
        """Where the finished tree of a workspace lies."""
        return out / "submission"

    def kept_tree(self, name: str) -> Path:
        """Where a tree is kept whose place another one took; its archive lies beside it."""
        return self.out / "trees" / name / self.tree_folder().name

    def waivers_file(self) -> Path:
        """The waivers that the tree was checked with."""
        return self.out / "waivers.json"

    def archive_file(self, submitter: str = "") -> Path:
        """The archive of a tree of this submitter, or of another one."""
        name = submitter or self.submitter
        return self.out / f"{name}-{Division.OPEN}-{self.profile.round}.tar.gz"

    # campaigns

    def system_folder(self, system_desc_id: str) -> Path:
        """The workspace of one system of a campaign."""
        return self.out / "systems" / system_desc_id

    def cells_folder(self) -> Path:
        """In the workspace of a system: the stamps of what came back from it."""
        return self.out / "cells"

    def campaign_folder(self, campaign: str) -> Path:
        """What a campaign keeps for itself: its record, its lock, results that arrive."""
        return self.out / "campaigns" / campaign

    def sweep_folder(self, campaign: str) -> Path:
        """What the trainings of a campaign have made, and their curve."""
        return self.out / "trainings" / campaign

    def fleet_folder(self) -> Path:
        """What ``fleet start`` keeps of the nodes that it started on this machine."""
        return self.out / "fleet"

    # reports, and what the lab makes

    def report_file(self, ending: str, name: str = "report") -> Path:
        """The report of the workspace's tree, or another page by name, as ``html`` or ``md``."""
        return self.out / f"{name}.{ending}"

    def training_folder(self, model: str) -> Path:
        """Where the states and the log of a training lie."""
        return self.out / "jpqd" / model

    def trained_folder(self, model: str) -> Path:
        """Where a trained model is written that has no folder among the manifests."""
        return self.out / "trained" / model

    def topology_folder(self, model: str) -> Path:
        """Where a topology lies that was fetched without weights."""
        return self.out / "topologies" / model

    def synthetic_folder(self) -> Path:
        """Where models with synthetic weights are written."""
        return self.out / "made-up"

    def bench_folder(self, command: str) -> Path:
        """Where a benchmark keeps its work and its results."""
        return self.out / command


def run_place(profile: str, run: RunId) -> Path:
    """Where the logs of a profile's run lie in a workspace."""
    return Path(RUNS, profile, run.benchmark, run.scenario, run.mode)


def openvino_lock(root: Path, version: str) -> Path:
    """What an image with that OpenVINO is installed from."""
    default = version == image_openvino(root)
    return root / "docker" / f"requirements{'' if default else f'-openvino-{version}'}.txt"


def image_openvino(root: Path) -> str | None:
    """The default version: that of an image of the default lock, on the default base image.

    None where there is no checkout. A base image with a later Python may get another one.
    """
    lock = root / "docker" / "requirements.txt"
    if not lock.is_file():
        return None
    pins = re.findall(r"^openvino==([^ ;\\]+)", lock.read_text(encoding="utf-8"), re.MULTILINE)
    return pins[0] if pins else None


def openvino_versions(root: Path) -> list[str]:
    """The versions that have a lock, besides the default one."""
    pattern = openvino_lock(root, "*")
    return sorted(path.stem.rpartition("-")[2] for path in pattern.parent.glob(pattern.name))


def _kind(path: Path) -> str | None:
    """What a manifest describes; None where it cannot be read, which its reader reports."""
    try:
        value = read_json(path)
    except (OSError, ValueError):
        return None
    kind = value.get("kind") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) else None
