"""A build context as a tar that depends on the files' contents alone."""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from submission.container.order import BuildOrder
from submission.errors import StageError
from submission.files import file_mode, may_run


@contextmanager
def context_tar(order: BuildOrder) -> Iterator[IO[bytes]]:
    """The files of ``order``, as an open tar.

    Owner, times and modes are normalized, so that a fresh clone uses the engine's cached steps.
    Raises StageError if there is no Dockerfile.
    """
    if not (order.context / order.dockerfile).is_file():
        raise StageError(
            "there is no Dockerfile to build from",
            detail=f"{order.context / order.dockerfile} is not a file",
            hint="run the command in the root of the checkout",
        )
    with tempfile.TemporaryFile() as stream:
        with tarfile.open(fileobj=stream, mode="w") as tar:
            for name in sorted(order.files):
                _add(tar, order.context / name, name)
            # The engine reads up to the tar's end mark. Padding after it stays unread in the
            # connection, and then the engine never notices that its client has gone.
            end = tar.offset + 2 * tarfile.BLOCKSIZE
        stream.truncate(end)
        stream.seek(0)
        yield stream


def _add(tar: tarfile.TarFile, path: Path, name: str) -> None:
    entry = tar.gettarinfo(str(path), arcname=name)
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    entry.mode = file_mode(runs=may_run(entry.mode))
    if entry.isfile():
        with path.open("rb") as content:
            tar.addfile(entry, content)
    else:
        tar.addfile(entry)
