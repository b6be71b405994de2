"""Truncates the accuracy log to the size that a round allows, and hashes the whole log.

Source: MLPerf submission rules, section "Accuracy logs": large logs are truncated, and the
SHA-256 of the full log goes to ``accuracy.txt``. The sizes are the round's policy.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from submission.errors import StageError
from submission.files import write_bytes

# what shows that a log was cut, whichever round did it; a checkout may have changed the line ends
_MARK = re.compile(rb"\r?\n\r?\n\.\.\.\r?\n\r?\n")


@dataclass(frozen=True, kw_only=True)
class TruncatedLog:
    """``sha256`` and ``full_bytes`` are the full log's; ``written_bytes`` went to the target."""

    sha256: str
    full_bytes: int
    written_bytes: int


def truncate_log(
    full: Path,
    target: Path,
    *,
    limit_bytes: int,
    head_bytes: int,
    tail_bytes: int,
    ellipsis: str,
) -> TruncatedLog:
    """Write ``target``: first bytes, ellipsis and last bytes of ``full``, or all if it is small.

    A log of at most ``limit_bytes`` is copied whole. ``full`` is never changed, so that the same
    call may be made again. Raises StageError if ``full`` was truncated before (its hash would be
    that of the wrong log), if it is also the target, or if the log cannot be read or written.
    """
    mark = ellipsis.encode("utf-8")
    _refuse_odd_sizes(limit_bytes, head_bytes, tail_bytes, mark)
    content = _content(full, target)
    if is_truncated(content):
        raise _refused(
            f"{full}: {len(content)} bytes around the mark of a truncation",
            hint="give the full log, which is kept outside the tree",
        )
    kept = content
    if len(content) > limit_bytes:
        kept = content[:head_bytes] + mark + content[-tail_bytes:]
    try:
        write_bytes(target, kept)
    except OSError as error:
        raise _refused(
            f"{target}: {error.strerror or error}",
            hint="free some space, or make the folder writable",
        ) from error
    return TruncatedLog(
        sha256=hashlib.sha256(content).hexdigest(),
        full_bytes=len(content),
        written_bytes=len(kept),
    )


def is_truncated(content: bytes) -> bool:
    """Whether a log holds the mark that a truncation leaves; LoadGen never writes it."""
    return _MARK.search(content) is not None


def _content(full: Path, target: Path) -> bytes:
    if full.resolve() == target.resolve():
        raise _refused(
            f"{full} is both the full log and the target",
            hint="keep the full log outside the tree and give another target",
        )
    try:
        return full.read_bytes()
    except OSError as error:
        raise _refused(
            f"{full}: {error.strerror or error}", hint="run the accuracy run first"
        ) from error


def _refuse_odd_sizes(limit_bytes: int, head_bytes: int, tail_bytes: int, mark: bytes) -> None:
    fits = head_bytes + len(mark) + tail_bytes <= limit_bytes
    if min(head_bytes, tail_bytes) < 1 or not fits or not is_truncated(mark):
        raise _refused(
            f"limit_bytes {limit_bytes}, head_bytes {head_bytes}, tail_bytes {tail_bytes}, "
            f"ellipsis {mark!r}",
            hint="head, tail and the line ... between them fit into the limit: mend the policy",
        )


def _refused(detail: str, *, hint: str) -> StageError:
    return StageError("the accuracy log cannot be truncated", detail=detail, hint=hint)
