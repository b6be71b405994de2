"""Which fields of a manifest a run depends on: after any other one nothing is measured again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from submission.artifacts.own_data import OwnData, add_data
from submission.artifacts.own_model import OwnModel, add_model
from submission.container.host_engine import HostEngine
from submission.container.witnesses import witness_files, witnesses
from submission.files import write_json
from submission.runs.context import Context
from submission.stages.build import profile_stages
from submission.workspace.resolve import resolve
from submission.workspace.schema import load_schema
from tests.fakes.tiny_model import write_model

ROOT = Path(__file__).parents[3]
PROPERTIES = load_schema("manifest")["properties"]
#: of the folder that a manifest lies in, or of the form itself
FIXED = {"version", "name", "kind"}
TEXTS = {"readme", "layout", "check", "pack", "system"}
#: another value for each field: of the model, and of the data set
MODEL: Mapping[str, Any] = {
    "mlperf_model": "bert-99.9",
    "licence": "MIT",
    "origin": "somebody",
    "made_up": True,
    "notes": ["a note"],
    "inputs": {"input_ids": "0"},
    "outputs": {"logits": "1"},
    "max_seq_length": 128,
    "trailing_pad": 1,
    "weight_data_types": "int8",
    "accuracy": {"f1": 90.0, "exact_match": None},
    "structured_sparsity_percent": 12.0,
    "published": {
        "f1": 90.0,
        "server_scheduled": None,
        "server_completed": None,
        "offline": None,
        "source": "a page",
    },
    "training": None,
    "private": False,
    "part_bytes": 1000,
    "measurement": {
        "input_data_types": "INT64",
        "retraining": "Yes",
        "starting_weights_filename": "x",
    },
    "sources": ["https://example.invalid/{file}"],
}
DATA: Mapping[str, Any] = {"samples": 2, "cased": True}
#: a fetch depends on where files come from; its outcome is compared by the stages after it
FETCHED = {"sources": {"fetch[own]"}}


@pytest.fixture
def context(tmp_path: Path) -> Context:
    manifests = tmp_path / "models"
    add_model(
        manifests, OwnModel(xml=write_model(tmp_path / "x.xml"), name="own", sparsity_percent=0.0)
    )
    mini = ROOT / "models/squad-mini"
    add_data(
        manifests, OwnData(file=mini / "mini-v1.1.json", vocab=mini / "vocab.txt", name="mine")
    )
    arguments = {
        "workspace": str(tmp_path / "out"),
        "profile": "official",
        "model": "own",
        "dataset": "mine",
        "runner": "host",
    }
    workspace = resolve(ROOT, environment={}, arguments=arguments, manifests=manifests)
    return Context(workspace=workspace, connect=lambda: HostEngine(environment={}, root=ROOT))


def seen(context: Context) -> dict[str, Any]:
    """What a stamp of each stage before the texts would hold, but for the contents of files."""
    return {
        stage.name: json.dumps([dict(stage.settings()), sorted(map(str, stage.inputs()))])
        for stage in profile_stages(context)
        if stage.name not in TEXTS
    }


def changed(context: Context, name: str, field: str, value: Any) -> set[str]:
    """The stages that would run again after that change of a manifest."""
    path = context.manifest_path(name)
    text, before = path.read_text(encoding="utf-8"), seen(context)
    assert str(path) not in "".join(before.values())
    write_json(path, {**json.loads(text), field: value})
    after = seen(context)
    path.write_text(text, encoding="utf-8")
    return {stage for stage in before if before[stage] != after.get(stage)}


def test_every_field_is_tried() -> None:
    assert {*MODEL, *DATA, *FIXED, "files"} == set(PROPERTIES)


@pytest.mark.parametrize("field", [name for name in MODEL if name != "training"])
def test_what_a_run_depends_on_of_a_model(context: Context, field: str) -> None:
    stages = changed(context, "own", field, MODEL[field])
    if PROPERTIES[field].get("x-run"):
        runs = {stage for stage in seen(context) if stage.startswith(("measure[", "probe["))}
        assert runs
        assert runs <= stages
    else:
        assert stages == FETCHED.get(field, set())


def test_how_a_model_was_trained_is_read_by_no_stage() -> None:
    assert not PROPERTIES["training"].get("x-run")


@pytest.mark.parametrize("field", DATA)
def test_what_a_run_depends_on_of_data(context: Context, field: str) -> None:
    assert PROPERTIES[field]["x-run"]
    stages = changed(context, "mine", field, DATA[field])
    assert any(stage.startswith(("measure[", "features[")) for stage in stages)


@pytest.mark.parametrize("field", ["licence", "origin", "notes", "private"])
def test_what_nothing_depends_on_of_data(context: Context, field: str) -> None:
    assert changed(context, "mine", field, MODEL[field]) == set()


def test_other_files_are_fetched_again(context: Context) -> None:
    files = json.loads(context.manifest_path("own").read_text())["files"]
    files[0]["sha256"] = "0" * 64
    assert PROPERTIES["files"]["x-run"]
    assert {"fetch[own]", "rejoin[own]"} <= changed(context, "own", "files", files)


def test_a_description_of_a_tensor_changes_no_run(context: Context) -> None:
    inputs = json.loads(context.manifest_path("own").read_text())["inputs"]
    described = {role: {"name": name, "what": "said later"} for role, name in inputs.items()}
    assert changed(context, "own", "inputs", described) == set()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    write_json(tmp_path / "models/kit/manifest.json", {"origin": "us", "files": []})
    return tmp_path


@pytest.mark.parametrize("private", [True, False])
def test_an_image_knows_nothing_of_what_a_person_took_over(checkout: Path, private: bool) -> None:
    before, files = witnesses(checkout), list(witness_files(checkout))
    assert files == ["models/kit/manifest.json"]
    own = checkout / "models/own/manifest.json"
    write_json(own, {"origin": "NOT SAID: who", "private": private, "files": []})
    assert (witnesses(checkout), list(witness_files(checkout))) == (before, files)
    edit(own)
    assert witnesses(checkout) == before
    edit(checkout / "models/kit/manifest.json")
    assert witnesses(checkout) != before


def edit(path: Path) -> None:
    write_json(path, {**json.loads(path.read_text()), "origin": "said later"})


def test_a_manifest_that_cannot_be_read_stops_no_build(checkout: Path) -> None:
    before = witnesses(checkout)
    broken = checkout / "models/broken/manifest.json"
    broken.parent.mkdir()
    broken.write_text("{")
    assert witnesses(checkout) == before
