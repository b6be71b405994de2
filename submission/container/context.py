"""Which files an image is made from, and one digest over them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from submission.files import sha256_of

BUILD_FILE = Path("/opt/workdir/build.json")
"""What an image says of itself (docker/describe.py writes it); there is none outside of one."""
CONTENT = ("Dockerfile", "docker", "submission")
"""The build context; ``.dockerignore`` lists the same for manual builds (a test compares)."""
LEFT_OUT = ("submission/lab", "submission/cli/lab")
"""The laboratory: no run needs it, so its changes do not rebuild the image."""


def content_files(context: Path) -> Iterator[str]:
    """The paths under ``context`` of all files that the image is made from, sorted."""
    found = []
    for name in CONTENT:
        path = context / name
        inside = [path] if path.is_file() else path.rglob("*")
        found += [each.relative_to(context) for each in inside if each.is_file()]
    left_out = tuple(Path(name) for name in LEFT_OUT)
    for path in sorted(found, key=lambda each: each.as_posix()):
        compiled = "__pycache__" in path.parts or path.suffix == ".pyc"
        if not compiled and not any(path.is_relative_to(folder) for folder in left_out):
            yield path.as_posix()


def fingerprint(context: Path) -> str:
    """SHA-256 (64 hex digits) over paths and contents of ``content_files``; raises OSError.

    The build writes it into the image's build.json, so that ``verify`` can compare an image with
    its claimed source.
    """
    digest = hashlib.sha256()
    for name in content_files(context):
        digest.update(f"{name}\0{sha256_of(context / name)}\n".encode())
    return digest.hexdigest()


def folder_digest(folder: Path) -> str:
    """SHA-256 over paths and contents of every file below ``folder``; raises OSError.

    Compiled files count: they are what Python runs in the image.
    """
    digest = hashlib.sha256()
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{sha256_of(path)}\n".encode())
    return digest.hexdigest()
