"""accuracy.txt."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submission.loadgen import AccuracyText, Unreadable, read_accuracy_text
from submission.loadgen.accuracy_text import parse_accuracy_text
from submission.policy import load_policy

F1 = load_policy("v3.0").accuracy_metrics["F1"].line_pattern
ACC = load_policy("v3.0").accuracy_metrics["acc"].line_pattern


def parsed(text: str | bytes, metric: str = "F1", pattern: str = F1) -> AccuracyText:
    content = text.encode() if isinstance(text, str) else text
    return parse_accuracy_text(content, {metric: pattern})


@pytest.mark.parametrize(
    "line",
    [
        '{"exact_match": 82.5, "f1": 90.25}',
        "{'exact_match': 82.5, 'f1': 90.25}",
        '{"f1": 90.25, "exact_match": 82.5}',
        '{ "f1" : 90.25 }',
        '{"f1": "90.25"}',
    ],
)
def test_a_metric_is_found_in_any_order_of_keys(line: str) -> None:
    text = parsed(f"Loading...\n{line}\nhash={'a' * 64}\n")
    assert [(m.line, m.text) for m in text.metrics] == [(2, "90.25")]
    assert [(h.line, h.text) for h in text.hashes] == [(3, "a" * 64)]


def test_a_reader_of_the_fixed_form_sees_the_fixed_form_only() -> None:
    assert parsed('{"f1": 90.25, "exact_match": 82.5}').official_value is None
    assert parsed('{"exact_match": 82.5, "f1": 90.25}').official_value == "90.25"


def test_such_a_reader_stops_when_it_has_value_and_hash() -> None:
    line = '{{"exact_match": 1.0, "f1": {}}}\n'
    text = parsed(line.format(1.0) + line.format(2.0) + "hash=ab\n" + line.format(3.0))
    assert (text.official_value, text.official_hash, len(text.metrics)) == ("2.0", "ab", 3)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NaN", math.nan),
        ("1e999", math.inf),
        ("1" + "0" * 400, math.inf),
        ("90.9.4", None),
        ("true", None),
    ],
)
def test_a_value_that_is_no_finite_number_is_kept_as_it_is(text: str, value: float | None) -> None:
    found = parsed(f'{{"f1": {text}}}').metrics
    assert [repr(metric.value) for metric in found] == ([repr(value)] if found else [])
    assert bool(found) is (text != "90.9.4")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_one(end: str) -> None:
    text = parsed(end.join(['{"f1": 1.0}', "hash=ab", ""]))
    assert ([m.line for m in text.metrics], [h.line for h in text.hashes]) == ([1], [2])


def test_a_metric_without_json_goes_by_the_round_s_pattern() -> None:
    text = parsed("accuracy=76.100%, good=38050, total=50000\n", "acc", ACC)
    assert [metric.value for metric in text.metrics] == [76.1]


def test_bytes_that_are_not_utf8_are_a_fault_and_the_rest_is_read() -> None:
    text = parsed(b'\xff\n{"exact_match": 1.0, "f1": 90.0}\n')
    assert (text.fault, text.official_fault) == ("byte 0 is not UTF-8",) * 2
    assert text.metrics[0].value == 90.0


def test_only_so_many_lines_are_kept() -> None:
    text = parsed('{"f1": 1.0}\nhash=a\n' * 100)
    assert (len(text.metrics), len(text.hashes)) == (20, 20)


@pytest.mark.parametrize(
    "text", ['{"f1":[' + "{}," * 99_999 + "{}]}", "[" * 99_999, "hash=x" + " " * 99_999 + "y"]
)
def test_a_long_line_is_no_metric(text: str) -> None:
    assert parsed(text).metrics == ()


def test_a_file_of_many_megabytes_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "accuracy.txt").open("wb") as stream:
        stream.truncate(5 << 20)
    found = read_accuracy_text(tmp_path / "accuracy.txt", {"F1": F1})
    assert isinstance(found, Unreadable)
    assert "5242880 bytes" in found.why


@given(st.binary(max_size=200))
def test_no_bytes_stop_the_parser(content: bytes) -> None:
    assert parsed(content).size_bytes == len(content)


def test_several_metrics_of_one_line_are_read_by_their_patterns() -> None:
    patterns = {name: rf".*'{name}':\s([\d.]+)" for name in ("rouge1", "rouge2")}
    content = b"{'rouge1': 42.9, 'rouge2': 20.1}\nhash=ab\n{'rouge1': 43.0, 'rouge2': 20.2}\n"
    text = parse_accuracy_text(content, patterns)
    assert [(m.name, m.line, m.value) for m in text.metrics] == [
        ("rouge1", 1, 42.9),
        ("rouge2", 1, 20.1),
        ("rouge1", 3, 43.0),
        ("rouge2", 3, 20.2),
    ]
    assert [m.value for m in text.of("rouge2")] == [20.1, 20.2]
    assert text.official_values == {"rouge1": "42.9", "rouge2": "20.1"}


def test_the_official_reader_goes_on_until_it_has_every_metric() -> None:
    patterns = {"F1": F1, "acc": ACC}
    content = b"accuracy=1.0\nhash=ab\naccuracy=2.0\n"
    text = parse_accuracy_text(content, patterns)
    assert text.official_values == {"F1": None, "acc": "2.0"}
    assert text.official_value is None


@pytest.mark.parametrize(
    ("line", "form"),
    [
        ("\ufeffaccuracy=76.1%", "a byte order mark before it"),
        ("INFO:main:accuracy=76.1%, good=1", "'INFO:main:' before it"),
        ("Accuracy: 76.1 %", "not in the form of the script"),
        ('{"accuracy": 76.1}', "not in the form of the script"),
        ("accuracy (%) = 76.1", "not in the form of the script"),
        ("the accuracy is 76.1", "not in the form of the script"),
    ],
)
def test_a_value_in_another_form_is_read_and_its_form_named(line: str, form: str) -> None:
    (found,) = parsed(f"{line}\nhash={'a' * 64}\n", "acc", ACC).metrics
    assert (found.value, found.form) == (76.1, form)


@pytest.mark.parametrize("line", ["inaccuracy=76.1", "accuracy=76.1.2", "accuracy: none", "76.1"])
def test_what_is_no_accuracy_is_not_taken_for_one(line: str) -> None:
    assert not [one for one in parsed(f"x {line}\n", "acc", ACC).metrics if one.value is not None]


def test_another_form_does_not_count_where_one_line_is_in_the_right_one() -> None:
    text = parsed("Accuracy: 70.1\naccuracy=76.1%\n", "acc", ACC)
    assert [line.value for line in text.metrics] == [76.1]


def test_the_line_that_counts_is_the_one_that_the_official_checker_takes() -> None:
    lines = "accuracy=76.1%\naccuracy=70.0%\nhash=ab\naccuracy=80.0%\nhash=cd\n"
    text = parsed(lines, "acc", ACC)
    assert (text.chosen["acc"].text, text.official_value) == ("70.0", "70.0")
    assert text.digest is not None
    assert text.digest.text == "ab"


def test_of_many_lines_the_official_one_counts_even_if_it_is_not_kept() -> None:
    lines = "".join(f"accuracy={n}.0%\n" for n in range(40, 90))
    text = parsed(f"{lines}hash=ab\n", "acc", ACC)
    assert (text.chosen["acc"].text, text.chosen["acc"].line) == ("89.0", 50)


def test_a_digest_behind_what_a_logger_writes_is_read_but_not_official() -> None:
    text = parsed(f"INFO:hash={'a' * 64}\n", "acc", ACC)
    assert [line.text for line in text.hashes] == ["a" * 64]
    assert text.official_hash is None
