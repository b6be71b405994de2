"""Finds the data set of a run by its digests: in a folder, or in the tree itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from submission.errors import StageError
from submission.files import sha256_of
from submission.mounts import DATA
from submission.squad.dataset import Dataset, load_dataset
from submission.squad.features import Features, FeatureSettings, make_features
from submission.squad.vocabulary import load_vocabulary
from submission.terms import Mode
from submission.tree.finished import ClaimedCell

VOCABULARY = "vocab.txt"


@dataclass(frozen=True, kw_only=True)
class Questions:
    """The data set and its features, in LoadGen's order."""

    dataset: Dataset
    features: Features


def load_questions(cell: ClaimedCell, folders: Iterable[Path]) -> Questions:
    """The questions that the metadata of the accuracy run names.

    Looks in ``folders``, then in the data sets that the tree carries with the kit's sources. Raises
    StageError if no folder has files with the run's digests.
    """
    wanted = cell.metadata(Mode.ACCURACY)["dataset"]
    places = [*folders, *cell.tree.carried_models(wanted["name"])]
    for place in places:
        if _holds(place, wanted["sha256"]):
            return _read(place, wanted["sha256"], cased=wanted.get("cased", False))
    looked = ", ".join(str(place) for place in places)
    raise StageError(
        f"the data set {wanted['name']} was not found",
        detail=f"no folder has {' and '.join(wanted['sha256'])} with the run's digests; "
        f"looked in {looked or 'no folder'}",
        hint=f"mount its folder at {DATA} (BERT_DATA_DIR), or use --data",
    )


def _holds(folder: Path, digests: Mapping[str, str]) -> bool:
    try:
        return all(sha256_of(folder / name) == digest for name, digest in digests.items())
    except OSError:
        return False


def _read(folder: Path, digests: Mapping[str, str], *, cased: bool) -> Questions:
    data = next(name for name in digests if name != VOCABULARY)
    dataset = load_dataset(folder / data)
    vocabulary = load_vocabulary(folder / VOCABULARY)
    features = make_features(dataset, vocabulary, FeatureSettings(cased=cased))
    return Questions(dataset=dataset, features=features)
