"""The detail log: the quick way, the slow way, and what is in neither."""

import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from submission.loadgen import (
    DetailLog,
    Unreadable,
    detail,
    parse_detail_log,
    read_detail_head,
    read_detail_log,
)
from submission.loadgen.detail import fingerprint_of, finished
from submission.loadgen.detail_lines import LineReader
from submission.loadgen.detail_plain import take_plain
from submission.loadgen.keys import WANTED
from submission.loadgen.reading import LINE_BYTES
from tests.fakes.loadgen_logs import PROCESS, line

KEYS = st.sampled_from([*sorted(WANTED), "generic_message", "some_key"])
PLAIN = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)
VALUES = st.one_of(
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    PLAIN,
    st.text(max_size=8),
    st.dictionaries(PLAIN, PLAIN, max_size=3),
    st.lists(st.integers(), max_size=5),
    st.none(),
)


def message(key: str, value: object, *, error: bool = False) -> bytes:
    return line(key, value, error=error).encode()


def one_by_one(content: bytes) -> DetailLog:
    """What the slow way finds."""
    reader = LineReader()
    reader.take_block(content)
    return finished(reader, len(content), fingerprint_of(len(content), content, content))


def same(one: DetailLog, other: DetailLog) -> bool:
    names = {field.name for field in fields(DetailLog)} - {"fingerprint"}
    return all(repr(getattr(one, name)) == repr(getattr(other, name)) for name in names)


@settings(max_examples=300)
@given(st.lists(st.tuples(KEYS, VALUES, st.booleans()), max_size=8))
def test_both_ways_of_reading_give_the_same_facts(lines: list[tuple[str, object, bool]]) -> None:
    content = b"".join(message(key, value, error=error) for key, value, error in lines)
    assert same(parse_detail_log(content), one_by_one(content))


SAMPLES = st.lists(st.integers(0, 30), max_size=4)


def compact(key: str, value: object) -> bytes:
    """A line whose list or map LoadGen writes without blanks."""
    text = json.dumps(value, separators=(",", ":")).encode()
    return message(key, "X").replace(b'"X"', text)


PLAIN_LINES = st.one_of(
    st.builds(message, KEYS, st.one_of(st.integers(), PLAIN, st.booleans())),
    st.builds(lambda samples: compact("loaded_qsl_set", samples), SAMPLES),
    st.builds(lambda name: compact("loadgen_file_sha1", {name: "d"}), PLAIN),
)
REPLACED = st.sampled_from(
    [
        (b'"is_error": false', b'"is_error": true'),
        (b'"is_warning": false', b'"is_warning": true'),
        (b'"pid": 4711', b'"pid": 4712'),
        (b'"pid": 4711', b'"pid": 04712'),
        (b'"tid": 4711', b'"tid": 12'),
        (b'"time_ms": 0.5', b'"time_ms": 12'),
        (b'"time_ms": 0.5', b'"time_ms": .5'),
        (b'"time_ms": 0.5', b'"time_ms": 0.5, "time_ms": 1'),
        (b'"pid": 4711, "tid": 4711}}', b"\x00"),
        (b'"line_no": 1', b'"line_no": 0x1'),
        (b"POINT_IN_TIME", b"INTERVAL"),
        (b", ", b","),
        (b":::", b"::: :::"),
        (b"\n", b"\r\n"),
        (b"\n", b"\n\n"),
        (b"\n", b""),
        (b"[", b"[1,"),
        (b"]", b""),
    ]
)


@settings(max_examples=200)
@given(st.lists(st.tuples(PLAIN_LINES, st.none() | REPLACED), min_size=1, max_size=6))
def test_both_ways_of_reading_agree_on_lines_that_are_nearly_loadgen_s(
    lines: list[tuple[bytes, tuple[bytes, bytes] | None]],
) -> None:
    content = b"".join(one.replace(*change, 1) if change else one for one, change in lines)
    assert same(parse_detail_log(content), one_by_one(content))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(detail, "PIECE_BYTES", 100)
        assert same(parse_detail_log(content), one_by_one(content))


