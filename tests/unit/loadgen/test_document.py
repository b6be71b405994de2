"""JSON files that should hold one object."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submission.loadgen import Document, Unreadable, read_document
from submission.loadgen.document import DOCUMENT_BYTES, parse_document


def why(content: bytes) -> str:
    found = parse_document(content)
    assert isinstance(found, Unreadable)
    return found.why


def test_a_key_knows_its_line_and_its_repetition() -> None:
    found = parse_document(b'{\n"a": 1,\n"b": {"c": 1, "c": 2},\n"a": 2\n}')
    assert isinstance(found, Document)
    assert (found.value["a"], found.repeated, found.line_of("b")) == (2, ("c", "a"), 3)


def test_a_byte_order_mark_is_taken_and_reported() -> None:
    found = parse_document(b'\xef\xbb\xbf{"a": 1}')
    assert isinstance(found, Document)
    assert found.has_bom


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not JSON: Expecting value, line 1"),
        (b'{"a": 1', "not JSON"),
        (b'{"a": \xff}', "byte 6 is not UTF-8"),
        (b"[1]", "it holds a list"),
        (b"null", "it holds null"),
        (b'"x"', "it holds a string"),
        (b"NaN", "it holds a number"),
        (b'{"a": 1}\x00', "not JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON"),
        (b'{"a": ' * 300 + b"1" + b"}" * 300, "nested"),
        (b"[" * 100_000, "nested"),
    ],
)
def test_what_holds_no_object_is_reported_in_words(content: bytes, words: str) -> None:
    assert words in why(content)


def test_brackets_in_texts_are_no_nesting() -> None:
    assert isinstance(parse_document(json.dumps({"a": "[{" * 500 + '\\"'}).encode()), Document)


def test_a_large_file_is_refused_unread(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b" " * (DOCUMENT_BYTES + 1))
    found = read_document(tmp_path / "a.json")
    assert isinstance(found, Unreadable)
    assert "more than such a file may have" in found.why


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=4))
def test_what_json_writes_is_read_back(value: dict[str, object]) -> None:
    found = parse_document(json.dumps(value).encode())
    assert isinstance(found, Document)
    assert (found.value, found.repeated) == (value, ())


@given(st.binary(max_size=200))
def test_no_bytes_stop_the_parser(content: bytes) -> None:
    assert parse_document(content)
