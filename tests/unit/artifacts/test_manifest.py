"""Manifests: the published ones load, bad ones are refused with their place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from submission.artifacts.manifest import ManifestKind, load_manifest, write_manifest
from submission.artifacts.verify import verify, verify_parts
from submission.errors import UsageError

ROOT = Path(__file__).parents[3]
MODELS = sorted(path.parent.name for path in ROOT.glob("models/*/manifest.json"))

GOOD: dict[str, Any] = {
    "version": 1,
    "name": "toy",
    "kind": "model",
    "licence": "Apache-2.0",
    "origin": "made for a test",
    "sources": ["file:parts/{file}"],
    "files": [
        {
            "name": "a.bin",
            "bytes": 5,
            "parts": [{"name": "a.bin_p00", "bytes": 3}, {"name": "a.bin_p01", "bytes": 2}],
        },
        {"name": "a.xml", "bytes": 7},
    ],
}


def written(tmp_path: Path, value: object) -> Path:
    (tmp_path / "manifest.json").write_text(json.dumps(value))
    return tmp_path


@pytest.mark.parametrize("name", MODELS)
def test_the_manifests_of_the_project_load(name: str) -> None:
    assert load_manifest(ROOT / "models" / name).name == name


@pytest.mark.parametrize(
    ("name", "size_bytes", "percent"),
    [
        ("bert-99.9_jpqd-large", 100_129_032, 77.7),
        ("bert-99_jpqd-large", 87_255_416, 82.0),
        ("bert-99_jpqd-base", 65_002_984, 52.2),
        ("bert-99_jpqd-mobilebert", 14_120_660, 34.5),
    ],
)
def test_the_published_models_have_their_sizes(name: str, size_bytes: int, percent: float) -> None:
    manifest = load_manifest(ROOT / "models" / name)
    assert manifest.role("weights").size_bytes == size_bytes
    assert manifest.structured_sparsity_percent == percent
    assert all(part.checksums.git_blob for _, part in manifest.parts())


def test_squad_names_its_data_and_vocabulary() -> None:
    squad = load_manifest(ROOT / "models" / "squad")
    assert squad.kind is ManifestKind.DATASET
    assert (squad.role("data").name, squad.role("vocab").name) == ("dev-v1.1.json", "vocab.txt")
    assert squad.role("data").checksums.md5 == "3e85deb501d4e538b6bc56f786231552"


def test_the_files_that_are_committed_are_those_of_their_manifests() -> None:
    mini = load_manifest(ROOT / "models" / "squad-mini")
    assert verify(mini, mini.path.parent) == []
    default = load_manifest(ROOT / "models" / "minilm-squad")
    assert verify_parts(default, default.path.parent / "parts") == []


def test_a_manifest_survives_writing_and_reading(tmp_path: Path) -> None:
    first = load_manifest(written(tmp_path, GOOD))
    about = {key: GOOD[key] for key in GOOD if key != "files"}
    (tmp_path / "again").mkdir()
    again = write_manifest(tmp_path / "again" / "manifest.json", about, first.files)
    assert again.files == first.files
    assert json.loads(again.path.read_text()) == GOOD


Edit = Callable[[dict[str, Any]], object]
BAD: list[tuple[Edit, str]] = [
    (lambda m: m.update(licens="x"), r"did you mean \"licence\""),
    (lambda m: m["files"][0].update(sha265="0" * 64), r"did you mean \"sha256\""),
    (lambda m: m.pop("origin"), "'origin' is a required property"),
    (lambda m: m.update(version=2), "1 was expected"),
    (lambda m: m["files"][1].update(name="../a.xml"), r"files\[1\]\.name"),
    (lambda m: m["files"][1].update(name="/etc/passwd"), r"files\[1\]\.name"),
    (lambda m: m["files"][1].update(name="a/b.xml"), r"files\[1\]\.name"),
    (lambda m: m["files"][0]["parts"][0].update(name=".."), r"parts\[0\]\.name"),
    (lambda m: m["files"][1].update(name="a.xml\n"), r"files\[1\]\.name: .a\.xml"),
    (lambda m: m["files"][1].update(name="a.bin"), "names a.bin twice"),
    (lambda m: m["files"][1].update(name="a.bin_p01"), "names a.bin_p01 twice"),
    (lambda m: m["files"][1].update(name="a.xml.part"), "names a file a.xml.part"),
    (lambda m: m["files"][1].update(name="manifest.json"), "names a file manifest.json"),
    (lambda m: m["files"][0].update(bytes=6), "they hold 5 bytes, the file 6 bytes"),
    (lambda m: m["files"][0]["parts"][0].update(bytes=None), "do not add up"),
    (lambda m: m["files"][0]["parts"][0].update(bytes=-3), "minimum"),
    (lambda m: m["files"][1].update(git_blob="xyz"), "git_blob"),
    (lambda m: m.update(sources=["ftp://somewhere/{file}"]), r"sources\[0\]"),
    (lambda m: m.update(files=[]), "files"),
]


@pytest.mark.parametrize(("edit", "words"), BAD, ids=[words for _, words in BAD])
def test_a_bad_manifest_is_refused_with_its_place(edit: Edit, words: str, tmp_path: Path) -> None:
    value = json.loads(json.dumps(GOOD))
    edit(value)
    with pytest.raises(UsageError, match=words):
        load_manifest(written(tmp_path, value))


def test_a_manifest_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load_manifest(tmp_path)


def test_a_manifest_that_is_not_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(UsageError, match="is not JSON"):
        load_manifest(tmp_path)


def test_a_role_that_nothing_has_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="toy has no vocab file"):
        load_manifest(written(tmp_path, GOOD)).role("vocab")
