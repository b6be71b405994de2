"""The reader of a finished tree: which results it claims, and what belongs to each.

Paths come from the grammar; what is read here is read by the reviewer's commands and the report.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from submission.artifacts.manifest import MANIFEST, Manifest, load_manifest
from submission.container.witnesses import profile_of
from submission.errors import KitError, StageError, UsageError, did_you_mean
from submission.files import read_json
from submission.loadgen import DetailLog, read_detail_log
from submission.loadgen.names import (
    ACCURACY_FILE,
    DETAIL_FILE,
    MLPERF_CONF,
    SCORE_FILE,
    USER_CONF,
)
from submission.loadgen.squad_text import SquadAccuracy, squad_accuracy
from submission.policy import Policy, load_policy
from submission.terms import Mode, Scenario
from submission.tree.grammar import (
    KIT_MARK,
    KIT_MODELS,
    KIT_PROFILES,
    LATENCIES,
    LAYOUTS,
    MODEL,
    QUESTION_SCORES,
    RUN_METADATA,
    SUMS_FILE,
    Area,
    Cell,
    Layout,
    run_folder,
)
from submission.wording import counted
from submission.workspace.schema import validate

ANY_OWNER = "*/*"


@dataclass(frozen=True, kw_only=True)
class FinishedTree:
    """A tree at ``root``, read as one of a round: its own, or the one that was asked for."""

    root: Path
    round: str

    @cached_property
    def policy(self) -> Policy:
        """What the round fixes; raises UsageError for an unknown round."""
        return load_policy(self.round)

    @property
    def layout(self) -> Layout:
        return LAYOUTS[self.policy.layout]

    @cached_property
    def cells(self) -> tuple[ClaimedCell, ...]:
        """Every result of the tree, sorted by its path; folders of no scenario are passed over."""
        return tuple(self._cells())

    def _cells(self) -> Iterator[ClaimedCell]:
        pattern = self.layout.path(Area.RESULTS, ANY_OWNER, "*", "*", "*")
        for folder in sorted(self.root.glob(pattern)):
            place = self.layout.cell_of(self.inside(folder))
            if place is not None and place.scenario is not None and folder.is_dir():
                yield ClaimedCell(tree=self, place=place, scenario=place.scenario)

    def demand_results(self, path: Path) -> None:
        """UsageError if the tree claims nothing; ``path`` is the tree as the user named it."""
        if not self.cells:
            raise UsageError(
                f"there are no results in {path}",
                detail=f"no {self.layout.form(Area.RESULTS)}",
                hint="name the root of the tree, the folder that contains open, closed or network",
            )

    def choose(self, *, benchmark: str, scenario: str, system: str | None = None) -> ClaimedCell:
        """The one result of that name; UsageError with what there is if it is none or several."""
        of_name = [cell for cell in self.cells if cell.benchmark == benchmark]
        if not of_name:
            raise UsageError(
                f"the tree has no benchmark {benchmark!r}",
                detail=f"{counted(len(self.cells), 'result')} in the tree",
                hint=did_you_mean(benchmark, {cell.benchmark for cell in self.cells} or {"none"}),
            )
        chosen = [c for c in of_name if c.scenario.lower() == scenario.lower()]
        chosen = [c for c in chosen if system in (None, c.system)]
        if len(chosen) != 1:
            known = ", ".join(f"{c.system} {c.scenario}" for c in of_name)
            raise UsageError(
                f"the tree has {len(chosen)} results of {benchmark} {scenario}",
                detail=f"it has {known}",
                hint="give --scenario, and --system where there are several",
            )
        return chosen[0]

    def model_folders(self) -> list[Path]:
        """The folders that hold a model's parts and its manifest."""
        code = self.layout.path(Area.CODE, ANY_OWNER, "*", "*")
        return sorted(path.parent for path in self.root.glob(f"{code}/{MODEL}/{MANIFEST}"))

    def kit_folders(self) -> list[Path]:
        """The code folders that carry the sources of the kit."""
        code = self.layout.path(Area.CODE, ANY_OWNER, "*", "*")
        depth = KIT_MARK.count("/")
        return sorted(path.parents[depth] for path in self.root.glob(f"{code}/{KIT_MARK}"))

    def carried_models(self, name: str) -> list[Path]:
        """The folders of a model or data set among the kit's sources; they need not exist."""
        return [kit / KIT_MODELS / name for kit in self.kit_folders()]

    def own_profile(self) -> Path | None:
        """The profile that the tree was made by, if it carries the kit with it.

        For runs of ``demo-mymodel``, which lies in no file, that is ``demo``.
        """
        for cell in self.cells:
            try:
                profile = cell.metadata(Mode.PERFORMANCE)["profile"]
            except KitError:
                continue
            for kit in self.kit_folders():
                known = {path.stem: path for path in (kit / KIT_PROFILES).glob("*.json")}
                if base := profile_of(str(profile), known):
                    return known[base]
        return None

    def systems(self) -> dict[str, Mapping[str, str]]:
        """The descriptions of the systems with results by name, as far as they can be read."""
        found: dict[str, Mapping[str, str]] = {}
        for owner, system in dict.fromkeys((c.place.owner, c.system) for c in self.cells):
            try:
                value = read_json(self.root / self.layout.path(Area.SYSTEMS, owner, system))
            except (OSError, ValueError):
                continue
            if isinstance(value, dict):
                found[system] = {str(key): str(text) for key, text in value.items()}
        return found

    @property
    def sums_file(self) -> Path:
        """SHA256SUMS at the root; it need not exist."""
        return self.root / SUMS_FILE

    def inside(self, path: Path) -> str:
        """A path below the root as the tree names it."""
        return path.relative_to(self.root).as_posix()


