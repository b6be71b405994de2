"""mlperf_log_accuracy.json: whole or truncated, and its digest."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from submission.loadgen import AccuracyJson, Unreadable, read_accuracy_log
from tests.fakes.loadgen_logs import accuracy_log, truncated

CUT: dict[str, Any] = {"ellipsis": b"\n\n...\n\n", "whole_bytes": 10_240}


def read(folder: Path, content: bytes) -> AccuracyJson:
    (folder / "log").write_bytes(content)
    found = read_accuracy_log(folder / "log", **CUT)
    assert isinstance(found, AccuracyJson)
    return found


def test_a_truncated_log_has_no_digest_to_compare(tmp_path: Path) -> None:
    log = read(tmp_path, truncated(accuracy_log("a")))
    assert (log.size_bytes, log.has_ellipsis, log.sha256) == (8199, True, None)


def test_a_checkout_with_other_line_ends_is_truncated_all_the_same(tmp_path: Path) -> None:
    assert read(tmp_path, truncated(accuracy_log("a")).replace(b"\n", b"\r\n")).has_ellipsis


@pytest.mark.parametrize("entries", [2, 400])
def test_a_whole_log_has_the_digest_of_its_bytes(tmp_path: Path, entries: int) -> None:
    content = accuracy_log("a", entries)
    log = read(tmp_path, content)
    assert (log.looks_whole, log.has_ellipsis) == (True, False)
    assert log.sha256 == hashlib.sha256(content).hexdigest()


def test_a_log_that_was_cut_anywhere_does_not_look_whole(tmp_path: Path) -> None:
    assert not read(tmp_path, accuracy_log("a")[:-5]).looks_whole


@pytest.mark.parametrize("size", [100, 20_000])
def test_nul_bytes_are_seen(tmp_path: Path, size: int) -> None:
    assert read(tmp_path, bytes(size)).has_nul


def test_an_empty_log_is_neither(tmp_path: Path) -> None:
    log = read(tmp_path, b"")
    assert (log.size_bytes, log.looks_whole, log.has_ellipsis) == (0, False, False)


def test_a_folder_is_unreadable(tmp_path: Path) -> None:
    assert isinstance(read_accuracy_log(tmp_path, **CUT), Unreadable)
