"""Finds its way in a submission tree: which results there are, and what belongs to each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from submission.artifacts.manifest import MANIFEST, Manifest, load_manifest
from submission.errors import StageError, UsageError
from submission.files import read_json
from submission.loadgen import DetailLog, read_detail_log
from submission.loadgen.accuracy_text import SquadAccuracy, squad_accuracy
from submission.terms import Mode, Scenario
from submission.tree.grammar import SUMS_FILE
from submission.workspace.schema import validate
from submission.workspace.suggestion import did_you_mean

DETAIL = "mlperf_log_detail.txt"
ACCURACY_LOG = "mlperf_log_accuracy.json"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One result: a scenario of a benchmark on a system; ``root`` is the tree's."""

    root: Path
    division: str
    submitter: str
    system: str
    benchmark: str
    scenario: Scenario

    def __str__(self) -> str:
        return f"{self.benchmark}/{self.scenario}"

    def _folder(self, kind: str) -> Path:
        parts = (kind, self.system, self.benchmark, self.scenario)
        return self.submitter_folder.joinpath(*parts)

    @property
    def submitter_folder(self) -> Path:
        """``<division>/<submitter>``."""
        return self.root / self.division / self.submitter

    @property
    def results(self) -> Path:
        """Where the logs lie."""
        return self._folder("results")

    @property
    def measurements(self) -> Path:
        """Where settings and metadata lie."""
        return self._folder("measurements")

    @cached_property
    def claimed_accuracy(self) -> SquadAccuracy:
        """What accuracy.txt claims; raises StageError if it cannot be read."""
        path = self.results / "accuracy" / "accuracy.txt"
        try:
            return squad_accuracy(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise self._unreadable(path, error) from error

    @cached_property
    def claimed_log(self) -> DetailLog:
        """The detail log of the performance run; raises StageError if it cannot be read."""
        return self.log(Mode.PERFORMANCE)

    def log(self, mode: Mode) -> DetailLog:
        """The detail log of a run; raises StageError if it cannot be read."""
        folder = self.results / mode
        path = (folder if mode is Mode.ACCURACY else folder / "run_1") / DETAIL
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
        path = self.measurements / f"run_metadata_{mode}.json"
        try:
            value: Mapping[str, Any] = read_json(path)
        except (OSError, ValueError) as error:
            raise self._unreadable(path, error) from error
        validate(value, "run_metadata", what=str(path))
        validate(value["harness"], "harness", what=f"harness in {path}")
        return value

    def _unreadable(self, path: Path, error: Exception) -> StageError:
        return StageError(
            f"{path.name} of {self} cannot be read",
            detail=f"{path}: {error}".splitlines()[0],
            hint="only trees that this kit laid out carry it; run the check for what is missing",
        )


def cells(root: Path) -> list[Cell]:
    """Every result of the tree, sorted by its path."""
    names = set(Scenario)
    folders = (f for f in root.glob("*/*/results/*/*/*") if f.is_dir() and f.name in names)
    return [_cell(root, folder) for folder in sorted(folders)]


def _cell(root: Path, folder: Path) -> Cell:
    division, submitter, _, system, benchmark, scenario = folder.relative_to(root).parts
    return Cell(
        root=root,
        division=division,
        submitter=submitter,
        system=system,
        benchmark=benchmark,
        scenario=Scenario(scenario),
    )


def choose(found: list[Cell], *, benchmark: str, scenario: str, system: str | None = None) -> Cell:
    """The one result of that name; UsageError with what there is if it is none or several."""
    of_name = [cell for cell in found if cell.benchmark == benchmark]
    if not of_name:
        raise UsageError(
            f"the tree has no benchmark {benchmark!r}",
            detail=f"{len(found)} results were found",
            hint=did_you_mean(benchmark, {cell.benchmark for cell in found} or {"none"}),
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


def model_folders(root: Path) -> list[Path]:
    """The folders that hold a model's parts and its manifest."""
    return sorted(path.parent for path in root.glob(f"*/*/code/*/*/model/{MANIFEST}"))


def model_of(cell: Cell) -> tuple[Path, Manifest]:
    """The model folder of a result and its manifest; raises UsageError if the tree has none."""
    pattern = f"code/{cell.benchmark}/*/model/{MANIFEST}"
    for path in sorted(cell.submitter_folder.glob(pattern)):
        return path.parent, load_manifest(path)
    raise UsageError(
        f"the tree carries no model of {cell.benchmark}",
        detail=f"no {pattern} in {cell.submitter_folder}",
        hint="only trees that this kit laid out can be reproduced",
    )


def kit_folders(root: Path) -> list[Path]:
    """The code folders that carry the sources of the kit."""
    return sorted(path.parents[1] for path in root.glob("*/*/code/*/*/submission/__main__.py"))


def has_sums(root: Path) -> bool:
    """Whether SHA256SUMS lies at the root."""
    return (root / SUMS_FILE).is_file()
