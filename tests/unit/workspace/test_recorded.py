"""What a workspace knows of its last runs, and how that is typed again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from submission.workspace.recorded import given, record, recorded, typed
from submission.workspace.resolve import resolve
from submission.workspace.settings import Runner


def run(repo: Path, out: Path, **settings: str) -> None:
    record(resolve(repo, environment={"WORKSPACE": str(out), **settings}, arguments={}))


def test_the_last_run_comes_first(repo: Path, tmp_path: Path) -> None:
    assert recorded(tmp_path) == []
    run(repo, tmp_path, MODEL="minilm-squad", DATA="squad", RUNNER="host", CPUSET="1")
    run(repo, tmp_path)
    run(repo, tmp_path, PROFILE="official", SUBMITTER="Me")
    found = recorded(tmp_path)
    assert [each.profile for each in found] == ["official", "demo", "demo-minilm-squad-squad"]
    assert found[0].settings == {"profile": "official", "submitter": "Me"}
    assert found[1].settings == {}
    assert found[1].naming == {"profile": "demo"}
    assert found[2].naming == {"profile": "demo", "model": "minilm-squad", "dataset": "squad"}
    run(repo, tmp_path)
    assert recorded(tmp_path)[0].profile == "demo"


def test_a_default_differs_from_no_run_that_named_it(repo: Path, tmp_path: Path) -> None:
    """As a workspace of a version whose default was another one has it."""
    run(repo, tmp_path, MEMORY_BYTES="800000000")
    path = resolve(repo, environment={"WORKSPACE": str(tmp_path)}, arguments={}).recorded_file()
    value = json.loads(path.read_text())
    value["settings"]["openvino"] = "auto"
    path.write_text(json.dumps(value))
    now = resolve(repo, environment={"OPENVINO": "2025.4.1"}, arguments={}).settings
    (last,) = recorded(tmp_path)
    assert last.differences(now) == [
        "OPENVINO differs from that of the last run: auto then, 2025.4.1 now",
        "MEMORY_BYTES differs from that of the last run: 800000000 then, none now",
    ]
    usual = resolve(repo, environment={}, arguments={}).settings
    assert [words.split()[0] for words in last.differences(usual)] == ["MEMORY_BYTES"]


def test_no_secret_and_no_habit_is_recorded(repo: Path, tmp_path: Path) -> None:
    settings = {
        "MIRROR": "https://me:secret@example.invalid/",
        "PIP_INDEX_URL": "https://me:secret@example.invalid/simple",
        "DOCKER_HOST": "tcp://me:secret@example.invalid:1",
        "WAIT_FOR_QUIET": "3",
    }
    run(repo, tmp_path, **settings)
    assert recorded(tmp_path)[0].settings == {}
    assert not any("secret" in path.read_text() for path in tmp_path.rglob("*.json"))


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"at": "x", "profile": "demo", "settings": {"runner": "moon"}}', "1"]
)
def test_a_record_that_cannot_be_read_is_none(repo: Path, tmp_path: Path, text: str) -> None:
    run(repo, tmp_path)
    (path,) = tmp_path.rglob("settings.json")
    path.write_text(text)
    assert recorded(tmp_path) == []


def test_settings_of_a_later_kit_are_left_out(repo: Path, tmp_path: Path) -> None:
    run(repo, tmp_path, CPUSET="0")
    (path,) = tmp_path.rglob("settings.json")
    value = json.loads(path.read_text())
    value["settings"]["warp"] = 9
    path.write_text(json.dumps(value))
    assert recorded(tmp_path)[0].settings == {"cpuset": "0"}


def test_what_ran_last_is_meant_where_nothing_is_named(repo: Path, tmp_path: Path) -> None:
    last = {"model": "minilm-squad", "runner": "host", "cpuset": "1"}

    def settled(**settings: str) -> dict[str, object]:
        environment = {"WORKSPACE": str(tmp_path), **settings}
        return given(
            resolve(repo, environment=environment, arguments={}, last=lambda out: last).settings
        )

    assert settled() == last
    assert settled(CPUSET="0") == {**last, "cpuset": "0"}
    assert settled(PROFILE="demo") == {}
    assert settled(SUBMITTER="Me") == {"submitter": "Me"}


def test_the_workspace_of_the_last_run_is_the_one_that_is_looked_at(
    repo: Path, tmp_path: Path
) -> None:
    seen: list[Path] = []

    def last(out: Path) -> dict[str, str]:
        seen.append(out)
        return {}

    resolve(repo, environment={"WORKSPACE": str(tmp_path)}, arguments={}, last=last)
    resolve(repo, environment={}, arguments={}, last=last)
    assert seen == [tmp_path, repo / "out"]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (True, "make submission MODEL=m DATA='my data' MEMORY_BYTES=8"),
        (False, ".venv/bin/mlperf-kit run --model m --dataset 'my data' --memory-bytes 8"),
    ],
)
def test_a_command_is_typed_as_its_caller_types(make: bool, words: str) -> None:
    settings = {"model": "m", "dataset": "my data", "memory_bytes": 8}
    assert typed("run", settings, make=make) == words


def test_a_value_is_recorded_as_json(repo: Path, tmp_path: Path) -> None:
    run(repo, tmp_path, RUNNER=str(Runner.HOST), BERT_MODEL_DIR=str(tmp_path))
    assert recorded(tmp_path)[0].settings == {"runner": "host", "model_dir": str(tmp_path)}
