"""Manifests: what a model or a data set consists of, and where it comes from.

A *file* is what users of the model open; a *part* is what is fetched. A file of one part with
the same name is *whole*. Parts are listed in the order in which they are joined.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from submission.artifacts.digest import Checksums
from submission.errors import UsageError
from submission.files import read_json, write_json
from submission.workspace.schema import validate

MANIFEST = "manifest.json"
#: beside it, optional: how the weights came to be
CALIBRATION = "calibration.md"
#: names of the fetch's own files beside the parts, so no part may have them
RESERVED_ENDINGS = (".part", ".part.json", ".lock")
RESERVED_NAMES = (MANIFEST, "checksums.json")


class ManifestKind(StrEnum):
    """What a manifest describes."""

    MODEL = "model"
    DATASET = "dataset"


@dataclass(frozen=True, kw_only=True)
class Part:
    """A piece of a file as it is fetched; ``size_bytes`` is None where it is not published."""

    name: str
    size_bytes: int | None
    checksums: Checksums


@dataclass(frozen=True, kw_only=True)
class File:
    """A file that users open, and its parts in order."""

    name: str
    size_bytes: int | None
    checksums: Checksums
    parts: tuple[Part, ...]
    role: str | None = None
    sources: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """True if the file is fetched as it is."""
        return len(self.parts) == 1 and self.parts[0].name == self.name


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """F1 and exact match in percent, as published or measured."""

    f1: float
    exact_match: float | None
    dataset: str | None = None
    how: str | None = None


@dataclass(frozen=True, kw_only=True)
class Published:
    """Figures that the model's authors published: F1 in percent, rates in samples/s."""

    f1: float
    server_scheduled: float | None
    server_completed: float | None
    offline: float | None
    source: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A model or a data set; ``file:`` sources are relative to ``path``, the manifest's file."""

    path: Path
    name: str
    kind: ManifestKind
    licence: str
    origin: str
    sources: tuple[str, ...]
    files: tuple[File, ...]
    mlperf_model: str | None = None
    synthetic: bool = False
    notes: tuple[str, ...] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    max_seq_length: int | None = None
    weight_data_types: str | None = None
    accuracy: Accuracy | None = None
    structured_sparsity_percent: float | None = None
    part_bytes: int | None = None
    samples: int | None = None
    cased: bool = False
    private: bool = False
    measurement: Mapping[str, str] = field(default_factory=dict)
    trailing_pad: int = 0
    published: Published | None = None

    def parts(self) -> Iterator[tuple[File, Part]]:
        """Every part with its file, in the manifest's order."""
        for file in self.files:
            for part in file.parts:
                yield file, part

    def file(self, name: str) -> File:
        """The file of that name; raises UsageError if the manifest has none."""
        for file in self.files:
            if file.name == name:
                return file
        raise UsageError(
            f"{self.name} has no file {name}",
            detail=f"{self.path} names {', '.join(f.name for f in self.files)}",
            hint="name one of those",
        )

    def role(self, role: str) -> File:
        """The first file of that role ("data", "vocab", …); raises UsageError if none has it."""
        for file in self.files:
            if file.role == role:
                return file
        raise UsageError(
            f"{self.name} has no {role} file",
            detail=f"no file in {self.path} carries the role {role!r}",
            hint=f'add "role": "{role}" to that file in the manifest',
        )

    @property
    def is_onnx(self) -> bool:
        """True if the model comes as an ONNX file, to be converted before it can be used."""
        return any(file.name.endswith(".onnx") for file in self.files)

    def input_names(self) -> dict[str, str]:
        """The model's own name of each input, by its role."""
        return _names(self.inputs)

    def output_names(self) -> dict[str, str]:
        """The model's own name of each output, by its role."""
        return _names(self.outputs)

    def run_fields(self) -> dict[str, Any]:
        """What a run of the model depends on, beside its files; by the schema's ``x-run``."""
        return {
            "mlperf_model": self.mlperf_model,
            "made_up": self.synthetic,
            "inputs": self.input_names(),
            "outputs": self.output_names(),
            "max_seq_length": self.max_seq_length,
            "trailing_pad": self.trailing_pad,
        }

    def file_fields(self) -> list[dict[str, Any]]:
        """The files as the manifest has them: what a fetch and a join depend on."""
        return [file_json(file) for file in self.files]

    @property
    def total_bytes(self) -> int:
        """Sum of all known sizes."""
        return sum(part.size_bytes or 0 for _, part in self.parts())


def _names(tensors: Mapping[str, Any]) -> dict[str, str]:
    """Tensor names by role; a manifest gives a name, or an object that holds it."""
    return {
        key: value if isinstance(value, str) else value.get("name", key)
        for key, value in tensors.items()
    }


