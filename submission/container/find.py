"""Finding a container engine: the one that is named, or the first that answers at a usual place."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from submission.container.client_config import ClientConfig, context_host, read_client_config
from submission.container.connection import GET_ONE, SCHEMES, open_client
from submission.container.docker_engine import DockerEngine
from submission.errors import EngineError

DEFAULT_HOST = "unix:///var/run/docker.sock"
ROOTFUL_PODMAN = "unix:///run/podman/podman.sock"
ENGINE_DIR = "/var/lib/mlperf-kit-engine"
"""Where ``docker/engine.sh`` keeps its engine unless ENGINE_DIR says otherwise."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """An address where an engine may answer, and whose it is."""

    host: str
    whose: str


@dataclass(frozen=True, kw_only=True)
class FoundEngine:
    """An engine that answered, and the places before it that were passed over, with the reasons."""

    engine: DockerEngine
    place: Place
    passed_over: tuple[str, ...] = ()

    def __str__(self) -> str:
        """``Docker 20.10.24 (API 1.41, linux/amd64) at unix:///var/run/docker.sock (…)``."""
        return f"{self.engine.version()} at {self.place.host} ({self.place.whose})"


def usual_places(config: ClientConfig, environment: Mapping[str, str]) -> Iterator[Place]:
    """Where an engine is looked for, best first, when none is named."""
    if chosen := context_host(config, environment):
        name, host = chosen
        yield Place(host=host, whose=f"the Docker client's context {name}")
    yield Place(host=DEFAULT_HOST, whose="the usual socket")
    runtime = environment.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    yield Place(host=f"unix://{runtime}/docker.sock", whose="rootless Docker")
    yield Place(host=f"unix://{runtime}/podman/podman.sock", whose="rootless Podman")
    yield Place(host=ROOTFUL_PODMAN, whose="Podman")
    folder = Path(environment.get("ENGINE_DIR") or ENGINE_DIR).absolute()
    yield Place(host=f"unix://{folder}/docker.sock", whose="started by docker/engine.sh")


def find_engine(docker_host: str | None, environment: Mapping[str, str]) -> FoundEngine:
    """The engine at ``docker_host``, or without it the first that answers at a usual place.

    A place without a socket is passed over silently, one whose engine cannot be used with a note.
    Raises EngineError: the named engine cannot be used, or there is none.
    """
    config = read_client_config(environment)
    if docker_host:
        place = Place(host=docker_host, whose="DOCKER_HOST")
        return FoundEngine(engine=DockerEngine(open_client(docker_host), config), place=place)
    places = tuple(usual_places(config, environment))
    refusals: list[tuple[Place, EngineError]] = []
    for place in places:
        if not place.host.startswith(SCHEMES):
            kind = place.host.partition("://")[0]
            error = EngineError("not supported", detail=f"an address by {kind}://", hint=GET_ONE)
        else:
            try:
                client = open_client(place.host)
            except EngineError as refusal:
                error = refusal
            else:
                notes = tuple(_note(*each) for each in refusals if _is_there(*each))
                engine = DockerEngine(client, config)
                return FoundEngine(engine=engine, place=place, passed_over=notes)
        refusals.append((place, error))
    raise _none(refusals)


def connect(docker_host: str | None, environment: Mapping[str, str]) -> DockerEngine:
    """The engine that ``find_engine`` finds; raises EngineError."""
    return find_engine(docker_host, environment).engine


def _is_there(place: Place, error: EngineError) -> bool:
    """Whether something lies at that place at all."""
    return not error.detail.startswith("there is no socket at") or "context" in place.whose


def _note(place: Place, error: EngineError) -> str:
    return f"{place.host} ({place.whose}) is passed over: {error.what}: {error.detail}"


def _none(refusals: list[tuple[Place, EngineError]]) -> EngineError:
    """The error for no engine at all: the reason of the one that is there but cannot be used."""
    there = [each for each in refusals if _is_there(*each)]
    if len(there) == 1:
        return there[0][1]
    looked = "; ".join(_note(*each) for each in there)
    if not looked:
        looked = "no socket at " + ", ".join(place.host for place, _ in refusals)
    hint = there[0][1].hint if there else GET_ONE
    return EngineError("no container engine answers", detail=looked, hint=hint)
