"""The two commands: from a name or an xml file to folders, a table, JSON and a plot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from submission.artifacts.manifest import load_manifest
from submission.cli import main
from submission.lab.synthetic.topology_bench import REFERENCE_OF
from tests.fakes.pruned_ir import write_pruned
from tests.fitting import assert_fits


@pytest.fixture
def places(tmp_path: Path) -> list[str]:
    """A folder of manifests with one published topology: the toy."""
    folder = tmp_path / "models" / REFERENCE_OF
    folder.mkdir(parents=True)
    xml = write_pruned(folder / "openvino_model.xml")
    size = xml.with_suffix(".bin").stat().st_size
    xml.with_suffix(".bin").unlink()
    value = {
        "version": 1,
        "name": REFERENCE_OF,
        "kind": "model",
        "licence": "Apache-2.0",
        "origin": "made for a test",
        "structured_sparsity_percent": 72.9,
        "sources": ["file:{file}"],
        "files": [
            {"name": xml.name, "role": "topology", "bytes": xml.stat().st_size},
            {"name": "openvino_model.bin", "role": "weights", "bytes": size},
        ],
    }
    (folder / "manifest.json").write_text(json.dumps(value))
    return ["--manifests", str(tmp_path / "models"), "--workspace", str(tmp_path / "out")]


def test_synthetic_weights_are_made_for_a_named_model(
    places: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["make-weights", REFERENCE_OF, *places]) == 0
    assert "scoring and layout refuse them" in capsys.readouterr().out
    names = (REFERENCE_OF, f"{REFERENCE_OF}-dense")
    made = [load_manifest(tmp_path / "out" / "made-up" / name) for name in names]
    assert all(manifest.synthetic for manifest in made)
    assert [manifest.name for manifest in made] == list(names)


def test_synthetic_weights_are_made_for_a_file(places: list[str], tmp_path: Path) -> None:
    xml = tmp_path / "models" / REFERENCE_OF / "openvino_model.xml"
    target = ["--no-dense", "--target", str(tmp_path / "t")]
    assert main(["make-weights", str(xml), *places, *target]) == 0
    assert [path.name for path in (tmp_path / "t").iterdir()] == [REFERENCE_OF]


@pytest.mark.slow
def test_the_benchmark_leaves_table_json_and_plot_and_uses_what_is_there(
    places: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["bench-topologies", *places, "--length", "12", "--shorter", "8"]
    assert main([*words, "--rounds", "2"]) == 0
    first = capsys.readouterr()
    assert f"making synthetic weights for {REFERENCE_OF}-dense" in first.err
    assert REFERENCE_OF in first.out
    result = tmp_path / "out" / "bench-topologies" / "result.json"
    value = json.loads(result.read_text(encoding="utf-8"))
    assert_fits(value, "bench_topologies")
    assert value["rounds"] == 2
    assert result.with_name("speedup.svg").is_file()
    assert main([*words, "--rounds", "1"]) == 0
    assert "making synthetic weights for" not in capsys.readouterr().err


def test_lengths_that_make_no_benchmark_are_refused(
    places: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench-topologies", *places, "--length", "12", "--shorter", "13"]) == 2
    assert "--shorter is from 2 to --length" in capsys.readouterr().err