def test_logs_before_leave_a_log_s_facts_as_they_are() -> None:
    begin, end = message("sut_name", "x"), message("sut_name", "x").partition(b"\n")[0]
    whole = parse_detail_log(begin + message("test_datetime", "t"))
    # what would be known from the log before, at a place where it is no line
    cut = end.partition(b', "time_ms"')[0] + b', "time_ms": 0.5,' + begin
    assert same(parse_detail_log(cut), one_by_one(cut))
    assert same(parse_detail_log(begin + message("test_datetime", "t")), whole)


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_no_bytes_stop_the_parser(content: bytes) -> None:
    log = parse_detail_log(message("sut_name", "x") + content)
    assert log.get("sut_name") == "x"


def test_loadgen_s_own_lines_are_read_the_quick_way() -> None:
    values = (1, -2.5e-7, True, "text with , : {}", 'a "quoted" text', {"/a": "b", "/c": "d"})
    content = b"".join(map(message, ("generic_message",) * len(values), values))
    assert take_plain(
        LineReader(),
        content.replace(b'": "b", "', b'":"b","')
        .replace(b'/a": ', b'/a":')
        .replace(b'/c": ', b'/c":'),
    )


@pytest.mark.parametrize("samples", ["[]", "[0]", "[1,20,0,305]"])
def test_a_list_of_samples_is_passed_over(samples: str) -> None:
    content = (
        message("sut_name", "x") + message("loaded_qsl_set", 0) + message("test_datetime", "t")
    )
    content = content.replace(
        b'"loaded_qsl_set", "value": 0', b'"loaded_qsl_set", "value": ' + samples.encode()
    )
    log = parse_detail_log(content)
    assert (log.line_count, log.lines["test_datetime"], log.fault_count) == (3, 3, 0)


@pytest.mark.parametrize("samples", ["[1,,2]", "[01]", "[1,]", "[,1]", "[1 2]", "[1,02]"])
def test_a_list_that_is_not_json_is_a_fault_at_its_line(samples: str) -> None:
    content = message("sut_name", "x") + message("loaded_qsl_set", 0)
    log = parse_detail_log(
        content.replace(b'set", "value": 0', b'set", "value": ' + samples.encode())
    )
    assert [(fault.line, fault.kind) for fault in log.faults] == [(2, "json")]
    assert log.official_fault == "line 2 is not JSON"


def test_the_first_of_a_key_counts_and_a_second_is_reported() -> None:
    log = parse_detail_log(message("result_query_count", 1) + message("result_query_count", 2))
    assert log.number("result_query_count") == 1
    assert [(r.line, r.differs, r.again) for r in log.repeats] == [(2, True, 2)]


def test_a_key_of_every_part_of_a_data_set_may_come_again() -> None:
    log = parse_detail_log(message("power_begin", "a") + message("power_begin", "b"))
    assert log.repeats == ()


def test_errors_are_kept_with_their_line_and_text() -> None:
    log = parse_detail_log(message("a", 1) + message("error_invalid_config", "x" * 999, error=True))
    assert [(e.line, e.key, len(e.text)) for e in log.errors] == [(2, "error_invalid_config", 300)]


