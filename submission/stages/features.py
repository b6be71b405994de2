"""Turns SQuAD into features, once and before LoadGen's clock starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from submission.pipeline.stage import Reporter
from submission.runs.context import Context
from submission.squad.features import FeatureSettings
from submission.squad.prepare import prepare_features
from submission.stages.base import SharedStage

# the benchmark's sizes; by the rules this work is untimed ("LoadGen", "Benchmarks")
SIZES = FeatureSettings()


@dataclass(frozen=True)
class PrepareFeatures(SharedStage):
    """Token ids of every window of the data set, in one file."""

    @property
    def name(self) -> str:
        """``features[<data set>]``."""
        return f"features[{self.context.profile.dataset}]"

    @property
    def needs(self) -> tuple[str, ...]:
        """The data set's files, unless a person gives them."""
        if self.context.settings.data_dir:
            return ()
        return (f"rejoin[{self.context.profile.dataset}]",)

    def settings(self) -> Mapping[str, Any]:
        """What the windows are cut by."""
        return asdict(SIZES)

    def inputs(self) -> tuple[Path, ...]:
        return (self._data, self._vocab)

    def outputs(self) -> tuple[Path, ...]:
        return (self.context.features_file(),)

    def run(self, report: Reporter) -> None:
        """Prepare and save the features; raises StageError if the data is not SQuAD."""
        prepared = prepare_features(self._data, self._vocab, self.context.features_file(), SIZES)
        how = "prepared" if prepared.made else "unchanged"
        report.line(f"{len(prepared.features)} features, {how}")

    @property
    def _data(self) -> Path:
        return dataset_file(self.context, "data")

    @property
    def _vocab(self) -> Path:
        return dataset_file(self.context, "vocab")


def dataset_file(context: Context, role: str) -> Path:
    """The file of that role in the data set's folder."""
    manifest = context.manifest(context.profile.dataset)
    return context.data_folder() / manifest.role(role).name
