import socket
from pathlib import Path

import pytest

from submission.container.connection import open_client, too_old, unreachable
from submission.errors import EngineError


def refusal(host: str) -> EngineError:
    with pytest.raises(EngineError) as error:
        open_client(host)
    assert error.value.exit_code == 4
    return error.value


def test_where_there_is_no_socket_the_hint_says_how_to_get_an_engine(tmp_path: Path) -> None:
    error = refusal(f"unix://{tmp_path}/none.sock")
    assert error.what == "no container engine answers"
    assert error.detail == f"there is no socket at unix://{tmp_path}/none.sock"
    assert "apt-get install docker.io" in error.hint


def test_a_socket_that_nobody_listens_at_is_distinguished_from_none(tmp_path: Path) -> None:
    path = tmp_path / "dead.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    assert refusal(f"unix://{path}").detail == f"nothing listens at unix://{path}"


@pytest.mark.parametrize("host", ["rubbish", "/var/run/docker.sock", "ssh://there", "npipe://x"])
def test_an_address_of_no_known_kind_is_quoted(host: str) -> None:
    error = refusal(host)
    assert error.what == "DOCKER_HOST is not an engine's address"
    assert repr(host) in error.detail


def test_a_malformed_address_is_an_error_too() -> None:
    assert "tcp://:::x" in refusal("tcp://:::x").detail


def test_permission_is_named_however_deep_it_lies() -> None:
    outer = OSError("wrapped", PermissionError(13, "Permission denied"))
    error = unreachable("unix:///var/run/docker.sock", outer)
    assert "may not be used by this user" in error.what
    assert "usermod -aG docker" in error.hint


def test_the_error_of_an_old_engine_names_both_versions() -> None:
    error = too_old("unix:///x", "1.40")
    assert "1.40" in error.detail
    assert "1.41" in error.detail


def test_a_strange_failure_is_reported_on_one_line() -> None:
    error = unreachable("tcp://there:1", OSError("first\nsecond"))
    assert error.detail == "tcp://there:1: first second"
