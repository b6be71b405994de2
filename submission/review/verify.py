"""Compares a tree with its checksums, its manifests, and the running image."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submission.artifacts.manifest import File, load_manifest
from submission.artifacts.verify import verify_parts
from submission.container.context import fingerprint
from submission.errors import KitError
from submission.files import CHUNK_BYTES, sha256_of
from submission.loadgen.keys import WANTED
from submission.review.built import Built
from submission.terms import Mode
from submission.tree.finished import ClaimedCell, FinishedTree
from submission.tree.grammar import SUMS_FILE
from submission.tree.sums import sums_differences


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One difference; ``kind`` is the comparison that found it."""

    kind: str
    path: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.path}: found {self.found}, expected {self.expected}"


@dataclass(frozen=True, kw_only=True)
class Verified:
    """One comparison and its differences, or that it was skipped."""

    kind: str
    what: str
    differences: tuple[Difference, ...]
    compared: bool = True

    def __str__(self) -> str:
        count = len(self.differences)
        verdict = f": {f'{count} differ' if count else 'right'}" if self.compared else ""
        return f"{self.kind:<8}  {self.what}{verdict}"


def verify_tree(tree: FinishedTree, image: Built | None) -> list[Verified]:
    """Compare checksums, models, sources and metadata of a tree; writes nothing.

    Without an ``image`` sources and versions are not compared.
    """
    return [_sums(tree), _models(tree), _sources(tree, image), _runs(tree, image)]


def _sums(tree: FinishedTree) -> Verified:
    def differences() -> Iterator[Difference]:
        if not tree.sums_file.is_file():
            yield Difference(kind="sums", path=SUMS_FILE, found="no file", expected="sums")
            return
        for each in sums_differences(tree.root):
            yield Difference(
                kind="sums",
                path=each.path,
                found=each.found or each.kind,
                expected=each.expected or f"a line in {SUMS_FILE}",
            )

    sums = tree.sums_file
    lines = len(sums.read_bytes().splitlines()) if sums.is_file() else 0
    return _verified("sums", f"{lines} files against {SUMS_FILE}", differences())


def _models(tree: FinishedTree) -> Verified:
    """Compare every part with its manifest: sizes, digests, no missing and no extra parts."""
    folders = tree.model_folders()

    def differences() -> Iterator[Difference]:
        for folder in folders:
            for finding in verify_parts(load_manifest(folder), folder):
                yield Difference(
                    kind="model",
                    path=tree.inside(folder / finding.name),
                    found=f"{finding.fault} ({finding.found})",
                    expected=finding.expected,
                )

    return _verified("model", f"{len(folders)} models against their manifests", differences())


def _sources(tree: FinishedTree, image: Built | None) -> Verified:
    """Compare the sources in the tree with those that the image was built from."""
    folders = tree.kit_folders()
    if image is None:
        what = "skipped: not running in an image, so there are no sources to compare with"
        return Verified(kind="sources", what=what, differences=(), compared=False)

    def differences() -> Iterator[Difference]:
        for folder in folders:
            found = fingerprint(folder)
            if found != image.fingerprint:
                yield Difference(
                    kind="sources",
                    path=tree.inside(folder),
                    found=f"fingerprint {found}",
                    expected=f"{image.fingerprint} of the image",
                )

    what = f"{len(folders)} folders of sources against those of the image"
    return _verified("sources", what, differences())


def _runs(tree: FinishedTree, image: Built | None) -> Verified:
    """Compare every run's metadata with its log, the model, and the versions of the image."""
    differences = (each for cell in tree.cells for mode in Mode for each in _run(cell, mode, image))
    against = "logs and models" if image is None else "logs, models and versions of the image"
    return _verified(
        "metadata", f"{len(tree.cells) * len(Mode)} runs against {against}", differences
    )


def _run(cell: ClaimedCell, mode: Mode, image: Built | None) -> Iterator[Difference]:
    at = cell.tree.inside(cell.metadata_file(mode))
    try:
        metadata = cell.metadata(mode)
        facts = [
            *_model_facts(cell, metadata),
            *log_facts(cell, mode, metadata),
            *(_image_facts(metadata, image) if image else ()),
        ]
    except KitError as error:
        yield Difference(kind="metadata", path=at, found=error.detail, expected=error.hint)
        return
    for key, value, expected in facts:
        if value != expected:
            yield Difference(kind="metadata", path=at, found=f"{key} {value}", expected=expected)


def _model_facts(cell: ClaimedCell, metadata: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(key, digest in the metadata, digest of what is in the tree) for each file of the model."""
    folder, manifest = cell.model()
    for file in manifest.files:
        run = metadata["model"]["sha256"].get(file.name, "not given")
        yield f"sha256 of {file.name}", run, joined_sha256(folder, file)


def log_facts(
    cell: ClaimedCell, mode: Mode, metadata: Mapping[str, Any]
) -> Iterator[tuple[str, str, str]]:
    """(key, value that the harness recorded at the end of the run, value in the tree's log).

    Only keys that are read from logs; a line missing from the log is a difference.
    """
    log, harness = cell.log(mode), metadata["harness"]
    for kind in ("results", "effective"):
        for key, value in harness.get(kind, {}).items():
            if key in WANTED:
                yield key, str(value), str(log.values.get(key, "not in the log"))


def _image_facts(metadata: Mapping[str, Any], image: Built) -> Iterator[tuple[str, str, str]]:
    """(key, value in the metadata, value of the image)."""
    yield "kit", metadata["kit"], image.kit
    versions = metadata["harness"].get("versions", {})
    for name, version in image.versions().items():
        yield f"version of {name}", str(versions.get(name, "not given")), version
    recorded = metadata["image"].get("fingerprint", "not given")
    yield "fingerprint of the image", recorded, image.fingerprint


def joined_sha256(folder: Path, file: File) -> str:
    """SHA-256 of a file joined from its parts in ``folder``; a text if one is missing."""
    digest = hashlib.sha256()
    try:
        if file.whole:
            return sha256_of(folder / file.name)
        for part in file.parts:
            with (folder / part.name).open("rb") as stream:
                while chunk := stream.read(CHUNK_BYTES):
                    digest.update(chunk)
    except OSError as error:
        return f"unknown ({error.strerror or error})"
    return digest.hexdigest()


def _verified(kind: str, what: str, differences: Iterable[Difference]) -> Verified:
    try:
        return Verified(kind=kind, what=what, differences=tuple(differences))
    except KitError as error:
        broken = Difference(kind=kind, path=error.what, found=error.detail, expected=error.hint)
        return Verified(kind=kind, what=what, differences=(broken,))
