"""The permissions of what lies in a tree: alike on every machine, whatever its umask."""

from __future__ import annotations

FOLDER_MODE = 0o755
_FILE_MODE = 0o644
_SCRIPT_MODE = 0o755
_OWNER_MAY_RUN = 0o100


def may_run(mode: int) -> bool:
    """Whether a file with these permissions is a script or program for its owner."""
    return bool(mode & _OWNER_MAY_RUN)


def file_mode(*, runs: bool) -> int:
    """The permissions of a file, of one that ``runs`` or of another."""
    return _SCRIPT_MODE if runs else _FILE_MODE
