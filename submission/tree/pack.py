"""The archive: the same tree gives the same bytes, on any day and any machine."""

from __future__ import annotations

import gzip
import tarfile
from pathlib import Path
from typing import IO

from submission.errors import StageError
from submission.files import file_mode, may_run, replacing, sha256_of, write_text
from submission.tree.grammar import SUMS_FILE
from submission.tree.sums import files_of, sums_line

COMPRESSION_LEVEL = 6


def pack(tree: Path, archive: Path, *, epoch_s: int = 0) -> str:
    """Pack ``tree`` as ``.tar.gz`` and write ``<archive>.sha256`` beside it; returns the sha256.

    Names are sorted, times are ``epoch_s``, owners 0, modes 644 or 755; the gzip header
    carries neither time nor name. Raises StageError if the tree is empty or a disk fails.
    """
    names = files_of(tree) if tree.is_dir() else []
    if not names:
        raise StageError(
            f"There is nothing to pack in {tree}",
            detail="no files were found",
            hint="lay the tree out first",
        )
    if (tree / SUMS_FILE).is_file():
        names = sorted([*names, SUMS_FILE])
    try:
        with replacing(archive) as stream:
            _write_archive(stream, tree, names, epoch_s)
        digest = sha256_of(archive)
        write_text(archive.with_name(archive.name + ".sha256"), sums_line(digest, archive.name))
    except OSError as error:
        raise StageError(
            f"The archive {archive} could not be written",
            detail=f"{error.filename or archive}: {error.strerror or error}",
            hint="check free space and permissions; an earlier archive is untouched",
        ) from error
    return digest


def _write_archive(stream: IO[bytes], tree: Path, names: list[str], epoch_s: int) -> None:
    with (
        gzip.GzipFile(
            filename="", mode="wb", compresslevel=COMPRESSION_LEVEL, fileobj=stream, mtime=epoch_s
        ) as packed,
        tarfile.open(mode="w", fileobj=packed, format=tarfile.PAX_FORMAT) as tar,
    ):
        for name in names:
            path = tree / name
            status = path.stat()
            entry = tarfile.TarInfo(name)
            entry.size = status.st_size
            entry.mtime = epoch_s
            entry.mode = file_mode(runs=may_run(status.st_mode))
            with path.open("rb") as content:
                tar.addfile(entry, content)
