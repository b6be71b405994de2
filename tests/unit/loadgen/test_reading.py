"""How files of a tree are opened."""

import hashlib
import os
import socket
from pathlib import Path

import pytest

from submission.loadgen import Unreadable, opened, read_whole, same_content, sha1_of
from submission.loadgen.reading import BLOCK_BYTES, blocks_of


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/hostname")
    assert isinstance(read_whole(tmp_path / "link"), Unreadable)


def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert read_whole(tmp_path / "pipe") == Unreadable(why="it is not a regular file")


def test_a_socket_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket may be no longer than 108 bytes
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        assert isinstance(read_whole(tmp_path / "socket"), Unreadable)


def test_a_file_over_the_limit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert read_whole(tmp_path / "a", 5) == b"12345"
    assert isinstance(read_whole(tmp_path / "a", 4), Unreadable)


@pytest.mark.parametrize("guess", [0, 10, 10 * BLOCK_BYTES])
def test_blocks_hold_whole_lines_whatever_size_was_thought(tmp_path: Path, guess: int) -> None:
    lines = [b"%d\n" % n for n in range(800_000)]
    (tmp_path / "a").write_bytes(b"".join(lines) + b"rest")
    with opened(tmp_path / "a") as stream:
        blocks = list(blocks_of(stream, guess))
    assert all(block.content.endswith(b"\n") for block in blocks[:-1])
    assert b"".join(block.content for block in blocks) == b"".join(lines) + b"rest"


def test_files_are_the_same_if_all_their_bytes_are(tmp_path: Path) -> None:
    big = bytes(3 << 20)
    for name, content in {"a": big, "b": big, "c": big + b"1", "d": big[:-1] + b"1"}.items():
        (tmp_path / name).write_bytes(content)
    same = [same_content(tmp_path / "a", tmp_path / name) for name in "abcde"]
    assert same == [True, True, False, False, False]
    assert not same_content(tmp_path / "c", tmp_path / "a")


def test_the_digest_is_that_of_the_power_tools(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 3_000_000)
    assert sha1_of(tmp_path / "a") == hashlib.sha1(b"x" * 3_000_000).hexdigest()
    assert sha1_of(tmp_path / "b") is None
