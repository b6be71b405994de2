"""What becomes of the engine's answers: closed when somebody stops the kit, asked for again."""

import signal
from pathlib import Path
from types import SimpleNamespace

import pytest
from docker.errors import APIError, NotFound
from requests import Response

from submission.container import docker_engine
from submission.container.client_config import ClientConfig
from submission.container.docker_engine import REMOVALS, DockerEngine, _closing
from submission.errors import StageError

NO_CONFIG = ClientConfig(path=Path("config.json"))


class Answer:
    """Closing it is when the user gives Ctrl-C again."""

    closed = False

    def close(self) -> None:
        signal.raise_signal(signal.SIGINT)
        self.closed = True


def test_a_ctrl_c_while_answers_are_closed_leaves_none_half_closed() -> None:
    client = SimpleNamespace(hooks={"response": []})
    answers = [Answer(), Answer()]
    with pytest.raises(KeyboardInterrupt), _closing(client):  # type: ignore[arg-type]  # noqa: PT012 -- each answer
        for each in answers:
            client.hooks["response"][0](each)
    assert [each.closed for each in answers] == [True, True]
    assert client.hooks == {"response": []}


class Answering:
    """A client that answers the removal of a container with one status after the other."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)

    def containers(self, **_: object) -> list[dict[str, str]]:
        return [{"Id": "c1"}]

    def remove_container(self, container: str, **_: object) -> None:
        response = Response()
        response.status_code = self.statuses.pop(0)
        if response.status_code >= 400:
            kind = NotFound if response.status_code == 404 else APIError
            raise kind(f"{container}: container state improper", response=response)


@pytest.fixture
def removing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker_engine, "REMOVAL_WAIT_S", 0)


@pytest.mark.usefixtures("removing")
@pytest.mark.parametrize("statuses", [(204,), (500, 204), (500, 500, 404), (500, 409)])
def test_a_container_that_is_ending_is_removed_all_the_same(statuses: tuple[int, ...]) -> None:
    client = Answering(*statuses)
    engine = DockerEngine(client, NO_CONFIG)  # type: ignore[arg-type]
    assert engine.reap("label", "value") == ["c1"]
    assert client.statuses == []


@pytest.mark.usefixtures("removing")
@pytest.mark.parametrize(("status", "tries"), [(500, REMOVALS), (403, 1)])
def test_a_removal_that_is_refused_is_an_error(status: int, tries: int) -> None:
    client = Answering(*[status] * 9)
    with pytest.raises(StageError, match="could not be removed"):
        DockerEngine(client, NO_CONFIG).reap("label", "value")  # type: ignore[arg-type]
    assert len(client.statuses) == 9 - tries
