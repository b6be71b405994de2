"""Finding a container engine, and saying how to get one where there is none."""

from __future__ import annotations

import socket
from collections.abc import Iterator

from docker import APIClient
from docker.errors import DockerException
from docker.utils import version_lt

from submission.errors import EngineError

DEFAULT_HOST = "unix:///var/run/docker.sock"
OLDEST_API = "1.41"
"""Docker 20.10 of Debian 12 and Ubuntu 22.04: the oldest that is tried."""

_SCHEMES = ("unix://", "tcp://", "http://", "https://")
_WITHOUT = "RUNNER=host runs without a container (the check warns about it)"
_GET_ONE = (
    "as root on Debian or Ubuntu: `apt-get install docker.io`, `systemctl start docker` and "
    "`usermod -aG docker NAME`, or `docker/engine.sh install` and `start`; an engine elsewhere: "
    f"DOCKER_HOST=unix:///PATH; {_WITHOUT}"
)


def open_client(docker_host: str | None) -> APIClient:
    """A client of the engine at ``docker_host`` (``None``: the usual socket), once it answered.

    Raises EngineError: the address is none, nobody answers there, the socket may not be used,
    or the engine is older than API 1.41.
    """
    host = docker_host or DEFAULT_HOST
    if not host.startswith(_SCHEMES):
        raise EngineError(
            "DOCKER_HOST is not the address of an engine",
            detail=f"it is {host!r}; an address begins with {', '.join(_SCHEMES)}",
            hint=f"set it to unix:///var/run/docker.sock or unset it; {_WITHOUT}",
        )
    try:
        _knock(host)
        client = APIClient(base_url=host, version="auto")
    except (DockerException, OSError, ValueError) as error:
        raise unreachable(host, error) from error
    # nothing stays open between two orders, the connection of the first question included
    client.headers["Connection"] = "close"
    client.close()
    api = str(client.api_version)
    if version_lt(api, OLDEST_API):
        raise too_old(host, api)
    return client


def _knock(host: str) -> None:
    """Raise the plain OSError of a socket that cannot be connected to.

    The SDK would wrap it several times, and leave its own socket open.
    """
    if host.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as knocker:
            knocker.connect(host.removeprefix("unix://"))


def too_old(host: str, api: str) -> EngineError:
    """The error for an engine that speaks an API before ``OLDEST_API``."""
    return EngineError(
        "the container engine is too old",
        detail=f"{host} speaks API {api}; {OLDEST_API} (Docker 20.10) is needed",
        hint=f"upgrade it, for example to Debian's docker.io; {_WITHOUT}",
    )


def unreachable(host: str, error: BaseException) -> EngineError:
    """The error for ``host`` not answering, worded by what lies at the bottom of ``error``."""
    causes = tuple(_causes(error))
    if any(isinstance(each, PermissionError) for each in causes):
        return EngineError(
            "the container engine may not be used by this user",
            detail=f"permission denied on {host}",
            hint="as root: `usermod -aG docker NAME`, then log in again (or `newgrp docker`); "
            f"{_WITHOUT}",
        )
    return EngineError("no container engine answers", detail=_said(host, causes), hint=_GET_ONE)


def _said(host: str, causes: tuple[BaseException, ...]) -> str:
    for each in causes:
        if isinstance(each, FileNotFoundError):
            return f"there is no socket at {host}"
        if isinstance(each, ConnectionRefusedError):
            return f"nobody listens at {host}"
    return f"{host}: " + " ".join(str(causes[0]).split())


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it wraps, by ``from``, by context, or as an argument."""
    waiting, seen = [error], set[int]()
    while waiting:
        each = waiting.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        wrapped = (each.__cause__, each.__context__, getattr(each, "reason", None), *each.args)
        waiting += [inner for inner in wrapped if isinstance(inner, BaseException)]
