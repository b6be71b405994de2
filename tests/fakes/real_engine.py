"""The engine of this machine, for the tests that need one."""

from __future__ import annotations

import os
from functools import cache

from submission.container.docker_engine import DockerEngine
from submission.container.find import connect, find_engine


@cache
def engine_host() -> str:
    """Its address, found as the kit finds it; raises EngineError."""
    return find_engine(os.environ.get("DOCKER_HOST"), os.environ).address.host


def real_engine() -> DockerEngine:
    """A client of its own; raises EngineError."""
    return connect(engine_host(), os.environ)
