"""Which engine is taken, and what is said of those that are passed over."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

import pytest

from submission.container import find
from submission.container.client_config import read_client_config
from submission.container.connection import GET_ONE
from submission.container.find import find_engine, usual_addresses
from submission.errors import EngineError
from tests.fakes.engine_socket import DOCKER, PODMAN, FakeApi, serving


class Machine:
    """Places for sockets below one folder; the system's own stay out of the tests."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self._stack = folder, stack
        self.environment = {
            "HOME": str(folder / "home"),
            "XDG_RUNTIME_DIR": str(folder / "run"),
            "ENGINE_DIR": str(folder / "kit"),
        }
        self.usual = folder / "usual.sock"
        self.rootless = folder / "run/docker.sock"
        self.podman = folder / "run/podman/podman.sock"
        self.kit = folder / "kit/docker.sock"

    def serve(self, path: Path, api: FakeApi | None = None) -> FakeApi:
        api = api or FakeApi()
        self._stack.enter_context(serving(path, api))
        return api

    def dead(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with socket.socket(socket.AF_UNIX) as left_behind:
            left_behind.bind(str(path))

    def context(self, name: str, host: str) -> None:
        folder = self.folder / "home/.docker"
        meta = folder / "contexts/meta" / sha256(name.encode()).hexdigest() / "meta.json"
        meta.parent.mkdir(parents=True)
        meta.write_text(json.dumps({"Endpoints": {"docker": {"Host": host}}}))
        (folder / "config.json").write_text(json.dumps({"currentContext": name}))

    def found(self, docker_host: str | None = None) -> find.FoundEngine:
        return find_engine(docker_host, self.environment)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    monkeypatch.setattr(find, "DEFAULT_HOST", f"unix://{tmp_path}/usual.sock")
    monkeypatch.setattr(find, "ROOTFUL_PODMAN", f"unix://{tmp_path}/podman.sock")
    with ExitStack() as stack:
        yield Machine(tmp_path, stack)


def test_the_order_of_the_places() -> None:
    environment = {"XDG_RUNTIME_DIR": "/run/user/7", "HOME": "/nowhere", "ENGINE_DIR": "/kit"}
    places = usual_addresses(read_client_config(environment), environment)
    assert [place.host.removeprefix("unix://") for place in places] == [
        "/var/run/docker.sock",
        "/run/user/7/docker.sock",
        "/run/user/7/podman/podman.sock",
        "/run/podman/podman.sock",
        "/kit/docker.sock",
    ]


def test_the_first_that_answers_is_taken(machine: Machine) -> None:
    machine.serve(machine.kit)
    assert machine.found().address.whose == "started by docker/engine.sh"
    machine.serve(machine.podman, FakeApi(version=PODMAN))
    assert machine.found().address.whose == "rootless Podman"
    machine.serve(machine.rootless)
    assert machine.found().address.whose == "rootless Docker"
    machine.serve(machine.usual)
    found = machine.found()
    assert found.address.whose == "the usual socket"
    assert found.passed_over == ()
    assert str(found) == (
        f"Docker 20.10.24 (API 1.41, linux/amd64) at unix://{machine.usual} (the usual socket)"
    )


def test_podman_is_called_podman(machine: Machine) -> None:
    machine.serve(machine.podman, FakeApi(version=PODMAN))
    assert machine.found().engine.version() == "Podman 4.3.1 (API 1.41, linux/amd64)"


def test_a_named_engine_is_the_only_one_that_is_asked(machine: Machine) -> None:
    machine.serve(machine.usual)
    with pytest.raises(EngineError) as error:
        machine.found(f"unix://{machine.folder}/none.sock")
    assert "there is no socket" in error.value.detail
    machine.serve(machine.kit)
    assert machine.found(f"unix://{machine.kit}").address.whose == "DOCKER_HOST"


def test_the_clients_context_comes_before_the_usual_socket(machine: Machine) -> None:
    machine.serve(machine.usual)
    machine.serve(machine.folder / "desktop.sock")
    machine.context("desktop", f"unix://{machine.folder}/desktop.sock")
    assert machine.found().address.whose == "the Docker client's context desktop"
    machine.environment["DOCKER_CONTEXT"] = "default"
    assert machine.found().address.whose == "the usual socket"


@pytest.mark.parametrize("host", ["unix:///none/there.sock", "ssh://me@there", "rubbish"])
def test_a_context_that_cannot_be_used_is_passed_over_with_a_note(
    machine: Machine, host: str
) -> None:
    machine.serve(machine.usual)
    machine.context("far", host)
    (note,) = machine.found().passed_over
    assert "context far" in note
    assert host in note


@pytest.mark.parametrize("text", ["", "[]", "{", '{"Endpoints": 1}', '{"Endpoints": {}}'])
def test_a_damaged_context_is_none(machine: Machine, text: str) -> None:
    machine.serve(machine.usual)
    machine.context("odd", "unix:///x")
    (meta,) = machine.folder.rglob("meta.json")
    meta.write_text(text)
    assert machine.found().passed_over == ()


def test_a_socket_that_nobody_listens_at_is_passed_over_with_a_note(machine: Machine) -> None:
    machine.dead(machine.usual)
    machine.serve(machine.kit)
    (note,) = machine.found().passed_over
    assert note.startswith(f"unix://{machine.usual} (the usual socket) is skipped")
    assert "nothing listens" in note


def test_one_that_accepts_and_never_answers_is_passed_over(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("submission.container.connection.ANSWER_TIMEOUT_S", 0.3)
    machine.serve(machine.usual, FakeApi(silent=True))
    machine.serve(machine.kit)
    found = machine.found()
    assert found.address.host == f"unix://{machine.kit}"
    assert "did not answer within 0.3 s" in found.passed_over[0]


@pytest.mark.parametrize(
    "api",
    [
        FakeApi(version=b"<html>not an engine</html>"),
        FakeApi(version=[]),
        FakeApi(version={}),
        FakeApi(version={**DOCKER, "ApiVersion": "rubbish"}),
        FakeApi(version={**DOCKER, "ApiVersion": 1}),
        FakeApi(version={**DOCKER, "ApiVersion": "1.40"}),
        FakeApi(version={**DOCKER, "ApiVersion": "1.12"}),
        FakeApi(version={"message": "starting"}, status=503),
    ],
    ids=["html", "list", "empty", "word", "number", "old", "ancient", "busy"],
)
def test_what_is_no_engine_of_today_is_passed_over(machine: Machine, api: FakeApi) -> None:
    machine.serve(machine.usual, api)
    with pytest.raises(EngineError) as error:
        machine.found()
    assert error.value.hint
    machine.serve(machine.kit)
    assert len(machine.found().passed_over) == 1


def test_an_old_engines_version_is_in_the_error(machine: Machine) -> None:
    machine.serve(machine.usual, FakeApi(version={**DOCKER, "ApiVersion": "1.12"}))
    with pytest.raises(EngineError, match="too old"):
        machine.found()


def test_where_there_is_none_the_places_are_listed(machine: Machine) -> None:
    with pytest.raises(EngineError) as error:
        machine.found()
    assert error.value.what == "no container engine answers"
    for path in (machine.usual, machine.rootless, machine.podman, machine.kit):
        assert str(path) in error.value.detail
    assert error.value.hint == GET_ONE


def test_several_that_cannot_be_used_are_all_named(machine: Machine) -> None:
    machine.dead(machine.usual)
    machine.dead(machine.kit)
    with pytest.raises(EngineError) as error:
        machine.found()
    assert str(machine.usual) in error.value.detail
    assert str(machine.kit) in error.value.detail
    assert str(machine.podman) not in error.value.detail