@pytest.mark.parametrize(
    ("content", "kind", "at"),
    [
        (b'{"not": "marked"}\n\xff\n', "encoding", 2),
        (message("a", 1) + b":::MLLOG \xff\n", "encoding", 2),
        (message("a", 1) + b"\n\n\x00\x00\n", "nul", 4),
        (b":::MLLOG {\n", "json", 1),
        (b":::MLLOG " + b"[" * 100_000 + b"\n", "json", 1),
        (b":::MLLOG [1]\n", "shape", 1),
        (b':::MLLOG {"key": 1}\n', "shape", 1),
        (b':::MLLOG {"key": "sut_name", "metadata": {"is_error": false}}\n', "shape", 1),
        (b':::MLLOG {"key": "a", "value": 1}\n', "metadata", 1),
        (b"\xef\xbb\xbf" + message("a", 1), "encoding", 1),
        (message("a", 1) + b"a tail without end", "cut", 2),
        (message("a", 1)[:-9], "json", 1),
        (b":::MLLOG " + b"x" * (1 << 20) + b"\n", "overlong", 1),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_broken_line_is_reported_with_its_kind_and_number(
    content: bytes, kind: str, at: int
) -> None:
    assert [(fault.kind, fault.line) for fault in parse_detail_log(content).faults] == [(kind, at)]


def test_a_whole_message_needs_no_line_end() -> None:
    log = parse_detail_log(message("a", 1) + message("sut_name", "x").rstrip(b"\n"))
    assert (log.get("sut_name"), log.fault_count) == ("x", 0)


@pytest.mark.parametrize("end", [b"\r\n", b"\r"])
def test_other_line_ends_are_line_ends(end: bytes) -> None:
    content = message("sut_name", "x") + message("test_datetime", "t")
    log = parse_detail_log(content.replace(b"\n", end))
    assert (log.get("sut_name"), log.get("test_datetime")) == ("x", "t")


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e999", "-0", "1E5", "9" * 300])
def test_numbers_that_json_parsers_take_are_taken_as_python_takes_them(text: str) -> None:
    content = message("result_query_count", 7).replace(b": 7,", b": " + text.encode() + b",")
    assert repr(parse_detail_log(content).number("result_query_count")) == repr(json.loads(text))


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_number_beyond_all_floats_is_infinite(sign: str) -> None:
    content = message("result_query_count", 7).replace(b" 7,", f" {sign}1{'0' * 400},".encode())
    assert parse_detail_log(content).number("result_query_count") == float(f"{sign}inf")


def test_a_number_of_too_many_digits_is_a_broken_line() -> None:
    content = message("result_query_count", 7).replace(b" 7,", b" " + b"9" * 5000 + b",")
    assert [fault.kind for fault in parse_detail_log(content).faults] == ["json"]


def test_true_is_no_number_and_one_is_no_text() -> None:
    log = parse_detail_log(message("result_query_count", True) + message("sut_name", 1))
    assert (log.number("result_query_count"), log.text("sut_name")) == (None, None)


def test_of_a_value_that_is_too_large_the_kind_is_kept() -> None:
    log = parse_detail_log(message("sut_name", [{}] * 9) + message("test_datetime", "x" * 99_999))
    assert log.get("sut_name") == []
    assert len(log.get("test_datetime")) == 10_000


def test_a_log_of_many_blocks_is_read_as_one(tmp_path: Path) -> None:
    content = message("sut_name", "x") + message("filler", "y" * 100) * 25_000 + message("a", "é")
    (tmp_path / "log").write_bytes(content + message("test_datetime", "t"))
    log = read_detail_log(tmp_path / "log")
    assert isinstance(log, DetailLog)
    assert (log.line_count, log.lines["test_datetime"], log.fault_count) == (25_003, 25_003, 0)


def test_of_a_log_whose_beginning_says_all_that_is_asked_for_no_more_is_read(
    tmp_path: Path,
) -> None:
    filler = message("filler", "y" * 100) * 1000
    content = message("sut_name", "x") + filler + message("test_datetime", "t")
    (tmp_path / "log").write_bytes(content)
    head = read_detail_head(tmp_path / "log", ["sut_name"])
    assert isinstance(head, DetailLog)
    assert (head.get("sut_name"), head.get("test_datetime"), head.faults) == ("x", None, ())
    for asked in (["test_datetime"], ["sut_name", "no_such_key"]):
        assert read_detail_head(tmp_path / "log", asked) == read_detail_log(tmp_path / "log")
    assert isinstance(read_detail_head(tmp_path / "missing", ["sut_name"]), Unreadable)


def test_a_line_that_no_block_holds_is_reported_and_the_next_one_read(tmp_path: Path) -> None:
    content = b"x" * (9 << 20) + b"\n" + message("sut_name", "x")
    (tmp_path / "log").write_bytes(content)
    log = read_detail_log(tmp_path / "log")
    assert isinstance(log, DetailLog)
    assert [(f.kind, f.line) for f in log.faults] == [("overlong", 1)]
    assert log.lines["sut_name"] == 2


def test_equal_content_has_an_equal_fingerprint() -> None:
    one = parse_detail_log(message("sut_name", "x"))
    assert one == parse_detail_log(message("sut_name", "x"))
    assert one.fingerprint != parse_detail_log(message("sut_name", "y")).fingerprint
    assert replace(one, fingerprint=0) != one


@pytest.mark.parametrize("name", ["folder", "nothing", "link"])
def test_what_is_no_file_is_reported_in_words(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    found = read_detail_log(tmp_path / name)
    assert isinstance(found, Unreadable)
    assert found.why


def stamped(key: str, value: object, time_ms: float) -> bytes:
    return line(key, value, time_ms=time_ms).encode()


BOTH_WAYS = pytest.mark.parametrize("read", [parse_detail_log, one_by_one])
Read = Callable[[bytes], DetailLog]


@BOTH_WAYS
def test_the_stamps_around_a_run_are_kept(read: Read) -> None:
    content = b"".join(
        (
            stamped("sut_name", "a", 1.5),
            stamped("generated_query_duration", 5, 20.25),
            stamped("generated_query_duration", 5, 30),  # the next part of a data set
            stamped("power_begin", "then", 600_020.5),
            stamped("power_begin", "later", 700_000),
        )
    )
    # the last one before the first run's end, and that end
    assert read(content).times == {"generated_query_duration": 30.0, "power_begin": 600_020.5}


@BOTH_WAYS
@pytest.mark.parametrize("stamp", ["1e16", "-1e16", '"5"', "null", "true", "NaN"])
def test_a_stamp_that_is_no_time_is_none(stamp: str, read: Read) -> None:
    text = stamped("power_begin", "then", 1).replace(
        b'"time_ms": 1', f'"time_ms": {stamp}'.encode()
    )
    assert read(text).times == {}


@BOTH_WAYS
def test_the_sizes_of_loaded_sets_are_kept(read: Read) -> None:
    sets = [[3, 1, 2], [], [7]]
    content = b"".join(compact("loaded_qsl_set", found) for found in sets)
    assert read(content).loaded == (3, 0, 1)
    assert read(message("loaded_qsl_set", "many")).loaded == (None,)
    assert read(message("sut_name", "a")).loaded == ()


def test_a_set_whose_line_is_too_long_has_no_size() -> None:
    listed = ",".join(["1234567"] * (LINE_BYTES // 8 + 1)).encode()
    content = message("loaded_qsl_set", []).replace(b"[]", b"[" + listed + b"]")
    assert one_by_one(content).loaded == (None,)


@BOTH_WAYS
def test_the_digests_of_the_sources_that_are_compiled_are_kept(read: Read) -> None:
    digests = {"/loadgen.cc": "a" * 40, "/README.md": "b" * 40, "/utils.h": "c" * 40}
    content = compact("loadgen_file_sha1", digests) + compact("loadgen_file_sha1", {"/x.cc": "d"})
    # no texts, and of two lines the first
    assert read(content).sources == {"loadgen.cc": "a" * 40, "utils.h": "c" * 40}
    assert read(message("loadgen_file_sha1", "none")).sources == {}


@BOTH_WAYS
def test_the_processes_that_wrote_a_log_are_counted(read: Read) -> None:
    one = message("sut_name", "a")
    other = message("result_validity", "VALID").replace(str(PROCESS).encode(), b"99")
    assert read(one + one).process_count == 1
    assert read(one + other + one).process_count == 2
    assert read(one.replace(f'"pid": {PROCESS}'.encode(), b'"pid": "x"')).process_count == 0
