import io
from typing import Any, cast

import pytest

from submission.cli.live import LiveShow
from submission.pipeline.plan import Action, Verb

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_live_line_that_is_broken_off_gives_the_cursor_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Stage:
        name = "measure"

    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    show = LiveShow(terminal)
    show.stage_begins(
        1, 2, Action(stage=cast("Any", Stage()), verb=Verb.RUN, reason="never finished")
    )
    assert HIDE in terminal.getvalue()
    show.close()
    assert terminal.getvalue().rindex(SHOW) > terminal.getvalue().rindex(HIDE)
