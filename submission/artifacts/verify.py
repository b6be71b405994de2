"""Checks whether the files of a manifest are present and correct; changes nothing.

A joined file without a checksum of its own is checked piece by piece against the published
checksums of its parts, and a damaged piece is reported under its part's name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from submission.artifacts.digest import Checksums, Digests, digest_file
from submission.artifacts.lockfile import Recorded, read_record
from submission.artifacts.manifest import File, Manifest, Part
from submission.artifacts.progress import ReportStep, Step, Work, silent
from submission.errors import StageError
from submission.files import CHUNK_BYTES
from submission.wording import first_of

#: findings that fit into one line
_LISTED = 3


class FileFault(StrEnum):
    """What can be wrong with a file."""

    MISSING = "missing"
    SHORT = "short"
    LONG = "long"
    DAMAGED = "damaged"
    EXTRA = "extra"
    UNREADABLE = "unreadable"
    UNKNOWN = "of unknown content"  # no checksum or size is published


@dataclass(frozen=True, kw_only=True)
class FileFinding:
    """One wrong file or part: its name and path, what was found and what was expected."""

    name: str
    path: Path
    fault: FileFault
    found: str
    expected: str

    @property
    def failed(self) -> bool:
        """False only where nothing is published to compare the content with."""
        return self.fault is not FileFault.UNKNOWN

    def __str__(self) -> str:
        return f"{self.name} is {self._trouble}"

    def at_path(self) -> str:
        """The same after the path, without the name where the path ends with it."""
        if self.path.name == self.name:
            return f"{self.path}: {self._trouble}"
        return f"{self.path}: {self}"

    @property
    def _trouble(self) -> str:
        return f"{self.fault}: found {self.found}, expected {self.expected}"


def verify(manifest: Manifest, folder: Path, *, report: ReportStep = silent) -> list[FileFinding]:
    """What is wrong with the files of ``manifest`` in ``folder``; empty if nothing is."""
    found: list[FileFinding] = []
    for file in with_record(manifest, folder).files:
        found.extend(examine_file(file, folder / file.name, report=report))
    return found


def verify_parts(
    manifest: Manifest, folder: Path, *, report: ReportStep = silent
) -> list[FileFinding]:
    """What is wrong with the parts in ``folder``, including parts that ``manifest`` lacks."""
    known = with_record(manifest, folder)
    judged = (examine(folder / p.name, p, report=report) for _, p in known.parts())
    return [finding for finding in judged if finding] + extra_parts(manifest, folder)


def with_record(manifest: Manifest, folder: Path) -> Manifest:
    """``manifest`` with the checksums that ``folder`` recorded at the first fetch.

    Raises UsageError if the record is damaged.
    """
    record = read_record(folder)
    if not record:
        return manifest
    files = tuple(
        replace(f, parts=tuple(_recorded(p, record.get(p.name)) for p in f.parts))
        for f in manifest.files
    )
    return replace(manifest, files=tuple(_whole_as_part(f) for f in files))


def examine(path: Path, part: Part, *, report: ReportStep = silent) -> FileFinding | None:
    """What is wrong with the part at ``path``; None if nothing is."""
    trouble = _wrong_size(path, part.name, part.size_bytes)
    if trouble is not None:
        return trouble
    if not part.checksums.known:
        return _unknown(path, part.name)
    try:
        difference = part.checksums.difference(digest_file(path, part.checksums.known))
    except OSError as error:
        return _unreadable(path, part.name, error)
    size = path.stat().st_size
    report(Step(work=Work.VERIFY, name=part.name, done_bytes=size, total_bytes=size, finished=True))
    return _damaged(path, part.name, difference) if difference else None


def given_file(
    file: File, folder: Path, subject: str, *, content: str, fetched: str, right: str
) -> Path:
    """The path of a manifest's file in a person's folder.

    Raises StageError if it is not there (``content`` says what the folder must hold, ``fetched``
    how to do without it) or is not the manifest's (``right`` says how to get that one).
    """
    path = folder / file.name
    if not path.is_file():
        raise StageError(f"{folder} holds no {file.name}", detail=content, hint=fetched)
    findings = [finding for finding in examine_file(file, path) if finding.failed]
    if findings:
        raise StageError(
            f"{path} is not the file that the manifest of {subject} names",
            detail=describe(findings),
            hint=right,
        )
    return path


def examine_file(file: File, path: Path, *, report: ReportStep = silent) -> list[FileFinding]:
    """What is wrong with a joined or whole file: one finding, or one for each damaged part."""
    own = Part(name=file.name, size_bytes=file.size_bytes, checksums=file.checksums)
    if file.whole:
        own = file.parts[0]
    trouble = examine(path, own, report=report)
    if file.whole or (trouble is None):
        return [trouble] if trouble else []
    if trouble.fault not in {FileFault.DAMAGED, FileFault.UNKNOWN}:
        return [trouble]
    return list(_examine_stretches(path, file.parts)) or ([trouble] if trouble.failed else [])


def extra_parts(manifest: Manifest, folder: Path) -> list[FileFinding]:
    """Files in ``folder`` with names of parts that the manifest does not list."""
    known = {part.name for _, part in manifest.parts()}
    found = []
    for file in manifest.files:
        for path in sorted(folder.glob(f"{file.name}_p*")):
            if path.suffix not in {".part", ".json"} and path.name not in known:
                count = f"{len(file.parts)} parts of {file.name}"
                found.append(
                    FileFinding(
                        name=path.name,
                        path=path,
                        fault=FileFault.EXTRA,
                        found="a part that the manifest does not name",
                        expected=count,
                    )
                )
    return found


def describe(findings: Sequence[FileFinding]) -> str:
    """The first findings in one line, and the number of the others."""
    return first_of(findings, _LISTED, separator="; ")


def owner_of(seen: Checksums, parts: Iterable[Part]) -> str | None:
    """The name of the part with the checksums ``seen``; None if there is none."""
    for part in parts:
        if part.checksums.known and part.checksums.difference(seen) is None:
            return part.name
    return None


def _recorded(part: Part, entry: Recorded | None) -> Part:
    if entry is None or part.checksums.difference(entry.checksums):
        return part  # the manifest has changed since, and takes precedence
    both = {**entry.checksums.to_json(), **part.checksums.to_json()}
    size = entry.size_bytes if part.size_bytes is None else part.size_bytes
    return replace(part, size_bytes=size, checksums=Checksums(**both))


def _whole_as_part(file: File) -> File:
    if not file.whole:
        return file
    only = file.parts[0]
    return replace(file, size_bytes=only.size_bytes, checksums=only.checksums)


def _wrong_size(path: Path, name: str, size_bytes: int | None) -> FileFinding | None:
    try:
        seen = path.stat().st_size
    except FileNotFoundError:
        expected = "a file" if size_bytes is None else f"{size_bytes} bytes"
        return FileFinding(
            name=name, path=path, fault=FileFault.MISSING, found="nothing", expected=expected
        )
    except OSError as error:
        return _unreadable(path, name, error)
    if size_bytes is None or seen == size_bytes:
        return None
    return FileFinding(
        name=name,
        path=path,
        fault=FileFault.SHORT if seen < size_bytes else FileFault.LONG,
        found=f"{seen} bytes",
        expected=f"{size_bytes} bytes",
    )


def _examine_stretches(path: Path, parts: Sequence[Part]) -> Iterator[FileFinding]:
    with path.open("rb") as stream:
        for part in parts:
            assert part.size_bytes is not None  # the sizes add up to the file's
            seen = _digest_stretch(stream.read, part)
            difference = part.checksums.difference(seen)
            if difference:
                yield _damaged(path, part.name, difference)
            elif not part.checksums.known:
                yield _unknown(path, part.name)


def _digest_stretch(read: Callable[[int], bytes], part: Part) -> Checksums:
    size = part.size_bytes or 0
    digests = Digests(part.checksums.known, size_bytes=size)
    while chunk := read(min(CHUNK_BYTES, size - digests.seen_bytes)):
        digests.update(chunk)
    return digests.checksums()


def _damaged(path: Path, name: str, difference: str) -> FileFinding:
    found, _, expected = difference.partition(", expected ")
    return FileFinding(
        name=name, path=path, fault=FileFault.DAMAGED, found=found, expected=expected
    )


def _unreadable(path: Path, name: str, error: OSError) -> FileFinding:
    return FileFinding(
        name=name,
        path=path,
        fault=FileFault.UNREADABLE,
        found=error.strerror or str(error),
        expected="a readable file",
    )


def _unknown(path: Path, name: str) -> FileFinding:
    return FileFinding(
        name=name,
        path=path,
        fault=FileFault.UNKNOWN,
        found="no published or recorded checksum",
        expected="one to compare with",
    )
