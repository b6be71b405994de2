import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submission.errors import StageError
from submission.loadgen.squad_text import SquadAccuracy, accuracy_text, squad_accuracy

HASH = "0a" * 32
GOOD = f'{{"exact_match": 60.5, "f1": 73.25}}\nhash={HASH}\n'
PERCENT = st.floats(0.0, 100.0)


def refusal_of(text: str) -> str:
    with pytest.raises(StageError, match=r"accuracy\.txt does not say one accuracy") as caught:
        squad_accuracy(text)
    return caught.value.detail


def test_the_file_is_a_metric_line_and_a_hash_line() -> None:
    text = accuracy_text(exact_match=60.98391674550615, f1=73.21270384383057, log_sha256=HASH)
    first, second, rest = text.split("\n")
    assert first == '{"exact_match": 60.98391674550615, "f1": 73.21270384383057}'
    assert (second, rest) == (f"hash={HASH}", "")


@given(exact_match=PERCENT, f1=PERCENT)
def test_what_was_written_is_read_to_the_last_digit(exact_match: float, f1: float) -> None:
    expected = SquadAccuracy(exact_match=exact_match, f1=f1, log_sha256=HASH)
    assert (
        squad_accuracy(accuracy_text(exact_match=exact_match, f1=f1, log_sha256=HASH)) == expected
    )


def test_keys_may_come_in_any_order_and_other_lines_between() -> None:
    text = f'hash={HASH}\r\nReading examples...\r\n {{"f1": 90, "n": 1, "exact_match": 83.5}}'
    expected = SquadAccuracy(exact_match=83.5, f1=90.0, log_sha256=HASH)
    assert squad_accuracy(text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "0 lines hold exact_match and f1 as JSON"),
        (f"hash={HASH}", "0 lines hold exact_match"),
        (GOOD.replace("f1", "F1"), "0 lines hold exact_match"),
        (GOOD + GOOD, "2 lines hold exact_match"),
        (GOOD.replace("73.25", "NaN"), "f1 is 'nan', not a number"),
        (GOOD.replace("73.25", "Infinity"), "f1 is 'inf', not a number"),
        (GOOD.replace("73.25", "1e999"), "f1 is 'inf', not a number from 0 to 100"),
        (GOOD.replace("73.25", "1" + "0" * 400), "f1 is '1000"),
        (GOOD.replace("73.25", "-0.5"), "f1 is '-0.5', not a number from 0 to 100"),
        (GOOD.replace("60.5", "100.1"), "exact_match is '100.1', not a number"),
        (GOOD.replace("60.5", "true"), "exact_match is 'True', not a number"),
        (GOOD.replace("60.5", '"60.5"'), "exact_match is '60.5', not a number"),
        (GOOD.replace("hash", "sum"), "0 lines begin with hash="),
        (f"{GOOD}hash={HASH}\n", "2 lines begin with hash="),
        (GOOD.replace("73.25", "[]"), "f1 is '[]', not a number"),
        (GOOD.replace("73.25", '{"a": [1]}'), "f1 is '{}', not a number"),
        (GOOD.replace(HASH, HASH[:-1]), "is not 64 hex digits"),
        (GOOD.replace(HASH, HASH.upper()), "is not 64 hex digits in lower case"),
    ],
)
def test_a_file_that_does_not_say_one_accuracy_is_refused(text: str, words: str) -> None:
    assert words in refusal_of(text)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -1.0, 100.5])
def test_a_score_that_is_none_is_not_written(wrong: float) -> None:
    with pytest.raises(StageError):
        accuracy_text(exact_match=50.0, f1=wrong, log_sha256=HASH)


@pytest.mark.slow
@given(line=st.text() | st.recursive(st.integers(), st.lists).map(json.dumps))
def test_no_line_gives_a_traceback(line: str) -> None:
    refusal_of(f"{{{line}\nhash={HASH}")
