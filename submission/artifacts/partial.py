"""The beginning of a part, kept across processes: ``name.part`` and what it is the beginning of.

``name.part.json`` names the URL and the ETag that the bytes came with. Bytes whose origin is
not written down are gone on from only where a checksum will judge the whole.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from submission.files import read_json, write_json


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a beginning came from; ``etag`` is None or a strong one (RFC 9110, 8.8.3)."""

    url: str
    etag: str | None


def size_of(partial: Path) -> int:
    """Bytes that are there; 0 if the file is not."""
    try:
        return partial.stat().st_size
    except FileNotFoundError:
        return 0


def read_origin(partial: Path) -> Origin | None:
    """Where the beginning came from; None if that is not known."""
    try:
        value = read_json(_beside(partial))
        return Origin(url=str(value["url"]), etag=value["etag"])
    except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError):
        return None


def write_origin(partial: Path, origin: Origin) -> None:
    """Remember it; call it before the first byte is written."""
    write_json(_beside(partial), {"url": origin.url, "etag": origin.etag})


def forget_origin(partial: Path) -> None:
    """The bytes now come from elsewhere."""
    _beside(partial).unlink(missing_ok=True)


def drop(partial: Path) -> None:
    """Remove the beginning and what is known of it."""
    partial.unlink(missing_ok=True)
    forget_origin(partial)


def _beside(partial: Path) -> Path:
    return partial.with_name(f"{partial.name}.json")
