from hypothesis import given
from hypothesis import strategies as st

from submission.container.lines import LineCutter, Tail
from submission.container.order import TAIL_LINES


def cut(*chunks: bytes) -> list[str]:
    cutter = LineCutter()
    return [line for chunk in chunks for line in cutter.feed(chunk)] + list(cutter.close())


def test_a_line_is_reported_once_its_end_has_come() -> None:
    cutter = LineCutter()
    assert list(cutter.feed(b"PROG")) == []
    assert list(cutter.feed(b"RESS {}\nnext")) == ["PROGRESS {}"]


def test_the_last_line_needs_no_end() -> None:
    assert cut(b"a\nb") == ["a", "b"]


def test_empty_lines_are_lines() -> None:
    assert cut(b"a\n\nb\n") == ["a", "", "b"]


def test_windows_ends_are_ends() -> None:
    assert cut(b"a\r\nb\r\n") == ["a", "b"]


def test_a_letter_may_be_cut_in_two() -> None:
    assert cut("ü\n".encode()[:1], "ü\n".encode()[1:]) == ["ü"]


def test_bytes_that_are_no_text_do_not_stop_the_run() -> None:
    assert cut(b"\xff\n") == ["\ufffd"]


@given(st.binary(), st.integers(min_value=1, max_value=7))
def test_where_chunks_end_does_not_matter(content: bytes, size: int) -> None:
    chunks = [content[at : at + size] for at in range(0, len(content), size)]
    assert cut(*chunks) == cut(content)


def test_a_tail_passes_everything_and_keeps_the_last() -> None:
    said: list[str] = []
    tail = Tail(said.append)
    for number in range(TAIL_LINES + 5):
        tail(str(number))
    assert len(said) == TAIL_LINES + 5
    assert tail.lines == tuple(said[5:])
