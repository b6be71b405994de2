"""What becomes of the engine's answers when somebody stops the kit while they are closed."""

import signal
from types import SimpleNamespace

import pytest

from submission.container.docker_engine import _closing


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
