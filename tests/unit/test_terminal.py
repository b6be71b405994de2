"""Width, colour and what is drawn over itself follow the stream and the environment."""

import io

import pytest

from submission.terminal import KEPT, PLAIN, Look, Ticker, Tone, aligned, duration, fitted, look_at
from tests.fakes.contrast import contrast


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
    assert Look(colour=True).toned("FAILED", Tone.BAD) == f"\x1b[{Tone.BAD}mFAILED\x1b[0m"
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


WHITE, BLACK = "#ffffff", "#000000"
# red, green, yellow, blue, magenta, cyan; then the bright ones
THEMES = {
    "xterm": "cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff",
    "GNOME": "c01c28 26a269 a2734c 12488b a347ba 2aa1b3 f66151 33da7a e9ad0c 2a7bde c061cb 33c7de",
    "VS Code light": (
        "cd3131 107c10 949800 0451a5 bc05bc 0598bc cd3131 14ce14 b5ba00 0451a5 bc05bc 0598bc"
    ),
}
CUBE = (0, 95, 135, 175, 215, 255)


def colours_of(code: str) -> list[str]:
    """What a code may look like: one colour of the cube, or that of each theme; [] for none."""
    numbers = [int(part) for part in code.split(";")]
    if numbers[-3:-1] == [38, 5]:
        red, green, blue = (CUBE[(numbers[-1] - 16) // step % 6] for step in (36, 6, 1))
        return [f"#{red:02x}{green:02x}{blue:02x}"]
    themes = [[f"#{colour}" for colour in theme.split()] for theme in THEMES.values()]
    found = []
    for number in numbers:
        if number in range(31, 37):
            # xterm and others show bold in the bright colour
            bright = [theme[number - 25] for theme in themes] if 1 in numbers else []
            found += [*(theme[number - 31] for theme in themes), *bright]
        elif number in range(91, 97):
            found += [theme[number - 85] for theme in themes]
    return found


def least(code: str) -> float:
    """The contrast of a code where it is worst, on white or on black."""
    return min(contrast(each, ground) for each in colours_of(code) for ground in (WHITE, BLACK))


@pytest.mark.parametrize("tone", [Tone.GOOD, Tone.WARN, Tone.BAD])
def test_every_colour_can_be_read_on_white_and_on_black(tone: Tone) -> None:
    # 4.5 is what WCAG asks of text; bold text may have less, and no red has as much on both
    assert least(tone) >= (3.9 if tone.startswith("1;") else 4.5)


def test_what_is_soft_or_strong_has_no_colour_of_its_own() -> None:
    assert [colours_of(tone) for tone in (Tone.SOFT, Tone.STRONG)] == [[], []]
    # dim text is mixed with the ground, half and half at most
    assert min(contrast("#808080", ground) for ground in (WHITE, BLACK)) > 3.9


@pytest.mark.parametrize("code", ["32", "1;31", "33", "34", "36", "92", "93", "96"])
def test_the_colours_of_themes_are_not_for_every_ground(code: str) -> None:
    assert least(code) < 3.9