@dataclass(frozen=True, kw_only=True)
class ClaimedCell:
    """A result as its tree claims it: a scenario of a benchmark on a system."""

    tree: FinishedTree
    place: Cell
    scenario: Scenario

    def __str__(self) -> str:
        return f"{self.benchmark}/{self.scenario}"

    @property
    def system(self) -> str:
        return self.place.system

    @property
    def benchmark(self) -> str:
        """The name of the benchmark's folder."""
        return self.place.benchmark

    @property
    def results(self) -> Path:
        """Where the logs lie."""
        return self.tree.root / self.tree.layout.of_cell(Area.RESULTS, self.place)

    @property
    def measurements(self) -> Path:
        """Where settings and metadata lie."""
        return self.tree.root / self.tree.layout.of_cell(Area.MEASUREMENTS, self.place)

    @property
    def mlperf_conf(self) -> Path:
        """LoadGen's settings by the round."""
        return self.measurements / MLPERF_CONF

    @property
    def user_conf(self) -> Path:
        """LoadGen's settings by the submitter."""
        return self.measurements / USER_CONF

    @property
    def latencies(self) -> Path:
        """Single latencies of the performance run (npz), where the kit made the tree."""
        return self.measurements / LATENCIES

    @property
    def question_scores(self) -> Path:
        """What each question scored in the accuracy run (npz), where the kit made the tree."""
        return self.measurements / QUESTION_SCORES

    @property
    def accuracy_log(self) -> Path:
        """The accuracy log, mostly truncated."""
        return self.results / run_folder(Mode.ACCURACY) / ACCURACY_FILE

    def metadata_file(self, mode: Mode) -> Path:
        """What the kit says of how a run was made."""
        return self.measurements / RUN_METADATA[mode]

    @cached_property
    def claimed_accuracy(self) -> SquadAccuracy:
        """What accuracy.txt claims; raises StageError if it cannot be read."""
        path = self.results / run_folder(Mode.ACCURACY) / SCORE_FILE
        try:
            return squad_accuracy(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise self._unreadable(path, error) from error

    @property
    def claimed_log(self) -> DetailLog:
        """The detail log of the performance run; raises StageError if it cannot be read."""
        return self.log(Mode.PERFORMANCE)

    def log_file(self, mode: Mode) -> Path:
        """LoadGen's detail log of a run; the summary lies beside it."""
        return self.results / run_folder(mode) / DETAIL_FILE

    def log(self, mode: Mode) -> DetailLog:
        """The detail log of a run; raises StageError if it cannot be read."""
        if mode not in self._read_logs:
            self._read_logs[mode] = self._log(mode)
        return self._read_logs[mode]

    @cached_property
    def _read_logs(self) -> dict[Mode, DetailLog]:
        """What ``log`` has read."""
        return {}

    def _log(self, mode: Mode) -> DetailLog:
        path = self.log_file(mode)
        log = read_detail_log(path)
        if isinstance(log, DetailLog):
            return log
        raise StageError(
            f"the log of {self} cannot be read",
            detail=f"{path}: {log.why}",
            hint="run the check: it names what is wrong with the tree",
        )

    def metadata(self, mode: Mode) -> Mapping[str, Any]:
        """The metadata of one run; StageError if it is missing, UsageError if malformed."""
        if mode not in self._read_metadata:
            self._read_metadata[mode] = self._metadata(mode)
        return self._read_metadata[mode]

    @cached_property
    def _read_metadata(self) -> dict[Mode, Mapping[str, Any]]:
        """What ``metadata`` has read: every line of a review's list asks for it."""
        return {}

    def _metadata(self, mode: Mode) -> Mapping[str, Any]:
        path = self.metadata_file(mode)
        try:
            value: Mapping[str, Any] = read_json(path)
        except (OSError, ValueError) as error:
            raise self._unreadable(path, error) from error
        validate(value, "run_metadata", what=str(path))
        validate(value["harness"], "harness", what=f"harness in {path}")
        return value

    def model(self) -> tuple[Path, Manifest]:
        """The folder of the model's parts and its manifest; UsageError if the tree has none."""
        return self._model

    @cached_property
    def _model(self) -> tuple[Path, Manifest]:
        code = self.tree.layout.path(Area.CODE, self.place.owner, self.benchmark)
        for path in sorted((self.tree.root / code).glob(f"*/{MODEL}/{MANIFEST}")):
            return path.parent, load_manifest(path)
        raise UsageError(
            f"the tree carries no model of {self.benchmark}",
            detail=f"no {code}/<implementation>/{MODEL}/{MANIFEST}",
            hint="only trees that this kit laid out can be reproduced",
        )

    def _unreadable(self, path: Path, error: Exception) -> StageError:
        return StageError(
            f"{path.name} of {self} cannot be read",
            detail=f"{path}: {error}".splitlines()[0],
            hint="only trees that this kit laid out carry it; run the check for what is missing",
        )
