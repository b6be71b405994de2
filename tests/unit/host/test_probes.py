"""Asking the machine itself: what fails is an answer too."""

from __future__ import annotations

import time
from pathlib import Path

from submission.host.probes import LiveProbes, json_of


def test_a_tool_that_is_not_there_gives_none() -> None:
    assert LiveProbes().run("no-such-tool-anywhere") is None


def test_a_tool_that_fails_gives_none() -> None:
    assert LiveProbes().run("false") is None


def test_a_command_speaks_the_c_locale() -> None:
    assert "LC_ALL=C" in (LiveProbes().run("env") or "").splitlines()


def test_a_tool_that_hangs_is_cut_off_and_later_ones_are_not_started() -> None:
    probes = LiveProbes(budget_s=0.2)
    started = time.monotonic()
    assert probes.run("sleep", "30") is None
    assert probes.run("echo", "late") is None
    assert time.monotonic() - started < 10


def test_a_file_or_folder_that_is_not_there_gives_nothing(tmp_path: Path) -> None:
    probes = LiveProbes()
    assert probes.read(str(tmp_path / "no")) is None
    assert probes.read(str(tmp_path)) is None
    assert probes.read("a\0b") is None
    assert probes.names(str(tmp_path / "no")) == ()


def test_a_file_that_is_not_text_is_read_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "odd").write_bytes(b"a\xff")
    assert LiveProbes().read(str(tmp_path / "odd")) == "a\ufffd"
    assert LiveProbes().names(str(tmp_path)) == ("odd",)


def test_only_whole_json_is_json() -> None:
    assert json_of('{"a": 1}') == {"a": 1}
    assert json_of('{"a": ') is None
    assert json_of("[" * 100_000) is None
    assert json_of(None) is None
