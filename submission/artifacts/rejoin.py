"""Joins parts into files in one pass: read, hash, write, and rename when correct.

The list of parts comes from the manifest, not from a glob, so a missing part is noticed. Parts
are kept by default, so a second run finds everything correct and does nothing; the published
submission's script left an empty model behind when it ran twice.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from submission.artifacts.digest import Checksums, Digests, chunks_of, digest_file
from submission.artifacts.lockfile import alone_in
from submission.artifacts.manifest import File, Manifest, Part
from submission.artifacts.progress import ReportStep, Step, Work, note, silent
from submission.artifacts.verify import (
    FileFault,
    FileFinding,
    describe,
    examine,
    examine_file,
    extra_parts,
    owner_of,
    with_record,
)
from submission.errors import StageError
from submission.files import replacing


@dataclass(frozen=True, kw_only=True)
class Rejoined:
    """Names of files that were joined, of files already correct, of parts removed."""

    made: tuple[str, ...]
    kept: tuple[str, ...]
    removed: tuple[str, ...] = ()


def rejoin(
    manifest: Manifest,
    parts: Path,
    target: Path,
    *,
    remove_parts: bool = False,
    report: ReportStep = silent,
) -> Rejoined:
    """Join every file of ``manifest`` in ``target`` from the parts in the folder ``parts``.

    Raises StageError that names each missing, extra, short, long or damaged part, or says that
    the disk is full; ``target`` is then unchanged.
    """
    with alone_in(target, report):
        known = with_record(manifest, parts)
        todo = [file for file in known.files if not _right(file, target / file.name, report)]
        if todo:
            _check_parts(known, parts, todo)
            _check_space(todo, target)
        for file in todo:
            _make(file, parts, target, report)
        removed = _remove(known, parts, target) if remove_parts else ()
    if not todo:
        note(report, manifest.name, f"all {len(known.files)} files are correct, nothing to do")
    made = tuple(file.name for file in todo)
    kept = tuple(file.name for file in known.files if file.name not in made)
    return Rejoined(made=made, kept=kept, removed=removed)


def _right(file: File, path: Path, report: ReportStep) -> bool:
    findings = examine_file(file, path, report=report)
    if findings and findings[0].fault is not FileFault.MISSING:
        note(report, file.name, f"{describe(findings)}; joining it again")
    return not findings


def _check_parts(manifest: Manifest, folder: Path, todo: Sequence[File]) -> None:
    """Raise StageError for missing or extra parts and wrong sizes; cheap, before any write."""
    bare = [Part(name=p.name, size_bytes=p.size_bytes, checksums=Checksums()) for p in _all(todo)]
    findings = [f for p in bare if (f := examine(folder / p.name, p)) is not None and f.failed]
    _stop_for(manifest.name, findings + extra_parts(manifest, folder))


def _all(files: Sequence[File]) -> list[Part]:
    return [part for file in files for part in file.parts]


def _stop_for(name: str, findings: Sequence[FileFinding]) -> None:
    if findings:
        raise StageError(
            f"the parts of {name} are wrong",
            detail=describe(findings),
            hint="fetch again: correct parts are kept",
        )


def _check_space(todo: Sequence[File], target: Path) -> None:
    needed = sum(file.size_bytes or 0 for file in todo if not file.whole)
    free = shutil.disk_usage(target).free
    if needed > free:
        raise StageError(
            f"not enough disk space for the files in {target}",
            detail=f"{needed} bytes are needed, {free} bytes are free",
            hint="free some space, or choose another workspace",
        )


def _make(file: File, parts: Path, target: Path, report: ReportStep) -> None:
    try:
        if file.whole:
            _link(file, parts, target, report)
        else:
            _join(file, parts, target / file.name, report)
    except OSError as error:
        raise StageError(
            f"{file.name} cannot be written in {target}",
            detail=f"{error.filename or target}: {error.strerror or error}",
            hint="free some space or make the folder writable, then run it again",
        ) from error


def _link(file: File, parts: Path, target: Path, report: ReportStep) -> None:
    """Hard-link a whole file; it is copied only where the file system refuses that."""
    source, path = parts / file.name, target / file.name
    finding = examine(source, file.parts[0], report=report)
    if finding is not None and finding.failed:
        _stop_for(file.name, [finding])
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    if path.exists() and path.samefile(source):
        return
    try:
        os.link(source, part)
    except OSError:
        # another file system: written, verified and synced like a joined file
        _join(file, parts, path, report)
        return
    part.replace(path)


def _join(file: File, parts: Path, path: Path, report: ReportStep) -> None:
    """One pass: each byte is read, hashed and written once, whatever the size."""
    own = file.checksums.known
    whole = Digests(own, size_bytes=file.size_bytes or 0)
    with replacing(path) as stream:
        for part in file.parts:
            # a checksum of the whole file covers its parts; without one, each part is checked
            digests = Digests(() if own else part.checksums.known, size_bytes=part.size_bytes or 0)
            for chunk in chunks_of(parts / part.name):
                whole.update(chunk)
                digests.update(chunk)
                stream.write(chunk)
                report(_step(file, whole.seen_bytes))
            _check_part(file, part, digests, parts)
        if file.checksums.difference(whole.checksums()) or whole.seen_bytes != file.size_bytes:
            raise _blame(file, parts, whole)
    report(_step(file, whole.seen_bytes, finished=True))


def _step(file: File, done: int, *, finished: bool = False) -> Step:
    return Step(
        work=Work.JOIN,
        name=file.name,
        done_bytes=done,
        total_bytes=file.size_bytes,
        finished=finished,
    )


def _check_part(file: File, part: Part, digests: Digests, parts: Path) -> None:
    if part.checksums.difference(digests.checksums()) is not None:
        _stop_for(file.name, [_named(part, file, parts / part.name)])


def _blame(file: File, parts: Path, whole: Digests) -> StageError:
    """The error for a wrong joined file; names the damaged part if the manifest allows it."""
    damaged = [part for part in file.parts if (f := examine(parts / part.name, part)) and f.failed]
    if damaged:
        detail = describe([_named(part, file, parts / part.name) for part in damaged])
    else:
        difference = file.checksums.difference(whole.checksums())
        detail = difference or f"{whole.seen_bytes} bytes, expected {file.size_bytes}"
    return StageError(
        f"{file.name}, joined from its parts, is wrong",
        detail=detail,
        hint="fetch again: correct parts are kept",
    )


def _named(part: Part, file: File, path: Path) -> FileFinding:
    """What is wrong with a damaged part; says so where parts were swapped."""
    finding = examine(path, part)
    assert finding is not None  # it was damaged a moment ago
    others = [p for p in file.parts if p.name != part.name]
    seen = digest_file(path, ("sha256", "git_blob", "md5"))
    owner = owner_of(seen, others)
    if owner is None:
        return finding
    return FileFinding(
        name=part.name,
        path=path,
        fault=FileFault.DAMAGED,
        found=f"the content of {owner} (swapped?)",
        expected=finding.expected,
    )


def _remove(manifest: Manifest, parts: Path, target: Path) -> tuple[str, ...]:
    removed = []
    for file, part in manifest.parts():
        path = parts / part.name
        if not file.whole and (target / file.name).exists() and path.exists():
            path.unlink()
            removed.append(part.name)
    return tuple(removed)
