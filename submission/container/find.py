"""Finds a container engine: the named one, or the first at a usual address."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from submission.container.client_config import ClientConfig, context_host, read_client_config
from submission.container.connection import GET_ONE, SCHEMES, EngineClient, open_client
from submission.container.docker_engine import DockerEngine
from submission.errors import EngineError

DEFAULT_HOST = "unix:///var/run/docker.sock"
ROOTFUL_PODMAN = "unix:///run/podman/podman.sock"
ENGINE_DIR = "/var/lib/mlperf-kit-engine"
"""The folder of the engine of ``docker/engine.sh`` unless ENGINE_DIR is set."""


@dataclass(frozen=True, kw_only=True)
class EngineAddress:
    """An address where an engine may answer, and what it belongs to."""

    host: str
    whose: str


@dataclass(frozen=True, kw_only=True)
class FoundEngine:
    """An engine that answered, and the skipped ones before it, with the reasons."""

    engine: DockerEngine
    address: EngineAddress
    passed_over: tuple[str, ...] = ()

    def __str__(self) -> str:
        """``Docker 20.10.24 (API 1.41, linux/amd64) at unix:///var/run/docker.sock (…)``."""
        return f"{self.engine.version()} at {self.address.host} ({self.address.whose})"


def usual_addresses(
    config: ClientConfig, environment: Mapping[str, str]
) -> Iterator[EngineAddress]:
    """The addresses that are tried, in order, when none is named."""
    if chosen := context_host(config, environment):
        name, host = chosen
        yield EngineAddress(host=host, whose=f"the Docker client's context {name}")
    yield EngineAddress(host=DEFAULT_HOST, whose="the usual socket")
    runtime = environment.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    yield EngineAddress(host=f"unix://{runtime}/docker.sock", whose="rootless Docker")
    yield EngineAddress(host=f"unix://{runtime}/podman/podman.sock", whose="rootless Podman")
    yield EngineAddress(host=ROOTFUL_PODMAN, whose="Podman")
    folder = Path(environment.get("ENGINE_DIR") or ENGINE_DIR).absolute()
    yield EngineAddress(host=f"unix://{folder}/docker.sock", whose="started by docker/engine.sh")


def find_engine(docker_host: str | None, environment: Mapping[str, str]) -> FoundEngine:
    """The engine at ``docker_host``, or without it the first that answers at a usual address.

    An address without a socket is skipped silently, an unusable engine with a note. Raises
    EngineError if the named engine cannot be used, or there is none.
    """
    config = read_client_config(environment)
    if docker_host:
        address = EngineAddress(host=docker_host, whose="DOCKER_HOST")
        return FoundEngine(engine=DockerEngine(open_client(docker_host), config), address=address)
    refusals: list[tuple[EngineAddress, EngineError]] = []
    for address in usual_addresses(config, environment):
        try:
            client = _open(address)
        except EngineError as error:
            refusals.append((address, error))
        else:
            notes = tuple(_note(*each) for each in refusals if _is_there(*each))
            engine = DockerEngine(client, config)
            return FoundEngine(engine=engine, address=address, passed_over=notes)
    raise _none(refusals)


def _open(address: EngineAddress) -> EngineClient:
    """A client of the engine there; raises EngineError."""
    kind, sign, _ = address.host.partition("://")
    if kind + sign not in SCHEMES:
        raise EngineError("not supported", detail=f"an address by {kind}{sign}", hint=GET_ONE)
    return open_client(address.host)


def connect(docker_host: str | None, environment: Mapping[str, str]) -> DockerEngine:
    """The engine that ``find_engine`` finds; raises EngineError."""
    return find_engine(docker_host, environment).engine


def _is_there(address: EngineAddress, error: EngineError) -> bool:
    """Whether there is anything at the address."""
    return not error.detail.startswith("there is no socket at") or "context" in address.whose


def _note(address: EngineAddress, error: EngineError) -> str:
    return f"{address.host} ({address.whose}) is skipped: {error.what}: {error.detail}"


def _none(refusals: list[tuple[EngineAddress, EngineError]]) -> EngineError:
    """The error for no usable engine, with the reasons of those that exist."""
    there = [each for each in refusals if _is_there(*each)]
    if len(there) == 1:
        return there[0][1]
    looked = "; ".join(_note(*each) for each in there)
    if not looked:
        looked = "no socket at " + ", ".join(address.host for address, _ in refusals)
    hint = there[0][1].hint if there else GET_ONE
    return EngineError("no container engine answers", detail=looked, hint=hint)
