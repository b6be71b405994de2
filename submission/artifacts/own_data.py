"""Takes over a person's question file: checks it as SQuAD v1.1, and writes its manifest."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from submission.artifacts.digest import Checksums
from submission.artifacts.manifest import (
    MANIFEST,
    File,
    Manifest,
    ManifestKind,
    Part,
    load_manifest,
    write_manifest,
)
from submission.artifacts.own_folder import name_from, new_folder, own_name
from submission.artifacts.own_model import BLANK
from submission.errors import KitError, StageError, UsageError
from submission.files import sha256_of
from submission.squad.dataset import check_offsets, load_dataset
from submission.squad.features import FeatureSettings, make_features
from submission.squad.vocabulary import load_vocabulary

DATA, VOCAB = "questions.json", "vocab.txt"


@dataclass(frozen=True, kw_only=True)
class OwnData:
    """What a person says of the question file ``file``; ``vocab`` is the model's vocabulary.

    ``cased``: whether words keep their case; None: as the vocabulary shows. ``private``: whether
    the questions stay out of trees. ``way_out``: the hint if the name is taken.
    """

    file: Path
    vocab: Path
    name: str | None = None
    cased: bool | None = None
    private: bool = True
    way_out: str = ""
    licence: str = f"{BLANK}: the licence of the texts"
    origin: str = ""


@dataclass(frozen=True, kw_only=True)
class QuestionsFound:
    """What was found in a question file: its questions, and the samples (windows) of them."""

    name: str
    questions: int
    samples: int
    sizes: FeatureSettings


def data_name(asked: OwnData) -> str:
    """The name that the data set gets: what a person says, or that of its file."""
    return asked.name or name_from(asked.file.stem)


def same_data(manifests: Path, names: Iterable[str], asked: OwnData) -> Manifest | None:
    """The first data set of ``names`` that holds the very questions of ``asked``."""
    for name in names:
        try:
            manifest = load_manifest(manifests / name)
            questions = manifest.role("data").checksums.sha256
        except KitError:
            continue
        if asked.file.is_file() and questions == sha256_of(asked.file):
            return manifest
    return None


def examine_data(manifests: Path, asked: OwnData) -> QuestionsFound:
    """Read the questions and the vocabulary; writes nothing.

    Raises UsageError for a name that is taken, a file that is not SQuAD v1.1 (with the article and
    question), or a vocabulary that cannot be used.
    """
    name = own_name(manifests, data_name(asked), "data set", way_out=asked.way_out)
    try:
        check_offsets(asked.file)
        dataset = load_dataset(asked.file)
        vocabulary = load_vocabulary(asked.vocab)
        cased = vocabulary.cased if asked.cased is None else asked.cased
        sizes = FeatureSettings(cased=cased)
        samples = len(make_features(dataset, vocabulary, sizes))
    except StageError as error:
        raise UsageError(error.what, detail=error.detail, hint=error.hint) from error
    return QuestionsFound(name=name, questions=len(dataset.examples), samples=samples, sizes=sizes)


def add_data(manifests: Path, asked: OwnData, *, found: QuestionsFound | None = None) -> Manifest:
    """Write ``manifests/<name>/``: manifest, questions, vocabulary; returns the manifest.

    ``found`` is what ``examine_data`` has found already. Raises UsageError as that does.
    """
    found = found or examine_data(manifests, asked)
    name, questions = found.name, found.questions
    with new_folder(manifests, name, "data set") as work:
        shutil.copyfile(asked.file, work / DATA)
        shutil.copyfile(asked.vocab, work / VOCAB)
        about = {
            "version": 1,
            "name": name,
            "kind": str(ManifestKind.DATASET),
            "licence": asked.licence,
            "origin": asked.origin or f"the {questions} questions of {asked.file.name}",
            "max_seq_length": found.sizes.max_seq_length,
            "samples": found.samples,
            "private": asked.private,
            **({"cased": True} if found.sizes.cased else {}),
            "sources": ["file:{file}"],
        }
        files = tuple(_file(work / each, role) for each, role in ((DATA, "data"), (VOCAB, "vocab")))
        write_manifest(work / MANIFEST, about, files)
    return load_manifest(manifests / name)


def _file(path: Path, role: str) -> File:
    size, checksums = path.stat().st_size, Checksums(sha256=sha256_of(path))
    part = Part(name=path.name, size_bytes=size, checksums=checksums)
    return File(name=path.name, size_bytes=size, checksums=checksums, parts=(part,), role=role)
