"""The tries of a search on disk, so that it can be resumed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from submission.errors import UsageError
from submission.files import json_text, read_json, write_json
from submission.lab.bench.search import Try


@dataclass(kw_only=True)
class SearchState:
    """The tries so far, saved after each."""

    path: Path
    key: dict[str, Any]
    tries: list[Try]

    @classmethod
    def open(cls, path: Path, key: dict[str, Any], full_s: float) -> SearchState:
        """What an earlier search of the same key left; else an empty state.

        Full runs count if they were to last ``full_s`` or longer, by the tenth of a second that
        is kept of them. A state of another key, such as of another OpenVINO, moves aside and is
        found again by its key.
        """
        tries: list[Try] = []
        if path.is_file() or _aside(path, key).is_file():
            try:
                kept = _taken_out(path, key)
                if kept:
                    tries = [Try(**each) for each in kept["tries"]]
                    long_s = round(full_s, 1)
                    tries = [each for each in tries if not each.full or each.asked_s >= long_s]
            except (ValueError, KeyError, TypeError) as error:
                raise UsageError(
                    "the state of the search cannot be read",
                    detail=f"{path}: {error}",
                    hint="remove the file to start the search again",
                ) from error
        return cls(path=path, key=key, tries=tries)

    def add(self, one: Try) -> None:
        self.tries.append(one)
        tries = [asdict(each) for each in self.tries]
        write_json(self.path, {"version": 1, "key": self.key, "tries": tries})


def _taken_out(path: Path, key: dict[str, Any]) -> dict[str, Any] | None:
    """The state of ``key``, at ``path`` from now on; what else was there moves aside."""
    found: dict[str, Any] | None = read_json(path) if path.is_file() else None
    if found is not None and found["key"] != key:
        path.replace(_aside(path, found["key"]))
        found = None
    own = _aside(path, key)
    if found is None and own.is_file():
        own.replace(path)
        found = read_json(path)
    return found


def _aside(path: Path, key: dict[str, Any]) -> Path:
    """Where the state of a key lies while another one is searched."""
    digest = sha256(json_text(key).encode()).hexdigest()[:8]
    return path.with_name(f"{path.stem}-{digest}{path.suffix}")
