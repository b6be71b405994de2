"""Partial downloads, kept across processes: ``name.part`` and a record of its origin.

``name.part.json`` holds the URL and the ETag of the bytes. Bytes of unknown origin are resumed
only if a checksum will verify the whole part.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from submission.files import read_json, write_json


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a partial file came from; ``etag`` is None or a strong one (RFC 9110, 8.8.3)."""

    url: str
    etag: str | None


def size_of(partial: Path) -> int:
    """Size of the file; 0 if there is none."""
    try:
        return partial.stat().st_size
    except FileNotFoundError:
        return 0


def read_origin(partial: Path) -> Origin | None:
    """Where the partial file came from; None if unknown."""
    try:
        value = read_json(_beside(partial))
        return Origin(url=str(value["url"]), etag=value["etag"])
    except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError):
        return None


def write_origin(partial: Path, origin: Origin) -> None:
    """Record the origin; call this before the first byte is written."""
    write_json(_beside(partial), {"url": origin.url, "etag": origin.etag})


def forget_origin(partial: Path) -> None:
    """Remove the record: the bytes no longer come from there."""
    _beside(partial).unlink(missing_ok=True)


def drop(partial: Path) -> None:
    """Remove the partial file and the record of its origin."""
    partial.unlink(missing_ok=True)
    forget_origin(partial)


def _beside(partial: Path) -> Path:
    return partial.with_name(f"{partial.name}.json")
