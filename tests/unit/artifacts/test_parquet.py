"""The hub's parquet as a source of dev-v1.1.json: judged by the JSON's own checksum."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from submission.artifacts.fetch import fetch
from submission.artifacts.manifest import Manifest, load_manifest
from submission.errors import StageError
from tests.fakes.hub_server import Hub, hub_serving

pyarrow = pytest.importorskip("pyarrow", reason="pyarrow comes with `make more`")
parquet = pytest.importorskip("pyarrow.parquet")

ROOT = Path(__file__).parents[3]
SQUAD = {
    "data": [
        {
            "title": "Cats",
            "paragraphs": [
                {
                    "context": "Cats sat — on mats.",
                    "qas": [
                        {
                            "answers": [{"answer_start": 0, "text": "Cats"}],
                            "question": "Who?",
                            "id": "q1",
                        }
                    ],
                }
            ],
        }
    ],
    "version": "1.1",
}
ROW = {
    "id": "q1",
    "title": "Cats",
    "context": "Cats sat — on mats.",
    "question": "Who?",
    "answers": {"text": ["Cats"], "answer_start": [0]},
}
CONTENT = json.dumps(SQUAD).encode()
FETCH = """
import sys
from pathlib import Path
from submission.artifacts.fetch import fetch
from submission.artifacts.manifest import load_manifest
print(fetch(load_manifest(Path(sys.argv[1])), Path(sys.argv[2])).fetched)
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "validation.parquet"
    parquet.write_table(pyarrow.Table.from_pylist([ROW]), path)
    return path


def manifest(folder: Path, *sources: str, md5: str = hashlib.md5(CONTENT).hexdigest()) -> Manifest:
    file = {"name": "dev-v1.1.json", "bytes": len(CONTENT), "md5": md5, "sources": list(sources)}
    value = {
        "version": 1,
        "name": "cats",
        "kind": "dataset",
        "licence": "Apache-2.0",
        "origin": "made for a test",
        "sources": list(sources),
        "files": [file],
    }
    (folder / "manifest.json").write_text(json.dumps(value))
    return load_manifest(folder)


SOURCE = "squad-parquet:file:validation.parquet"


def test_a_parquet_becomes_the_exact_json(table: Path, tmp_path: Path) -> None:
    fetch(manifest(tmp_path, "file:nowhere.json", SOURCE), tmp_path / "t")
    assert (tmp_path / "t" / "dev-v1.1.json").read_bytes() == CONTENT
    left = {path.name for path in (tmp_path / "t").iterdir()}
    assert left == {"dev-v1.1.json", "checksums.json", ".lock"}


def test_a_json_that_is_not_the_original_is_refused(table: Path, tmp_path: Path) -> None:
    with pytest.raises(StageError, match="cannot be fetched") as stop:
        fetch(manifest(tmp_path, SOURCE, md5="0" * 32), tmp_path / "t")
    assert "it has other content: md5" in stop.value.detail
    assert {path.name for path in (tmp_path / "t").iterdir()} == {".lock"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html>not found</html>", "it holds an HTML page instead of the file"),
        (b"question,answer\n", "is not the hub's SQuAD v1.1"),
    ],
)
def test_a_file_that_is_no_parquet_is_refused(
    content: bytes, words: str, table: Path, tmp_path: Path
) -> None:
    table.write_bytes(content)
    with pytest.raises(StageError) as stop:
        fetch(manifest(tmp_path, SOURCE), tmp_path / "t")

    assert words in stop.value.detail


@pytest.mark.slow
def test_the_hub_gives_it(table: Path, tmp_path: Path) -> None:
    files = {"datasets/rajpurkar/squad/plain_text/validation.parquet": table.read_bytes()}
    source = "squad-parquet:hf:datasets/rajpurkar/squad@main:plain_text/validation.parquet"
    described = manifest(tmp_path, source)
    with hub_serving(Hub(files=files)) as hub:
        settings = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf")}
        done = subprocess.run(
            [sys.executable, "-c", FETCH, str(described.path), str(tmp_path / "t")],
            env={**os.environ, **settings, "NO_PROXY": "127.0.0.1"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.stdout, done.stderr) == ("('dev-v1.1.json',)\n", "")
    assert (tmp_path / "t" / "dev-v1.1.json").read_bytes() == CONTENT
