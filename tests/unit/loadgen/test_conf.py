"""mlperf.conf and user.conf."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submission.loadgen import Conf, Unreadable, read_conf
from submission.loadgen.conf import parse_conf


def parsed(text: str | bytes) -> Conf:
    found = parse_conf(text.encode() if isinstance(text, str) else text)
    assert isinstance(found, Conf)
    return found


def test_an_entry_has_model_scenario_key_and_value() -> None:
    (entry,) = parsed("# a comment\nbert.Server.target_qps = 35.5 # of mine\n").entries
    assert (entry.line, entry.model, entry.scenario, entry.key) == (
        2,
        "bert",
        "Server",
        "target_qps",
    )
    assert entry.number() == 35.5


def test_a_model_may_have_dots_in_its_name() -> None:
    (entry,) = parsed("bert-99.9.*.target_qps = 1\n").entries
    assert (entry.model, entry.scenario) == ("bert-99.9", "*")


def test_a_line_that_loadgen_passes_over_is_told() -> None:
    conf = parsed("bert.Server.target_qps=35\n")
    assert (conf.entries, conf.ignored) == ((), ((1, "bert.Server.target_qps=35"),))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("*.*.k = 1\nbert.*.k = 2\n", "2"),
        ("bert.*.k = 2\n*.*.k = 1\n", "2"),
        ("*.Server.k = 3\n*.*.k = 1\n", "3"),
        ("*.*.k = 1\n*.*.k = 4\n", "4"),
        ("gpt.*.k = 1\n*.Offline.k = 2\n", None),
    ],
)
def test_the_entry_counts_that_loadgen_would_use(text: str, value: str | None) -> None:
    entry = parsed(text).find(("bert",), "Server", "k")
    assert (entry.value if entry else None) == value


def test_a_value_that_is_no_number_is_none() -> None:
    assert parsed("a.b.c = yes\n").entries[0].number() is None


def test_bytes_that_are_not_utf8_are_a_fault_and_the_rest_is_read() -> None:
    conf = parsed(b"# \xff\na.b.c = 1\n")
    assert (conf.fault, len(conf.entries)) == ("byte 2 is not UTF-8", 1)


def test_nul_bytes_make_it_unreadable() -> None:
    assert isinstance(parse_conf(b"a.b.c = 1\x00"), Unreadable)


def test_only_so_many_entries_are_kept(tmp_path: Path) -> None:
    (tmp_path / "user.conf").write_text("a.b.c = 1\n" * 20_000)
    found = read_conf(tmp_path / "user.conf")
    assert isinstance(found, Conf)
    assert len(found.entries) == 10_000


@pytest.mark.parametrize("text", ["a." * 200_000, "a.b." + "c" * 400_000, "a.b.c" + " " * 400_000])
def test_long_runs_of_anything_take_no_time(text: str) -> None:
    assert parsed(text).entries == ()


@given(st.binary(max_size=200))
def test_no_bytes_stop_the_parser(content: bytes) -> None:
    assert parse_conf(content)
