"""Turns SQuAD into features, once and before LoadGen's clock starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submission.artifacts.manifest import MANIFEST
from submission.artifacts.verify import given_file
from submission.errors import StageError
from submission.pipeline.stage import Reporter
from submission.runs.context import Context
from submission.squad.dataset import SQUAD
from submission.squad.features import FeatureSettings
from submission.squad.prepare import prepare_features
from submission.stages.base import SharedStage
from submission.wording import counted


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
        """What the windows are cut by; of a person's folder also what data it must be."""
        manifest = self.context.manifest(self.context.profile.dataset)
        given = {"files": manifest.file_fields()} if self.context.settings.data_dir else {}
        return {**self._sizes.to_json(), **given}

    def inputs(self) -> tuple[Path, ...]:
        return (self._data, self._vocab)

    def outputs(self) -> tuple[Path, ...]:
        return (self.context.features_file(),)

    def run(self, report: Reporter) -> None:
        """Prepare and save the features.

        Raises StageError if the data is not SQuAD, or is another data set than its name says.
        """
        profile = self.context.profile
        if profile.submittable and profile.dataset != SQUAD:
            raise StageError(
                f"the profile {profile.name} is submittable, but not on SQuAD v1.1",
                detail=f"its data set is {profile.dataset}, the round's is {SQUAD}",
                hint=f'set "dataset": "{SQUAD}", or "submittable": false, in {profile.path.name}',
            )
        if self.context.settings.data_dir:
            refuse_other_data(self.context)
        to = self.context.features_file()
        prepared = prepare_features(self._data, self._vocab, to, self._sizes)
        how = "prepared" if prepared.made else "unchanged"
        report.figure(f"{counted(len(prepared.features), 'feature')}, {how}")

    @property
    def _sizes(self) -> FeatureSettings:
        """The benchmark's sizes; by the rules this work is untimed ("LoadGen", "Benchmarks")."""
        return FeatureSettings(cased=self.context.manifest(self.context.profile.dataset).cased)

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


def refuse_other_data(context: Context) -> None:
    """StageError if a file of the data folder is not the one that the data set's manifest names.

    Other data has another name: a manifest of its own, which the profile names.
    """
    manifest, folder = context.manifest(context.profile.dataset), context.data_folder()
    for file in manifest.files:
        given_file(
            file,
            folder,
            manifest.name,
            content=f"BERT_DATA_DIR must hold the files of the data set {manifest.name}",
            fetched="leave BERT_DATA_DIR out to have the data fetched",
            right="leave BERT_DATA_DIR out to have the right one fetched; for other data write "
            f"models/<its name>/{MANIFEST} and name it in the profile",
        )
