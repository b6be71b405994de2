"""Opens a client of a container engine, or explains why there is none."""

from __future__ import annotations

import queue
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from docker import APIClient
from docker.auth import encode_header
from docker.errors import DockerException
from docker.transport.unixconn import UnixHTTPConnectionPool
from docker.utils import config, version_lt
from urllib3.exceptions import HTTPError

from submission.errors import EngineError

OLDEST_API = "1.41"
"""Docker 20.10 of Debian 12 and Ubuntu 22.04, the oldest supported version."""

SCHEMES = ("unix://", "tcp://", "http://", "https://")
"""Schemes of an engine's address."""

ANSWER_TIMEOUT_S = 10
"""How long an engine may take to report its version before it counts as not answering."""

GET_ONE = (
    "as root on Debian or Ubuntu: `apt-get install docker.io`, `systemctl start docker` and "
    "`usermod -aG docker NAME`; or `docker/engine.sh install`, `start` and `base`; an engine "
    "elsewhere: DOCKER_HOST=unix:///PATH"
)
"""How to get an engine."""


class IdleConnections:
    """The idle connections of a pool; a stack without a lock, so that no signal leaves it locked.

    The pool's own queue takes its lock in Python code. A Ctrl-C that arrives just then leaves it
    locked, and the next call waits for ever, or the collection of the dead pool at some later time.
    """

    def __init__(self, maxsize: int) -> None:
        self._maxsize = maxsize
        self._items: list[Any] = []

    def put(self, item: Any, **_: Any) -> None:
        """Add ``item``; raises queue.Full."""
        if len(self._items) >= self._maxsize:
            raise queue.Full
        self._items.append(item)

    def get(self, **_: Any) -> Any:
        """Take the newest; raises queue.Empty."""
        try:
            return self._items.pop()
        except IndexError:
            raise queue.Empty from None

    def qsize(self) -> int:
        """How many there are."""
        return len(self._items)


UnixHTTPConnectionPool.QueueCls = IdleConnections  # type: ignore[assignment]


class EngineClient(APIClient):
    """The SDK's client without its own reading of the Docker client's settings.

    ``client_config`` reads them instead; ``registry_auth`` is what a build sends.
    """

    registry_auth: Mapping[str, Any]

    def __init__(self, host: str, **options: Any) -> None:
        self.registry_auth = {}
        with _no_client_config():
            super().__init__(base_url=host, **options)

    def _set_auth_headers(self, headers: dict[str, Any]) -> None:
        if self.registry_auth:
            headers["X-Registry-Config"] = encode_header(dict(self.registry_auth))


@contextmanager
def _no_client_config() -> Iterator[None]:
    """Hide the Docker client's file from the SDK, whose constructor would read it."""
    before = config.find_config_file
    config.find_config_file = lambda config_path=None: None  # noqa: ARG005 -- its signature
    try:
        yield
    finally:
        config.find_config_file = before


def open_client(host: str) -> EngineClient:
    """A client of the engine at ``host``, which has answered.

    Raises EngineError for an invalid address, no answer, a socket without permission, or an
    engine older than API 1.41.
    """
    if not host.startswith(SCHEMES):
        raise EngineError(
            "DOCKER_HOST is not an engine's address",
            detail=f"it is {host!r}; an address begins with {', '.join(SCHEMES)}",
            hint="set it to unix:///var/run/docker.sock or unset it",
        )
    try:
        _knock(host)
        api = _api_version(host)
        if version_lt(api, OLDEST_API):
            raise too_old(host, api)
        client = EngineClient(host, version=api)
    except (DockerException, HTTPError, OSError, ValueError) as error:
        raise unreachable(host, error) from error
    # no connection stays open between two orders
    client.headers["Connection"] = "close"
    return client


def _api_version(host: str) -> str:
    """The engine's newest API version; raises ValueError if something else answers.

    A separate client with a short timeout asks, since the client for runs must allow hours of
    silence.
    """
    asked = EngineClient(host, version=OLDEST_API, timeout=ANSWER_TIMEOUT_S)
    try:
        return str(asked.version(api_version=False)["ApiVersion"])
    except (LookupError, TypeError) as error:
        raise ValueError("something other than a container engine answers") from error
    finally:
        asked.close()


def _knock(host: str) -> None:
    """Raise the plain OSError of a socket that refuses connections.

    The SDK would wrap it several times, and leave its own socket open.
    """
    if host.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as knocker:
            knocker.settimeout(ANSWER_TIMEOUT_S)
            knocker.connect(host.removeprefix("unix://"))


def too_old(host: str, api: str) -> EngineError:
    """The error for an engine that speaks an API before ``OLDEST_API``."""
    return EngineError(
        "the container engine is too old",
        detail=f"{host} speaks API {api}; {OLDEST_API} (Docker 20.10) is needed",
        hint="upgrade it, for example to Debian's docker.io",
    )


def unreachable(host: str, error: BaseException) -> EngineError:
    """The error for ``host`` not answering, worded by the innermost cause of ``error``."""
    causes = tuple(_causes(error))
    if any(isinstance(each, PermissionError) for each in causes):
        return EngineError(
            "the container engine may not be used by this user",
            detail=f"permission denied on {host}",
            hint="as root: `usermod -aG docker NAME`, then log in again (or `newgrp docker`)",
        )
    return EngineError("no container engine answers", detail=_said(host, causes), hint=GET_ONE)


def _said(host: str, causes: tuple[BaseException, ...]) -> str:
    for each in causes:
        if isinstance(each, FileNotFoundError | NotADirectoryError):
            return f"there is no socket at {host}"
        if isinstance(each, ConnectionRefusedError):
            return f"nothing listens at {host}"
        if isinstance(each, TimeoutError):
            return f"{host} did not answer within {ANSWER_TIMEOUT_S} s"
    return f"{host}: " + " ".join(str(causes[0]).split())


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all errors that it wraps: by ``from``, by context, or as arguments."""
    waiting, seen = [error], set[int]()
    while waiting:
        each = waiting.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        wrapped = (each.__cause__, each.__context__, getattr(each, "reason", None), *each.args)
        waiting += [inner for inner in wrapped if isinstance(inner, BaseException)]