def load_manifest(path: Path) -> Manifest:
    """Read ``path`` (a manifest, or the folder that holds one).

    Raises UsageError if it cannot be read, does not fit the schema, uses a name twice, names
    a file outside its folder, or has parts whose sizes do not add up to their file's.
    """
    path = path / MANIFEST if path.is_dir() else path
    value = _read(path)
    validate(value, "manifest", what=str(path))
    files = tuple(_file(f) for f in value["files"])
    _check_names(files, path)
    for file in files:
        _check_sizes(file, path)
    simple = (
        "mlperf_model",
        "max_seq_length",
        "weight_data_types",
        "part_bytes",
        "samples",
        "cased",
        "private",
        "trailing_pad",
    )
    accuracy, published = value.get("accuracy"), value.get("published")
    return Manifest(
        path=path,
        name=value["name"],
        kind=ManifestKind(value["kind"]),
        licence=value["licence"],
        origin=value["origin"],
        synthetic=value.get("made_up", False),
        sources=tuple(value["sources"]),
        files=files,
        notes=tuple(value.get("notes", ())),
        inputs=value.get("inputs", {}),
        outputs=value.get("outputs", {}),
        measurement=value.get("measurement", {}),
        accuracy=Accuracy(**accuracy) if accuracy else None,
        published=Published(**published) if published else None,
        structured_sparsity_percent=value.get("structured_sparsity_percent"),
        **{key: value[key] for key in simple if key in value},
    )


def write_manifest(path: Path, about: Mapping[str, Any], files: tuple[File, ...]) -> Manifest:
    """Write ``about`` (a manifest's keys without ``files``) with ``files``, and load it again.

    Raises UsageError as ``load_manifest`` does; an invalid manifest is not written.
    """
    value = {**about, "files": [file_json(f) for f in files]}
    validate(value, "manifest", what=str(path))
    write_json(path, value)
    return load_manifest(path)


def file_json(file: File) -> dict[str, Any]:
    """A file as JSON for a manifest; whole files have no list of parts."""
    value: dict[str, Any] = {"name": file.name}
    if file.role is not None:
        value["role"] = file.role
    value |= {"bytes": file.size_bytes, **file.checksums.to_json()}
    if file.sources:
        value["sources"] = list(file.sources)
    if not file.whole:
        value["parts"] = [
            {"name": p.name, "bytes": p.size_bytes, **p.checksums.to_json()} for p in file.parts
        ]
    return value


def _read(path: Path) -> Any:
    try:
        return read_json(path)
    except OSError as error:
        raise UsageError(
            f"the manifest {path} cannot be read",
            detail=error.strerror or str(error),
            hint="give a manifest.json or a folder that holds one",
        ) from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise UsageError(
            f"the manifest {path} is not JSON",
            detail=str(error),
            hint="correct the file at that position",
        ) from error


def _file(value: Mapping[str, Any]) -> File:
    checksums = Checksums.from_json(value)
    own = Part(name=value["name"], size_bytes=value["bytes"], checksums=checksums)
    return File(
        name=value["name"],
        size_bytes=value["bytes"],
        checksums=checksums,
        parts=tuple(_part(p) for p in value["parts"]) if "parts" in value else (own,),
        role=value.get("role"),
        sources=tuple(value.get("sources", ())),
    )


def _part(value: Mapping[str, Any]) -> Part:
    return Part(name=value["name"], size_bytes=value["bytes"], checksums=Checksums.from_json(value))


def _check_names(files: tuple[File, ...], path: Path) -> None:
    parts = [p.name for f in files if not f.whole for p in f.parts]
    names = Counter([f.name for f in files] + parts)
    for name, count in names.items():
        if count > 1:
            raise UsageError(
                f"{path} names {name} twice",
                detail="every file and every part needs a unique name",
                hint="rename one of them",
            )
        if name.endswith(RESERVED_ENDINGS) or name in RESERVED_NAMES:
            raise UsageError(
                f"{path} names a file {name}",
                detail=f"{', '.join(RESERVED_NAMES)} and names that end in "
                f"{', '.join(RESERVED_ENDINGS)} are reserved for fetching",
                hint="rename the file",
            )


def _check_sizes(file: File, path: Path) -> None:
    sizes = [part.size_bytes for part in file.parts]
    total = sum(size or 0 for size in sizes)
    if file.whole or (None not in sizes and total == file.size_bytes):
        return
    raise UsageError(
        f"{path}: the parts of {file.name} do not add up",
        detail=f"they hold {total} bytes, the file {file.size_bytes} bytes",
        hint="correct the sizes, or add the missing part to the list",
    )
