"""The tries of a search on disk, so that it can be resumed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from submission.errors import UsageError
from submission.files import read_json, write_json
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
        is kept of them.
        """
        tries: list[Try] = []
        if path.is_file():
            try:
                kept = read_json(path)
                if kept["key"] == key:
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
