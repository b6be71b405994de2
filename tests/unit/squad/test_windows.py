from hypothesis import given
from hypothesis import strategies as st

from submission.squad.windows import Window, max_context, windows_of

SIZES = {
    "token_count": st.integers(0, 90),
    "room": st.integers(1, 30),
    "stride": st.integers(1, 40),
}


def flags(windows: list[Window]) -> list[str]:
    return ["".join("T" if flag else "." for flag in row) for row in max_context(windows)]


def test_a_short_context_is_one_window() -> None:
    assert windows_of(6, room=6, stride=3) == [Window(start=0, size=6)]


def test_a_long_context_is_windows_a_stride_apart() -> None:
    spans = [(window.start, window.size) for window in windows_of(10, room=6, stride=3)]
    assert spans == [(0, 6), (3, 6), (6, 4)]


def test_no_tokens_are_no_windows() -> None:
    assert windows_of(0, room=6, stride=3) == []
    assert max_context([]) == []


def test_a_token_belongs_to_the_window_that_sees_most_around_it() -> None:
    # token 4 sees as much in both windows: the first has it; token 7 is in a larger window
    assert flags(windows_of(10, room=6, stride=3)) == ["TTTTT.", "..TTT.", "..TT"]


@given(**SIZES)
def test_windows_cover_every_token_and_end_with_the_last(
    token_count: int, room: int, stride: int
) -> None:
    windows = windows_of(token_count, room=room, stride=stride)
    covered = {n for window in windows for n in range(window.start, window.stop)}
    assert covered == set(range(token_count))
    assert [window.stop for window in windows].count(token_count) == (1 if token_count else 0)


@given(**SIZES)
def test_every_token_belongs_to_one_window(token_count: int, room: int, stride: int) -> None:
    windows = windows_of(token_count, room=room, stride=stride)
    owners = [0] * token_count
    for window, row in zip(windows, max_context(windows), strict=True):
        for n, flag in enumerate(row.tolist()):
            owners[window.start + n] += flag
    assert owners == [1] * token_count
