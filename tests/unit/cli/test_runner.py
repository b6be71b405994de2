"""Where runs happen: the engine that was found, the host in its place, or nowhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from submission.cli.runner import SettledRunner, settle
from submission.container import find, host_engine
from submission.container.host_engine import HostEngine
from submission.errors import EngineError
from submission.workspace.resolve import resolve
from submission.workspace.settings import Runner
from tests.fakes.engine_socket import PODMAN, FakeApi, serving


class Here:
    """A machine whose only engine is the one that a test starts, and a workspace on it."""

    def __init__(self, repo: Path, folder: Path, stack: ExitStack) -> None:
        self.repo, self.folder, self._stack = repo, folder, stack
        self.environment = {
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder / "run"),
            "ENGINE_DIR": str(folder / "kit"),
            "WORKSPACE": str(folder / "out"),
        }

    def start(self, api: FakeApi | None = None) -> None:
        self._stack.enter_context(serving(self.folder / "kit/docker.sock", api or FakeApi()))

    def ran(self, runner: str, profile: str = "demo") -> None:
        run = self.folder / "out/runs" / profile / "model/Offline/performance"
        run.mkdir(parents=True)
        (run / "run_metadata.json").write_text(json.dumps({"runner": runner}))

    def settled(self, **settings: str) -> SettledRunner:
        environment = {**self.environment, **settings}
        return settle(resolve(self.repo, environment=environment, arguments={}), environment)

    def runner(self, **settings: str) -> Runner:
        place = self.settled(**settings)
        place.demand()
        return place.workspace.settings.runner

    def refusal(self, **settings: str) -> EngineError:
        place = self.settled(**settings)
        assert place.workspace.settings.runner is Runner.CONTAINER
        with pytest.raises(EngineError) as error:
            place.demand()
        assert error.value.exit_code == 4
        with pytest.raises(EngineError):
            place.engine()
        return error.value


@pytest.fixture
def here(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Here]:
    monkeypatch.setattr(find, "DEFAULT_HOST", f"unix://{tmp_path}/usual.sock")
    monkeypatch.setattr(find, "ROOTFUL_PODMAN", f"unix://{tmp_path}/podman.sock")
    with ExitStack() as stack:
        yield Here(repo, tmp_path, stack)


def said(place: SettledRunner) -> str:
    lines: list[str] = []
    place.announce(lines.append)
    place.conclude(lines.append)
    return "\n".join(lines)


def test_an_engine_that_answers_is_used_and_named(here: Here) -> None:
    here.start(FakeApi(version=PODMAN))
    assert here.runner() is Runner.CONTAINER
    assert said(here.settled()) == (
        f"engine: Podman 4.3.1 (API 1.41, linux/amd64) at unix://{here.folder}/kit/docker.sock "
        "(started by docker/engine.sh)"
    )


def test_without_one_the_demo_runs_on_the_host_and_says_so_before_and_after(here: Here) -> None:
    place = here.settled()
    assert isinstance(place.engine(), HostEngine)
    assert place.workspace.settings.runner is Runner.HOST
    assert place.workspace.image_file().name == "host.json"
    before: list[str] = []
    place.announce(before.append)
    assert "these runs happen on the host" in before[0]
    assert "no socket at" in before[0]
    assert "docker/engine.sh install" in before[0]
    after: list[str] = []
    place.conclude(after.append)
    assert "these runs happened on the host" in after[0]


@pytest.mark.parametrize("profile", ["official", "jpqd"])
def test_a_profile_for_submission_stops(here: Here, profile: str) -> None:
    error = here.refusal(PROFILE=profile)
    assert f"the profile {profile} is meant for submission" in error.what
    assert "docker/engine.sh install" in error.hint
    assert "RUNNER=host" in error.hint
    assert here.runner(PROFILE=profile, RUNNER="host") is Runner.HOST


@pytest.mark.parametrize("word", ["container", "docker"])
def test_a_container_that_is_asked_for_is_not_replaced(here: Here, word: str) -> None:
    assert here.refusal(RUNNER=word).what == "no container engine answers"
    here.start()
    assert here.runner(RUNNER=word) is Runner.CONTAINER


def test_the_host_that_is_asked_for_is_taken_without_a_word(here: Here) -> None:
    here.start()
    assert here.runner(RUNNER="host") is Runner.HOST
    assert said(here.settled(RUNNER="host")) == ""


def test_a_named_engine_that_does_not_answer_is_not_replaced(here: Here) -> None:
    here.start()
    error = here.refusal(DOCKER_HOST=f"unix://{here.folder}/other.sock")
    assert "other.sock" in error.detail


@pytest.mark.parametrize("setting", [{"MEMORY_BYTES": "800000000"}, {"OPENVINO": "2025.4.1"}])
def test_what_only_a_container_keeps_is_not_dropped(here: Here, setting: dict[str, str]) -> None:
    (name,) = setting
    assert here.refusal(**setting).what == f"{name} needs a container engine"


@pytest.mark.parametrize("runner", ["container", "docker"])
def test_runs_from_containers_are_not_measured_again_on_the_host(here: Here, runner: str) -> None:
    here.ran(runner)
    error = here.refusal()
    assert "were made in containers" in error.what
    assert "RUNNER=host" in error.hint
    assert here.runner(RUNNER="host") is Runner.HOST


def test_runs_of_the_host_go_on_there_and_move_into_containers_with_a_word(here: Here) -> None:
    here.ran("host")
    assert here.runner() is Runner.HOST
    here.start()
    assert here.runner() is Runner.CONTAINER
    assert "they are measured again in containers" in said(here.settled())


def test_runs_of_another_profile_do_not_matter(here: Here) -> None:
    here.ran("container", profile="official")
    assert here.runner() is Runner.HOST


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"runner": 1}', '{"runner": "x"}'])
def test_damaged_metadata_is_no_obstacle(here: Here, text: str) -> None:
    here.ran("host")
    (metadata,) = here.folder.rglob("run_metadata.json")
    metadata.write_text(text)
    assert here.runner() is Runner.HOST


def test_a_python_without_loadgen_cannot_measure_on_the_host(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_engine, "_version", lambda package: None)
    place = here.settled()
    with pytest.raises(EngineError, match="not possible with this Python") as error:
        place.demand()
    assert "PYTHON=python3.12" in error.value.hint
    here.start()
    assert here.runner() is Runner.CONTAINER
