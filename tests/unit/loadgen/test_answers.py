import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from submission.errors import StageError
from submission.loadgen.answers import FILL, read_logits

LENGTHS = np.array([2, 3], dtype=np.int32)
ROOM = 4
Entry = dict[str, Any]


@pytest.fixture
def good(entry: Callable[..., Entry]) -> list[Entry]:
    return [entry(1, [[1, 2], [3, 4], [5, 6]]), entry(0, [[7, 8], [9, 10]])]


def detail_of(path: Path, lengths: np.ndarray = LENGTHS) -> str:
    with pytest.raises(StageError, match="the accuracy log cannot be scored") as caught:
        read_logits(path, lengths, ROOM)
    assert "\n" not in caught.value.detail
    return caught.value.detail


def test_answers_go_to_their_samples_and_the_rest_is_filled(write_log: Any, good: Any) -> None:
    logits = read_logits(write_log(good), LENGTHS, ROOM)
    assert logits.dtype == np.float32
    assert logits[0].tolist() == [[7, 8], [9, 10], [FILL, FILL], [FILL, FILL]]
    assert logits[1].tolist() == [[1, 2], [3, 4], [5, 6], [FILL, FILL]]


def test_a_padded_answer_is_taken_as_it_is(write_log: Any, entry: Any, good: Any) -> None:
    padded = entry(0, [[7, 8], [9, 10], [-1, -2], [-3, -4]])
    assert read_logits(write_log([good[0], padded]), LENGTHS, ROOM)[0, 3].tolist() == [-3, -4]


def test_an_answer_given_twice_with_the_same_bytes_counts_once(write_log: Any, good: Any) -> None:
    twice = [*good, good[1] | {"data": good[1]["data"].lower()}]
    assert read_logits(write_log(twice), LENGTHS, ROOM)[0, 0].tolist() == [7, 8]


def test_a_sample_answered_in_two_ways_is_refused(write_log: Any, entry: Any, good: Any) -> None:
    path = write_log([*good, entry(0, [[7, 8], [9, 11]])])
    assert "entry 2: qsl_idx 0 has another answer in entry 1" in detail_of(path)


def test_samples_without_an_answer_are_named(write_log: Any, good: Any) -> None:
    assert "1 of 2 samples have no answer (qsl_idx 1)" in detail_of(write_log(good[1:]))
    many = np.full(9, 2, dtype=np.int32)
    expected = "8 of 9 samples have no answer (qsl_idx 1, 2, 3, 4, 5, ...)"
    assert expected in detail_of(write_log(good[1:]), many)


def test_a_log_without_answers_is_refused(write_log: Any) -> None:
    assert "2 of 2 samples have no answer" in detail_of(write_log([]))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"qsl_idx": 2}, "entry 0: qsl_idx 2 is not in 0..1"),
        ({"qsl_idx": -1}, "entry 0: qsl_idx -1 is not in 0..1"),
        ({"qsl_idx": True}, "entry 0: it has no whole qsl_idx"),
        ({"qsl_idx": "1"}, "entry 0: it has no whole qsl_idx"),
        ({"data": None}, "entry 0: it has no whole qsl_idx or no data"),
        ({"data": ""}, "qsl_idx 1: 0 bytes, not 3 to 4 tokens of 8 bytes"),
        ({"data": "00" * 16}, "qsl_idx 1: 16 bytes, not 3 to 4 tokens of 8 bytes"),
        ({"data": "00" * 28}, "qsl_idx 1: 28 bytes, not 3 to 4 tokens of 8 bytes"),
        ({"data": "00" * 40}, "qsl_idx 1: 40 bytes, not 3 to 4 tokens of 8 bytes"),
        ({"data": "0" * 47}, "qsl_idx 1: data is not hex digits"),
        ({"data": "xy" * 24}, "qsl_idx 1: data is not hex digits"),
        ({"data": "00" * 20 + "0000C07F"}, "qsl_idx 1: a logit is not a finite number"),
        ({"data": "00" * 20 + "0000807F"}, "qsl_idx 1: a logit is not a finite number"),
    ],
)
def test_what_cannot_be_an_answer_is_refused(
    write_log: Any, good: Any, change: dict[str, Any], words: str
) -> None:
    assert words in detail_of(write_log([good[0] | change, good[1]]))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not JSON (Expecting value"),
        (b'[\n{ "seq_id" : 0, "qsl_idx" : 1, "da', "not JSON (Unterminated string"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"{}", "not a JSON list"),
        (b"[7]", "entry 0: not an object"),
    ],
)
def test_what_is_no_log_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "log.json"
    path.write_bytes(content)
    assert words in detail_of(path)


def test_a_missing_log_is_refused(tmp_path: Path) -> None:
    assert "No such file" in detail_of(tmp_path / "log.json")


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_truncated_log_is_refused_by_name(tmp_path: Path, good: Any, end: bytes) -> None:
    text = json.dumps(good).encode()
    path = tmp_path / "log.json"
    path.write_bytes(text[:50] + end * 2 + b"..." + end * 2 + text[-50:])
    with pytest.raises(StageError, match="was truncated and cannot be scored") as caught:
        read_logits(path, LENGTHS, ROOM)
    assert "full log" in caught.value.hint
