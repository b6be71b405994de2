"""Width, colour and what is drawn over itself follow the stream and the environment."""

import io

import pytest

from submission.terminal import KEPT, PLAIN, Look, Ticker, Tone, aligned, duration, fitted, look_at


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Ascii(Terminal):
    encoding = "ascii"


@pytest.fixture(autouse=True)
def _eighty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.parametrize(
    ("stream", "environment", "colour", "live", "width"),
    [
        (Terminal(), {"TERM": "xterm"}, True, True, 80),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": "1"}, False, True, 80),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": ""}, True, True, 80),
        (Terminal(), {"TERM": "dumb"}, False, False, 80),
        (Terminal(), {"TERM": "xterm", "CI": "true"}, True, False, 80),
        (io.StringIO(), {"TERM": "xterm"}, False, False, 0),
        (io.StringIO(), {"TERM": "xterm", "FORCE_COLOR": "1"}, True, False, 0),
        (io.StringIO(), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False, 0),
        (io.StringIO(), {"FORCE_COLOR": "0"}, False, False, 0),
    ],
)
def test_a_look_follows_stream_and_environment(
    stream: io.StringIO, environment: dict[str, str], colour: bool, live: bool, width: int
) -> None:
    look = look_at(stream, environment)
    assert (look.colour, look.live, look.width) == (colour, live, width)


def test_a_closed_stream_is_no_terminal() -> None:
    stream = io.StringIO()
    stream.close()
    assert look_at(stream, {}).width == 0


@pytest.mark.parametrize(("columns", "width"), [("10", 40), ("80", 80), ("300", 110)])
def test_a_width_is_neither_too_small_nor_too_large(
    columns: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    look = look_at(Terminal(), {"TERM": "xterm"})
    assert look.width == width
    # what is no sentence may use all of a wide terminal
    assert look.room == max(int(columns), width)


def test_a_terminal_without_the_ellipsis_gets_dots() -> None:
    assert look_at(Ascii(), {"TERM": "xterm"}).shortened("a/long/p/x", 8) == ".../p/x"


def test_a_path_is_shortened_from_the_left_at_a_slash() -> None:
    look = Look(width=80)
    path = "open/Demo/results/node/model/Offline/performance/run_1/mlperf_log_detail.txt:12"
    assert look.shortened(path, 40) == "…/run_1/mlperf_log_detail.txt:12"
    assert len(look.shortened("x" * 90, 40)) == 40
    assert look.shortened(path, 200) == path
    assert PLAIN.shortened(path, 5) == path


def test_text_is_wrapped_only_on_a_terminal_and_never_at_a_kept_blank() -> None:
    text = "one two three four five six" + KEPT + "seven"
    assert Look(width=30).wrapped(text, first="a ", rest="  ") == [
        "a one two three four five",
        "  six seven",
    ]
    assert PLAIN.wrapped(text, first="a ") == ["a one two three four five six seven"]


def test_colour_only_repeats_what_a_word_says() -> None:
    assert Look(colour=True).toned("FAILED", Tone.BAD) == "\x1b[1;31mFAILED\x1b[0m"
    assert PLAIN.toned("FAILED", Tone.BAD) == "FAILED"


def test_columns_are_aligned_and_one_gives_way() -> None:
    rows = [("a", "first/second/third", "1"), ("bbb", "x", "100")]
    assert aligned(rows, right={2}) == [
        "a    first/second/third    1",
        "bbb  x                   100",
    ]
    assert fitted(rows, Look(width=20), column=1, right={2}) == [
        "a    …/third    1",
        "bbb  x        100",
    ]
    assert aligned([]) == []


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0.0 s"),
        (4.12, "4.1 s"),
        (42.4, "42 s"),
        (59.6, "1 min"),
        (200, "3 min 20 s"),
        (3600, "1 h"),
        (4199, "1 h 10 min"),
    ],
)
def test_a_duration_is_said_as_people_do(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_a_ticker_draws_on_a_terminal_alone_and_goes() -> None:
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        ticker = Ticker(stream, look_at(stream, {"TERM": "xterm"}), after_s=0.0)
        ticker.show("checking: 3 results")
        ticker.show("too soon")
        ticker.close()
    assert terminal.getvalue() == "\r\x1b[Kchecking: 3 results, 0.0 s\r\x1b[K"
    assert pipe.getvalue() == ""
