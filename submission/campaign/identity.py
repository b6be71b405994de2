"""Which kit a checkout is: every system of a campaign must have the same one.

The trees of two systems carry the kit's sources, and only equal ones can be joined.
"""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath

from submission.errors import UsageError
from submission.files import sha256_of
from submission.tree.kit import kit_sources

#: of the checkout, but about one machine: a join takes these from every tree
_OF_SYSTEMS = {("measurements", "systems"), ("measurements", "tuned")}


def checkout_identity(root: Path) -> str:
    """SHA-256 (64 hex digits) over names and contents of the sources that a tree carries."""
    digest = hashlib.sha256()
    for file in kit_sources(root):
        if PurePosixPath(file.name).parts[:2] not in _OF_SYSTEMS:
            digest.update(f"{file.name}\0{sha256_of(file.source)}\n".encode())
    return digest.hexdigest()


def refuse_other_checkout(root: Path, wanted: str) -> None:
    """UsageError if the checkout at ``root`` is not the one of that identity."""
    own = checkout_identity(root)
    if own != wanted:
        raise UsageError(
            "this system's checkout of the kit is not the campaign's",
            detail=f"its sources have the digest {own[:16]}, the campaign's {wanted[:16]}",
            hint="bring both checkouts to the same commit, without edits (git status shows them)",
        )
