"""One line a stage, in a log and on a terminal; what runs now is drawn over itself."""

import io
from collections.abc import Callable
from typing import Any, cast

import pytest

from submission.cli.show import LiveShow, PlainShow, choose_show, short_name
from submission.errors import StageError
from submission.pipeline.plan import Action, Verb
from submission.terminal import PLAIN, Look

NAME = "measure[minilm-squad_jpqd-50/Offline/performance]"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def action(name: str, verb: Verb = Verb.RUN, reason: str = "not run yet") -> Action:
    class Stage:
        pass

    Stage.name = name  # type: ignore[attr-defined]
    return Action(stage=cast("Any", Stage()), verb=verb, reason=reason)


def walked(show: PlainShow) -> None:
    """Every way that a stage can go."""
    show.stage_begins(1, 5, action("image", Verb.SKIP, "up to date"))
    show.stage_begins(2, 5, action(NAME))
    show.figure("269.4 samples/s, VALID")
    show.stage_ends(NAME, 42.0, None)
    show.stage_begins(3, 5, action("system", Verb.RERUN, "settings changed: fields"))
    show.line("not detected: cooling")
    show.line("OpenVINO 2024.6.0: on the host, the one that requirements.txt has for Python 3.11.7")
    show.stage_ends("system", 0.04, None)
    files = "inputs changed: out/a/long/name.json, out/another/long/name.json"
    show.stage_begins(4, 5, action("check", Verb.RERUN, files))
    error = StageError("the tree does not pass the check", detail="x", hint="y")
    show.stage_ends("check", 1.2, error)
    show.stage_blocked(5, 5, "pack", "check")
    show.close()


@pytest.mark.parametrize("columns", [80, 110, 0])
def test_each_stage_has_its_line(columns: int, matches_golden: Callable[[str, str], None]) -> None:
    stream = io.StringIO()
    left = {NAME: "left: 3 measurements, about 2 min"}
    show = PlainShow(
        stream, Look(width=columns), name_width=len(NAME), left=lambda name: left.get(name, "")
    )
    walked(show)
    assert not columns or max(map(len, stream.getvalue().splitlines())) <= columns
    matches_golden(f"terminal/run_{columns}.txt", stream.getvalue())


def test_a_log_gets_progress_at_intervals() -> None:
    stream = io.StringIO()
    show = PlainShow(stream, PLAIN, interval_s=0.0)
    show.stage_begins(1, 2, action("image"))
    show.progress(0.4, "step 2 of 5")
    show.progress(None, "step 3")
    assert stream.getvalue().splitlines() == [
        " 1/2 running             image  40% step 2 of 5",
        " 1/2 running             image  step 3",
    ]


def test_a_live_line_is_gone_when_its_stage_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("CI", raising=False)
    terminal = Terminal()
    show = choose_show(terminal)
    assert isinstance(show, LiveShow)
    show.stage_begins(1, 2, action("image"))
    assert "1/2 > " in terminal.getvalue()
    show.stage_ends("image", 3.0, None)
    assert terminal.getvalue().splitlines()[-1].endswith("image")
    last = terminal.getvalue().rindex("1/2 > ")
    assert "\r\x1b[K" in terminal.getvalue()[last:]


def test_a_live_line_that_is_broken_off_is_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("CI", raising=False)
    terminal = Terminal()
    show = choose_show(terminal)
    show.stage_begins(1, 2, action("image"))
    show.line("worth reading")
    show.close()
    assert terminal.getvalue().endswith("\r\x1b[K        worth reading\n")


@pytest.mark.parametrize(("term", "ci"), [("dumb", ""), ("xterm", "true")])
def test_a_dumb_terminal_and_ci_get_plain_lines(
    term: str, ci: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("CI", ci)
    assert type(choose_show(Terminal())) is PlainShow


def test_a_name_keeps_what_is_done() -> None:
    look = Look(width=80)
    assert short_name(NAME, 30, look) == "measure[…/Offline/performance]"
    assert short_name(NAME, 60, look) == NAME
    assert short_name("features", 4, look) == "fea…"
