"""Orders to an engine, and their outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from submission.errors import StageError

TAIL_LINES = 40
"""How many of the last lines of a run or a build are kept for the error message."""

KILLED_EXIT_CODE = 137
"""128 + SIGKILL, as a shell and every engine report it."""


@dataclass(frozen=True, kw_only=True)
class Mount:
    """A folder or file of the host, seen by the command at ``target``."""

    source: Path
    target: str
    read_only: bool = True


@dataclass(frozen=True, kw_only=True)
class CommandOrder:
    """One command in one container of its own.

    ``command`` is the whole command line; the image's entry point is not used. ``user`` is
    ``uid[:gid]``, ``None`` the image's own; ``cpuset`` is a list such as ``0-3,8``, ``None``
    every core. ``memory_bytes`` includes swap. ``name`` is the prefix of the container's name.
    ``labels`` identify the owner of the container, for ``Engine.reap``.
    """

    image: str
    command: tuple[str, ...]
    mounts: tuple[Mount, ...] = ()
    user: str | None = None
    cpuset: str | None = None
    memory_bytes: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    tmpfs: tuple[str, ...] = ("/tmp",)  # noqa: S108 -- inside the container, a tmpfs of its own
    labels: Mapping[str, str] = field(default_factory=dict)
    network: str = "none"
    read_only: bool = True
    name: str = "mlperf-kit"


@dataclass(frozen=True, kw_only=True)
class CommandOutcome:
    """How a command ended; ``tail`` holds its last lines, both streams together."""

    exit_code: int
    oom_killed: bool
    tail: tuple[str, ...]
    started_at: datetime
    ended_at: datetime
    container_id: str

    @property
    def ok(self) -> bool:
        """Whether the exit code is 0."""
        return self.exit_code == 0 and not self.oom_killed

    def failure(self, what: str) -> StageError:
        """The error for the failed ``what``, with the cause and the last lines."""
        said = " | ".join(line for line in self.tail[-5:] if line.strip()) or "no output"
        if self.oom_killed:
            return StageError(
                f"{what} was killed: its container ran out of memory",
                detail=f"exit code {self.exit_code}; last lines: {said}",
                hint="raise its memory limit (MEMORY_BYTES), or set fewer streams in the profile",
            )
        if self.exit_code == KILLED_EXIT_CODE:
            return StageError(
                f"{what} was killed by another process",
                detail=f"exit code {self.exit_code} (SIGKILL); last lines: {said}",
                hint="look for the out-of-memory killer in `dmesg` (not every engine reports it; "
                "MEMORY_BYTES is the limit), then run it again",
            )
        return StageError(
            f"{what} failed",
            detail=f"exit code {self.exit_code}; last lines: {said}",
            hint="see the earlier lines of the log",
        )


@dataclass(frozen=True, kw_only=True)
class BaseImage:
    """What images are built on: ``reference`` as it was asked for, ``source`` as it is built from.

    ``source`` is ``reference`` by its digest (``debian@sha256:…``) where engine or registry knows
    one, which is ``digest`` then. ``id`` is None where the engine does not have the image (yet).
    """

    reference: str
    source: str
    id: str | None = None
    digest: str | None = None

    def __str__(self) -> str:
        """For a person: by what the base is pinned."""
        if self.digest:
            return f"{self.reference} is pinned: {self.digest}"
        if self.id:
            return f"{self.reference} has no digest of a registry, only its id here: {self.id}"
        return f"{self.reference} has no digest here, and no registry gave one"

    def facts(self) -> dict[str, str | None]:
        """For a record: ``reference``, ``id`` and ``digest``."""
        return {"reference": self.reference, "id": self.id, "digest": self.digest}

    def labels(self) -> dict[str, str]:
        """As OCI names them, for images that are built on it."""
        name = {"org.opencontainers.image.base.name": self.reference}
        _, _, digest = (self.digest or "").partition("@")
        return {**name, "org.opencontainers.image.base.digest": digest} if digest else name


@dataclass(frozen=True, kw_only=True)
class BuildOrder:
    """One image to build from ``files`` of the folder ``context``, ``dockerfile`` among them.

    ``base`` is the Dockerfile's base, if it may have to be pulled.
    """

    context: Path
    tag: str
    dockerfile: str = "Dockerfile"
    files: tuple[str, ...] = ("Dockerfile",)
    base: BaseImage | None = None
    build_args: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ImageFacts:
    """An image as its engine knows it.

    ``id`` is the digest of its configuration; ``digest`` that of a registry, where the image
    came from one or went to one. ``size_bytes`` and ``created`` are ``None`` where no image
    exists (the host engine).
    """

    id: str
    tags: tuple[str, ...]
    digest: str | None
    size_bytes: int | None
    labels: Mapping[str, str]
    created: str | None
