"""mlperf.conf and user.conf."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submission.loadgen import Conf, Unreadable, read_conf
from submission.loadgen.conf import Trouble, parse_conf


def parsed(text: str | bytes) -> Conf:
    found = parse_conf(text.encode() if isinstance(text, str) else text)
    assert isinstance(found, Conf)
    return found


def test_an_entry_has_model_scenario_key_and_value() -> None:
    (entry,) = parsed("# a comment\nbert.Server.target_qps = 35.5\n").entries
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


TROUBLES = {
    "bert.Server.target_qps=35": Trouble.TIGHT,
    "bert.Server.target_qps =": Trouble.NO_VALUE,
    "bert.Server.target_qps": Trouble.NO_VALUE,
    "bert.Server.target_qps : 35": Trouble.NO_EQUALS,
    "bert.Server.target_qps= 35": Trouble.NO_EQUALS,
    "a remark": Trouble.NO_EQUALS,
    "#a remark": Trouble.NO_EQUALS,
    "bert.Server.target_qps = 35 # mine": Trouble.NO_NUMBER,
    "bert.Server.target_qps = fast": Trouble.NO_NUMBER,
    "bert.Server.target_qps = 35 36": Trouble.TWO_VALUES,
    "target_qps = 35": Trouble.NOT_A_KEY,
    "bert.Server.target_qsp = 35": Trouble.UNKNOWN_KEY,
    "bert.server.target_qps = 35": Trouble.UNKNOWN_SCENARIO,
    "\ufeffbert.Server.target_qps = 35": Trouble.BYTE_ORDER_MARK,
}


@pytest.mark.parametrize("text", TROUBLES)
def test_a_line_that_loadgen_does_not_take_as_it_looks_is_named(text: str) -> None:
    conf = parsed(f"# head\n{text}\n*.*.min_duration = 1\n")
    assert [(fault.line, fault.trouble) for fault in conf.faults] == [(2, TROUBLES[text])]
    assert conf.is_refused is TROUBLES[text].is_refused


@pytest.mark.parametrize("text", ["", "#", "# a remark = 5", "#*.Offline.target_qps = 2000", "  "])
def test_a_remark_is_no_fault(text: str) -> None:
    assert (parsed(text).faults, parsed(text).entries) == ((), ())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("*.*.k = 1\nbert.*.k = 2\n", "2"),
        ("bert.*.k = 2\n*.*.k = 1\n", "2"),
        ("*.Server.k = 3\n*.*.k = 1\n", "3"),
        ("*.Server.k = 3\nbert.*.k = 2\n", "3"),
        ("*.*.k = 1\n*.*.k = 4\n", "4"),
        ("*.*.k = 1 7\n", "7"),
        ("gpt.*.k = 1\n*.Offline.k = 2\n", None),
    ],
)
def test_the_entry_counts_that_loadgen_would_use(text: str, value: str | None) -> None:
    entry = parsed(text).find(("bert",), "Server", "k")
    assert (entry.value if entry else None) == value


@pytest.mark.parametrize(
    ("text", "integer", "number"),
    [
        ("600000", 600_000, 600_000.0),
        ("0x10", 16, 16.0),
        ("010", 8, 10.0),
        ("1e3", 1, 1000.0),
        ("0.5", 0, 0.5),
        ("-1", 2**64 - 1, -1.0),
        ("1" * 30, 2**64 - 1, float("1" * 30)),
        ("0x1.8p1", 1, 3.0),
        ("9" * 1000, 2**64 - 1, float("inf")),
    ],
)
def test_a_value_is_read_as_loadgen_reads_it(text: str, integer: int, number: float) -> None:
    (entry,) = parsed(f"*.*.min_duration = {text}\n").entries
    assert (entry.integer(), entry.number()) == (integer, number)


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
