"""SQuAD to features, once; LoadGen's clock has not started yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from submission.pipeline.stage import Tell
from submission.squad.dataset import load_dataset
from submission.squad.feature_file import load_features, save_features
from submission.squad.features import FeatureSettings, make_features
from submission.squad.vocabulary import load_vocabulary
from submission.stages.context import Context, SharedStage

# the benchmark's own sizes; the rules leave this work untimed ("LoadGen", "Benchmarks")
SIZES = FeatureSettings()


@dataclass(frozen=True)
class PrepareFeatures(SharedStage):
    """Token ids of every window of the data set, in one file."""

    @property
    def name(self) -> str:
        """``features[<data set>]``."""
        return f"features[{self.context.settings.profile.dataset}]"

    @property
    def needs(self) -> tuple[str, ...]:
        """The data set's files, unless a person gives them."""
        if self.context.settings.data_dir:
            return ()
        return (f"rejoin[{self.context.settings.profile.dataset}]",)

    def settings(self) -> Mapping[str, Any]:
        """What the windows are cut by."""
        return asdict(SIZES)

    def inputs(self) -> tuple[Path, ...]:
        """Questions and vocabulary."""
        return (self._data, self._vocab)

    def outputs(self) -> tuple[Path, ...]:
        """One file."""
        return (self.context.features_file(),)

    def run(self, tell: Tell) -> None:
        """Make and save them; raises StageError if the data is not SQuAD."""
        dataset = load_dataset(self._data)
        features = make_features(dataset, load_vocabulary(self._vocab), SIZES)
        save_features(features, self.context.features_file())
        count = len(load_features(self.context.features_file()))
        tell.line(f"{count} features of {len(dataset.examples)} questions")

    @property
    def _data(self) -> Path:
        return dataset_file(self.context, "data")

    @property
    def _vocab(self) -> Path:
        return dataset_file(self.context, "vocab")


def dataset_file(context: Context, role: str) -> Path:
    """The file of that role in the data set's folder."""
    manifest = context.manifest(context.settings.profile.dataset)
    return context.data_folder() / manifest.role(role).name
