r"""Checksums of files: SHA-256, MD5 and git blob ids, several in one read.

A git blob id is SHA-1 over ``blob <size>\0`` and the content (git's object format); a public
repository therefore publishes a checksum of every file that it holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Protocol, Self

from submission.files import CHUNK_BYTES


class _Hash(Protocol):
    def update(self, data: bytes | memoryview, /) -> None: ...

    def hexdigest(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Checksums:
    """The known checksums of a content in lower-case hex digits; ``None`` where unknown."""

    sha256: str | None = None
    git_blob: str | None = None
    md5: str | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The checksums among the keys of a manifest's file or part."""
        return cls(**{f.name: value.get(f.name) for f in fields(cls)})

    def to_json(self) -> dict[str, str]:
        """The known ones, name to digits."""
        return {f.name: v for f in fields(self) if (v := getattr(self, f.name)) is not None}

    @property
    def known(self) -> tuple[str, ...]:
        """Names of the known checksums, strongest first."""
        return tuple(self.to_json())

    def difference(self, seen: Checksums) -> str | None:
        """``sha256 <seen>, expected <ours>`` for the first difference; None if there is none.

        Only checksums that both sides know are compared.
        """
        for name, expected in self.to_json().items():
            found = getattr(seen, name)
            if found is not None and found != expected:
                return f"{name} {found}, expected {expected}"
        return None


class Digests:
    """Several checksums of one stream of bytes.

    ``size_bytes`` must be the content's true length for ``git_blob``: git hashes it before the
    content.
    """

    def __init__(self, names: Iterable[str], *, size_bytes: int) -> None:
        self._hashes = {name: _start(name, size_bytes) for name in names}
        self.seen_bytes = 0

    def update(self, chunk: bytes | memoryview) -> None:
        """Take the next bytes."""
        self.seen_bytes += len(chunk)
        for one in self._hashes.values():
            one.update(chunk)

    def checksums(self) -> Checksums:
        return Checksums(**{name: one.hexdigest() for name, one in self._hashes.items()})


def _start(name: str, size_bytes: int) -> _Hash:
    if name == "git_blob":
        return hashlib.sha1(f"blob {size_bytes}\0".encode(), usedforsecurity=False)
    if name == "md5":
        return hashlib.md5(usedforsecurity=False)
    return hashlib.sha256()


def chunks_of(path: Path) -> Iterator[memoryview]:
    """The file's bytes in pieces of ``CHUNK_BYTES``; each piece is valid until the next one."""
    buffer = memoryview(bytearray(CHUNK_BYTES))
    with path.open("rb", buffering=0) as stream:
        while count := stream.readinto(buffer):
            yield buffer[:count]


def digest_file(path: Path, names: Iterable[str]) -> Checksums:
    """The named checksums of a file in one read; raises OSError if it cannot be read."""
    digests = Digests(names, size_bytes=path.stat().st_size)
    for chunk in chunks_of(path):
        digests.update(chunk)
    return digests.checksums()
