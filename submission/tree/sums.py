"""Writes ``SHA256SUMS`` as ``sha256sum -c`` reads it, and compares a tree with it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from submission.errors import StageError
from submission.files import sha256_of
from submission.tree.grammar import SUMS_FILE
from submission.tree.listing import Listing

LARGEST_SUMS_BYTES = 64 * 1024 * 1024
SUMS_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")


@dataclass(frozen=True, kw_only=True)
class SumsDifference:
    """One file that is not as ``SHA256SUMS`` says: ``changed``, ``missing`` or ``unlisted``."""

    path: str
    kind: str
    expected: str | None = None
    found: str | None = None


def sums_line(digest: str, path: str) -> str:
    """One line as the system's ``sha256sum`` writes it."""
    return f"{digest}  {path}\n"


def sha256sums(tree: Path) -> str:
    """The sums of all files below ``tree`` but ``SHA256SUMS``, sorted by path.

    Raises StageError for links and for names with line breaks, which no tree may hold.
    """
    return "".join(sums_line(sha256_of(tree / name), name) for name in files_of(tree))


def files_of(tree: Path) -> list[str]:
    """The files below ``tree`` but ``SHA256SUMS`` at its root: relative, with slashes, sorted."""
    return sorted(name for name in _walk(tree) if name != SUMS_FILE)


def sums_differences(tree: Path) -> list[SumsDifference]:
    """Where ``tree`` is not what its ``SHA256SUMS`` says, sorted by path; empty if it is.

    Raises StageError if there is no such file or a line of it cannot be read.
    """
    listed = _listed(tree / SUMS_FILE)
    present = set(files_of(tree))
    found = {name: sha256_of(tree / name) for name in listed if name in present}
    differences = _compared(listed, found)
    differences += [SumsDifference(path=name, kind="unlisted") for name in present - set(listed)]
    return sorted(differences, key=lambda difference: difference.path)


def stated_differences(tree: Path) -> list[SumsDifference]:
    """Where a tree of anybody is not as its ``SHA256SUMS`` says; empty without such a file.

    A list may leave files out, and one that names no file of the tree is of another place. Links
    and what is no file are followed nowhere; lines that are no sums are passed by.
    """
    listing = Listing(tree)
    if not 0 < listing.files("").get(SUMS_FILE, 0) <= LARGEST_SUMS_BYTES:
        return []
    try:
        text = (tree / SUMS_FILE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    lines = map(SUMS_LINE.fullmatch, text.splitlines())
    stated = {line[2].removeprefix("./"): line[1] for line in lines if line is not None}
    present = {name for name in stated if listing.has_file(name)}
    digests = {name: _digest(tree / name) for name in present}
    found = {name: digest for name, digest in digests.items() if digest is not None}
    # what cannot be read is said by other rules
    unread = present - found.keys()
    comparable = {name: digest for name, digest in stated.items() if name not in unread}
    differences = _compared(comparable, found) if present else []
    return sorted(differences, key=lambda difference: difference.path)


def _compared(listed: Mapping[str, str], found: Mapping[str, str]) -> list[SumsDifference]:
    """The listed files that have another digest, or none."""
    return [
        SumsDifference(
            path=name,
            kind="changed" if name in found else "missing",
            expected=digest,
            found=found.get(name),
        )
        for name, digest in listed.items()
        if found.get(name) != digest
    ]


def _digest(path: Path) -> str | None:
    try:
        return sha256_of(path)
    except OSError:
        return None


def _listed(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise StageError(
            f"{path} cannot be read",
            detail=str(error).splitlines()[0],
            hint="lay the tree out again, or unpack the archive again",
        ) from error
    listed = {}
    for number, line in enumerate(lines, start=1):
        found = SUMS_LINE.fullmatch(line)
        if found is None:
            raise StageError(
                f"{path} is damaged",
                detail=f"line {number} is not a digest and a name: {line[:80]!r}",
                hint="lay the tree out again, or unpack the archive again",
            )
        if found[2] in listed:
            raise StageError(
                f"{path} is damaged",
                detail=f"line {number} names a file a second time: {found[2]}",
                hint="lay the tree out again, or unpack the archive again",
            )
        listed[found[2]] = found[1]
    return listed


def _walk(tree: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(tree):
        for name in (*folders, *files):
            path = Path(folder) / name
            if path.is_symlink() or "\n" in name:
                raise StageError(
                    "A tree may hold neither links nor names with line breaks",
                    detail=repr(path.relative_to(tree).as_posix()),
                    hint="remove it and lay the tree out again",
                )
        for name in files:
            yield (Path(folder) / name).relative_to(tree).as_posix()
