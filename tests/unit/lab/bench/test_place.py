"""Where a plan is measured and where a run looks for it are one place."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from submission.artifacts.manifest import load_manifest
from submission.artifacts.verify import verify
from submission.container.host_engine import HostEngine
from submission.host import host_facts
from submission.lab.bench.setup import BenchSetup
from submission.lab.bench.subject import Model, find_model, place_here, place_of_way
from submission.runs.context import Context
from submission.runs.decide import OFFLINE_BATCH
from submission.runs.planning import place_of
from submission.runs.tuned import Place, Tuned, write_tuned
from submission.runs.tuning import this_host
from submission.terms import PlanRequest, Scenario
from submission.workspace.folders import image_openvino
from submission.workspace.resolve import resolve

LENGTHS = np.arange(1, 385, dtype=np.int32)
"""What a run plans with before its features are made."""


@pytest.fixture
def one_cpu() -> Iterator[int]:
    """This process on one processor, as ``taskset`` would start it."""
    before = os.sched_getaffinity(0)
    cpu = min(before)
    os.sched_setaffinity(0, {cpu})
    this_host.cache_clear()
    yield cpu
    os.sched_setaffinity(0, before)
    this_host.cache_clear()


def place_of_run(repo: Path, workspace: Path, **more: str) -> Place:
    environment = {"WORKSPACE": str(workspace), "PROFILE": "official", "RUNNER": "docker"}
    # else the version depends on the processor that the test runs on
    environment |= {"OPENVINO": image_openvino(repo) or "", **more}
    resolved = resolve(repo, environment=environment, arguments={})
    engine = HostEngine(environment={}, root=repo)
    return place_of(Context(workspace=resolved, connect=lambda: engine), "minilm-squad", "f32")


def test_a_plan_measured_on_some_processors_holds_for_containers_on_them(
    repo: Path, tmp_path: Path, one_cpu: int
) -> None:
    folder = repo / "models/minilm-squad"
    model = Model(name="minilm-squad", folder=folder, manifest=load_manifest(folder))
    here = place_here(model, LENGTHS, "f32")
    in_image = replace(here, openvino=image_openvino(repo) or "")
    assert place_of_run(repo, tmp_path, CPUSET=str(one_cpu)) == in_image


@pytest.mark.parametrize(("way", "differ"), [("ours", {"memory_bytes"}), ("published", set())])
def test_room_for_more_shapes_is_another_place_for_ours_alone(
    repo: Path, way: str, differ: set[str]
) -> None:
    folder = repo / "models/minilm-squad"
    model = Model(name="minilm-squad", folder=folder, manifest=load_manifest(folder))
    one, other = (
        place_of_way(way, model, LENGTHS, PlanRequest(memory_bytes=room))
        for room in (10**9, 10**10)
    )
    assert {
        f.name for f in fields(Place) if getattr(one, f.name) != getattr(other, f.name)
    } == differ


def test_generations_of_a_processor_are_places_of_their_own(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = repo / "models/minilm-squad"
    model = Model(name="minilm-squad", folder=folder, manifest=load_manifest(folder))
    host = replace(host_facts(), cpu_model="A", cpu_generation="family 1, model 2")
    monkeypatch.setattr("submission.runs.tuning.this_host", lambda: host)
    assert place_here(model, LENGTHS, "f32").cpu_model == "A (family 1, model 2)"


@pytest.mark.parametrize(
    ("more", "batch"),
    [
        ({}, 4),
        ({"batch": 1}, 1),
        ({"shapes": 9}, OFFLINE_BATCH),
        ({"tuned": Path("no")}, OFFLINE_BATCH),
    ],
)
def test_a_tuned_plan_is_taken_unless_the_command_line_has_one(
    repo: Path, tmp_path: Path, more: dict[str, Any], batch: int
) -> None:
    folder = repo / "models/minilm-squad"
    model = Model(name="minilm-squad", folder=folder, manifest=load_manifest(folder))
    workspace = resolve(repo, environment={}, arguments={})
    setup = BenchSetup(workspace=workspace, folder=tmp_path, tuned=tmp_path)
    setup = replace(setup, **more)
    place, request = place_here(model, LENGTHS, "f32"), setup.request()
    won = Tuned(choice={"shapes": 12, "batch": 4}, reason="it won")
    write_tuned(tmp_path, place, Scenario.OFFLINE, won, [])
    assert setup.tuned_request(place, Scenario.OFFLINE, request).batch == batch
    assert setup.tuned_request(place, Scenario.SERVER, request) == request


def test_the_published_software_is_a_place_of_its_own(repo: Path) -> None:
    folder = repo / "models/minilm-squad"
    model = Model(name="minilm-squad", folder=folder, manifest=load_manifest(folder))
    here, there = (
        place_of_way(way, model, LENGTHS, PlanRequest()) for way in ("published", "published-stack")
    )
    assert there == replace(here, openvino="2022.3.0")
    assert there.precision == "bf16"


def test_an_image_of_another_openvino_is_another_place(repo: Path, tmp_path: Path) -> None:
    one = place_of_run(repo, tmp_path)
    other = place_of_run(repo, tmp_path, OPENVINO="2025.4.1")
    differ = {f.name for f in fields(Place) if getattr(one, f.name) != getattr(other, f.name)}
    assert (differ, other.openvino) == ({"openvino"}, "2025.4.1")


def test_the_openvino_of_the_image_that_was_built_counts(repo: Path, tmp_path: Path) -> None:
    """On a base image with Python 3.13 the default lock installs a later one."""
    built = {"reference": "kit:3.0", "openvino": "2025.4.1"}
    (tmp_path / "image.json").write_text(json.dumps(built))
    assert place_of_run(repo, tmp_path).openvino == "2025.4.1"
    (tmp_path / "image.json").write_text('{"reference": "of an earlier kit"}')
    assert place_of_run(repo, tmp_path).openvino == image_openvino(repo)


def test_the_openvino_of_an_image_that_is_about_to_be_replaced_does_not_count(
    repo: Path, tmp_path: Path
) -> None:
    built = {"openvino": "2026.4.1", "openvino_chosen": {"version": "2026.4.1", "reason": "given"}}
    (tmp_path / "image.json").write_text(json.dumps(built))
    assert place_of_run(repo, tmp_path).openvino == image_openvino(repo)
    assert place_of_run(repo, tmp_path, OPENVINO="2026.4.1").openvino == "2026.4.1"


def test_a_model_without_parts_beside_its_manifest_is_made_of_those_that_were_fetched(
    repo: Path, tmp_path: Path
) -> None:
    source, name = repo / "models/minilm-squad", "minilm-squad"
    bare = shutil.ignore_patterns("parts")
    shutil.copytree(source, tmp_path / "models" / name, ignore=bare)
    shutil.copytree(source / "parts", tmp_path / "out/parts" / name)
    model = find_model(name, resolve(tmp_path, environment={}, arguments={}), tmp_path / "bench")
    assert verify(model.manifest, model.folder) == []
