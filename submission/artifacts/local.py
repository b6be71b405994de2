"""Copies parts from a local folder: ``file:`` sources and mirror folders."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from submission.artifacts.answer import check_beginning
from submission.artifacts.digest import chunks_of
from submission.artifacts.failure import SourceError
from submission.artifacts.manifest import Part
from submission.artifacts.partial import forget_origin
from submission.artifacts.progress import ReportStep, Step, Work

_BEGINNING_BYTES = 64


@dataclass(frozen=True, kw_only=True)
class LocalSource:
    """A local file; it is copied, so that the original stays as it is."""

    path: Path
    remote: bool = False

    @property
    def label(self) -> str:
        return f"file:{self.path}"

    def bring(self, part: Part, to: Path, report: ReportStep) -> None:
        """Copy the file to ``to``; raises SourceError if it is missing or of another size."""
        size = self._size(part)
        forget_origin(to)
        done = 0
        with to.open("wb") as stream:
            for chunk in chunks_of(self.path):
                stream.write(chunk)
                done += len(chunk)
                report(Step(work=Work.FETCH, name=part.name, done_bytes=done, total_bytes=size))
            stream.flush()
            os.fsync(stream.fileno())

    def _size(self, part: Part) -> int:
        try:
            size = self.path.stat().st_size
            with self.path.open("rb") as stream:
                beginning = stream.read(_BEGINNING_BYTES)
        except OSError as error:
            raise SourceError(error.strerror or str(error)) from error
        if part.size_bytes not in {None, size}:
            check_beginning(beginning, part.name, who="it holds")
            raise SourceError(f"it has {size} bytes, expected {part.size_bytes}")
        if part.size_bytes is None:
            # nothing else would show that it is not the file
            check_beginning(beginning, part.name, who="it holds")
        return size
