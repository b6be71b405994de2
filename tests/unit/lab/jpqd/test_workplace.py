"""A folder belongs to one training: others are refused, by what changed."""

from pathlib import Path
from typing import Any

import pytest

from submission.errors import UsageError
from submission.lab.jpqd.workplace import Workplace

HOW = {"threads": 1, "code": "a"}
OWN: dict[str, dict[str, Any]] = {
    "config": {"steps": 8},
    "files": {"base/a": "1" * 64},
    "versions": {"torch": "2"},
}


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    made = Workplace(tmp_path)
    made.claim(OWN)
    (tmp_path / "state.pt").write_bytes(b"")
    return made


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({**OWN, "config": {"steps": 9}}, "config steps"),
        ({**OWN, "files": {"base/a": "2" * 64}}, "files base/a"),
        ({**OWN, "versions": {"torch": "3"}}, "versions torch"),
    ],
)
def test_a_state_of_another_training_is_refused_by_what_changed(
    place: Workplace, other: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError, match="holds another training") as caught:
        place.claim(other)
    assert words in caught.value.detail
    assert "--fresh" in caught.value.hint


def test_the_same_training_resumes_and_a_fresh_one_forgets(
    place: Workplace, tmp_path: Path
) -> None:
    place.claim(OWN)
    place.clear()
    place.claim({**OWN, "versions": {"torch": "3"}})
    assert not place.begun


def test_a_state_of_unknown_origin_is_taken_only_if_that_is_said(
    place: Workplace, tmp_path: Path
) -> None:
    (tmp_path / "run.json").unlink()
    with pytest.raises(UsageError, match="it is unknown what") as caught:
        place.claim(OWN)
    assert "--adopt" in caught.value.hint
    place.adopt(OWN)
    place.claim(OWN)


def test_nothing_can_be_adopted_where_nothing_is(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no state to adopt"):
        Workplace(tmp_path).adopt(OWN)


def test_what_is_said_is_logged_and_the_time_of_all_runs_is_added(
    place: Workplace, tmp_path: Path
) -> None:
    (tmp_path / "clock.json").write_text('{"seconds": 100.0}')
    said: list[str] = []
    place.step_reporter(said.append, how=HOW)("step 1")
    assert said == ["step 1"]
    assert (tmp_path / "log").read_text().endswith(" step 1\n")
    assert place.seconds() > 100.0


def test_what_does_no_step_leaves_clock_and_runs_as_they_are(
    place: Workplace, tmp_path: Path
) -> None:
    """A finished training that is said again, and one that is adopted and exported elsewhere."""
    (tmp_path / "clock.json").write_text('{"seconds": 100.0}')
    place.step_reporter(lambda _: None, how=HOW)("90 windows to learn from")
    place.adopt({**OWN, "versions": {"torch": "3"}})
    place.step_reporter(lambda _: None, how=None)("step 9: reported again")
    assert (place.seconds(), place.runs()) == (100.0, [])


def test_each_kind_of_run_is_noted_once_and_another_one_is_reported_but_not_refused(
    place: Workplace,
) -> None:
    assert place.other_run(HOW) == ["threads", "code"]  # a state from before there were notes
    for _ in range(2):
        place.step_reporter(lambda _: None, how=HOW)("step 1")
    place.claim(OWN)
    assert (place.runs(), place.other_run(HOW)) == ([HOW], [])
    assert place.other_run({**HOW, "code": "b"}) == ["code"]
    place.step_reporter(lambda _: None, how={**HOW, "code": "b"})("step 2")
    assert [run["code"] for run in place.runs()] == ["a", "b"]


def test_records_of_states_that_are_gone_are_removed(place: Workplace, tmp_path: Path) -> None:
    place.step_reporter(lambda _: None, how=HOW)("step 1")
    assert place.runs() == [HOW]
    (tmp_path / "state.pt").unlink()
    place.claim(OWN)
    assert (place.runs(), place.seconds()) == ([], None)


@pytest.mark.parametrize(("files", "runs"), [(OWN["files"], [HOW]), ({"base/a": "2" * 64}, [])])
def test_the_runs_of_an_adopted_state_are_known_only_of_the_same_files(
    place: Workplace, files: dict[str, Any], runs: list[Any]
) -> None:
    place.step_reporter(lambda _: None, how=HOW)("step 1")
    place.adopt({**OWN, "config": {"steps": 9}, "files": files})
    assert place.runs() == runs


def test_a_fresh_training_leaves_nothing_of_the_old_one(place: Workplace, tmp_path: Path) -> None:
    for name in ("state.pt.part", "best.pt.part", "best.pt", "log"):
        (tmp_path / name).write_bytes(b"")
    for name in ("model", "ir"):
        (tmp_path / name / "parts").mkdir(parents=True)
    place.clear()
    assert list(tmp_path.iterdir()) == []
