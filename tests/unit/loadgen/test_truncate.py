import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from submission.errors import StageError
from submission.loadgen.truncate import TruncatedLog, is_truncated, truncate_log

ROUND: dict[str, Any] = {
    "limit_bytes": 10_240,
    "head_bytes": 4096,
    "tail_bytes": 4096,
    "ellipsis": "\n\n...\n\n",
}


def cut(folder: Path, content: bytes, **changes: Any) -> tuple[TruncatedLog, bytes]:
    full, target = folder / "full.json", folder / "tree" / "log.json"
    full.write_bytes(content)
    reported = truncate_log(full, target, **ROUND | changes)
    assert full.read_bytes() == content
    return reported, target.read_bytes()


def refusal_of(full: Path, target: Path, **changes: Any) -> StageError:
    with pytest.raises(StageError, match="the accuracy log cannot be truncated") as caught:
        truncate_log(full, target, **ROUND | changes)
    return caught.value


def test_a_large_log_becomes_head_ellipsis_and_tail(tmp_path: Path) -> None:
    content = os.urandom(10_241).replace(b".", b"x")
    reported, written = cut(tmp_path, content)
    assert written == content[:4096] + b"\n\n...\n\n" + content[-4096:]
    assert reported.sha256 == hashlib.sha256(content).hexdigest()
    assert (reported.full_bytes, reported.written_bytes) == (10_241, 8199)


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 8199, 10_240])
def test_a_log_within_the_limit_is_copied_whole(tmp_path: Path, size: int) -> None:
    reported, written = cut(tmp_path, b"x" * size)
    assert written == b"x" * size
    assert reported.sha256 == hashlib.sha256(written).hexdigest()


def test_a_log_that_is_not_ascii_is_cut_by_bytes(tmp_path: Path) -> None:
    _, written = cut(tmp_path, "\u00e9\u4e2d".encode() * 5000)
    assert len(written) == 8199


def test_cutting_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    assert cut(tmp_path, b"y" * 20_000) == cut(tmp_path, b"y" * 20_000)


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=80).filter(lambda content: not is_truncated(content)),
    head=st.integers(1, 12),
    tail=st.integers(1, 12),
    spare=st.integers(0, 9),
)
def test_the_target_is_never_over_the_limit(
    tmp_path: Path, content: bytes, head: int, tail: int, spare: int
) -> None:
    limit = head + 7 + tail + spare
    _, written = cut(tmp_path, content, limit_bytes=limit, head_bytes=head, tail_bytes=tail)
    assert len(written) <= limit
    assert is_truncated(written) == (len(content) > limit)
    assert (written[:head], written[-tail:]) == (content[:head], content[-tail:])


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_log_that_was_truncated_before_is_refused(tmp_path: Path, end: str) -> None:
    full, target = tmp_path / "full.json", tmp_path / "log.json"
    full.write_text(f"[{end}{end}...{end}{end}]", newline="")
    error = refusal_of(full, target)
    assert "bytes around the mark of a truncation" in error.detail
    assert not target.exists()


def test_a_log_is_never_cut_in_its_place(tmp_path: Path) -> None:
    full = tmp_path / "full.json"
    full.write_bytes(b"z" * 20_000)
    link = tmp_path / "link.json"
    link.symlink_to(full)
    assert "is both the full log and the target" in refusal_of(full, link).detail
    assert full.stat().st_size == 20_000


def test_a_missing_log_leaves_the_old_target(tmp_path: Path) -> None:
    target = tmp_path / "log.json"
    target.write_bytes(b"old")
    assert "No such file" in refusal_of(tmp_path / "none.json", target).detail
    assert target.read_bytes() == b"old"


def test_a_target_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    full = tmp_path / "full.json"
    full.write_bytes(b"x")
    assert "full.json/log.json" in refusal_of(full, full / "log.json").detail


@pytest.mark.parametrize(
    "changes", [{"head_bytes": 0}, {"tail_bytes": 0}, {"limit_bytes": 8198}, {"ellipsis": "---"}]
)
def test_sizes_that_do_not_fit_are_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    full = tmp_path / "full.json"
    full.write_bytes(b"x")
    assert "limit_bytes" in refusal_of(full, tmp_path / "log.json", **changes).detail
