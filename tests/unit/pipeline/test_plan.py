from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from submission.errors import StageError, UserStopError
from submission.pipeline.plan import StampFolder, Verb, decide, in_order, plan, with_needs
from submission.pipeline.run import run
from submission.pipeline.stamp import stamp_path


@dataclass
class Upper:
    """A stage that writes its input in capitals."""

    name: str
    source: Path
    target: Path
    owner: str = ""
    needs: tuple[str, ...] = ()
    revision: int = 1
    wanted: dict[str, Any] = field(default_factory=dict)
    gone: str | None = None
    fails: bool = False
    runs: int = 0

    def settings(self) -> Mapping[str, Any]:
        return self.wanted

    def inputs(self) -> tuple[Path, ...]:
        return (self.source,)

    def outputs(self) -> tuple[Path, ...]:
        return (self.target,)

    def probe(self) -> str | None:
        return self.gone

    def run(self, report: Any) -> None:
        self.runs += 1
        if self.fails:
            raise StageError("it broke", detail="as asked", hint="ask otherwise")
        self.target.write_text(self.source.read_text().upper())


class Silent:
    def __getattr__(self, name: str) -> Any:
        return lambda *words: None


@pytest.fixture
def stamps(tmp_path: Path) -> StampFolder:
    return StampFolder(base=tmp_path, path=tmp_path / "stamps")


@pytest.fixture
def chain(tmp_path: Path) -> list[Upper]:
    (tmp_path / "a").write_text("text")
    first = Upper("first", tmp_path / "a", tmp_path / "b")
    return [first, Upper("second", tmp_path / "b", tmp_path / "c", needs=("first",))]


def reasons(chain: list[Upper], stamps: StampFolder) -> list[str]:
    return [f"{a.verb} {a.stage.name} ({a.reason})" for a in plan(chain, stamps)]


def test_what_never_finished_runs(chain: list[Upper], stamps: StampFolder) -> None:
    assert reasons(chain, stamps) == [
        "run first (not run yet)",
        "run second (not run yet)",
    ]


def test_a_finished_stage_is_skipped(chain: list[Upper], stamps: StampFolder) -> None:
    run(chain, stamps, Silent())
    assert reasons(chain, stamps) == ["skip first (up to date)", "skip second (up to date)"]


def test_a_changed_input_is_named_and_what_follows_waits_for_it(
    chain: list[Upper], stamps: StampFolder
) -> None:
    run(chain, stamps, Silent())
    chain[0].source.write_text("other")
    assert reasons(chain, stamps) == [
        "rerun first (inputs changed: a)",
        "rerun second (after first)",
    ]


def test_a_changed_setting_is_named(chain: list[Upper], stamps: StampFolder) -> None:
    run(chain, stamps, Silent())
    chain[1].wanted = {"target_qps": 5}
    assert reasons(chain, stamps)[1] == "rerun second (settings changed: target_qps)"


def test_a_lost_output_is_named(chain: list[Upper], stamps: StampFolder) -> None:
    run(chain, stamps, Silent())
    chain[1].target.unlink()
    assert reasons(chain, stamps)[1] == "rerun second (outputs changed: c)"


def test_a_new_revision_of_a_stage_is_said(chain: list[Upper], stamps: StampFolder) -> None:
    run(chain, stamps, Silent())
    chain[0].revision = 2
    assert "the stage itself changed" in reasons(chain, stamps)[0]


def test_what_only_the_stage_knows_counts(chain: list[Upper], stamps: StampFolder) -> None:
    run(chain, stamps, Silent())
    chain[0].gone = "the engine no longer has the image"
    assert decide(chain[0], stamps).reason == "the engine no longer has the image"


def test_a_rerun_that_changes_nothing_does_not_run_what_follows(
    chain: list[Upper], stamps: StampFolder
) -> None:
    run(chain, stamps, Silent())
    chain[0].target.unlink()
    outcome = run(chain, stamps, Silent())
    assert (outcome.ran, outcome.skipped) == (("first",), ("second",))


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"stage": "first"}', "\x00"])
def test_a_stamp_that_cannot_be_read_proves_nothing(
    chain: list[Upper], stamps: StampFolder, damage: str
) -> None:
    run(chain, stamps, Silent())
    stamp_path(stamps.path, chain[0]).write_text(damage)
    assert decide(chain[0], stamps).verb is Verb.RUN


def test_planning_changes_nothing(chain: list[Upper], stamps: StampFolder, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    plan(chain, stamps)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_failure_costs_only_what_needs_it(
    chain: list[Upper], stamps: StampFolder, tmp_path: Path
) -> None:
    chain[0].fails = True
    other = Upper("other", tmp_path / "a", tmp_path / "d")
    outcome = run([*chain, other], stamps, Silent())
    assert [name for name, _ in outcome.failures] == ["first"]
    assert (outcome.ran, outcome.blocked) == (("other",), ("second",))


def test_a_failed_rerun_keeps_the_earlier_outcome_but_does_not_believe_it(
    chain: list[Upper], stamps: StampFolder
) -> None:
    run(chain, stamps, Silent())
    chain[0].source.write_text("other")
    chain[0].fails = True
    run(chain, stamps, Silent())
    assert chain[0].target.read_text() == "TEXT"
    assert decide(chain[0], stamps).verb is Verb.RERUN


@pytest.mark.parametrize("stop", [StageError("no", detail="d", hint="h"), KeyboardInterrupt()])
def test_an_outcome_outlives_a_failed_or_stopped_run_under_other_settings(
    chain: list[Upper], stamps: StampFolder, stop: BaseException
) -> None:
    class Stopped(Upper):
        def run(self, report: Any) -> None:
            raise stop

    run(chain[:1], stamps, Silent())
    other = Stopped("first", chain[0].source, chain[0].target, wanted={"cpuset": "0"})
    with suppress(UserStopError):
        run([other], stamps, Silent())
    assert decide(chain[0], stamps).verb is Verb.SKIP


def test_a_stop_ends_the_walk_and_says_where(chain: list[Upper], stamps: StampFolder) -> None:
    class Stopped(Upper):
        def run(self, report: Any) -> None:
            raise KeyboardInterrupt

    with pytest.raises(UserStopError) as caught:
        run([Stopped("first", chain[0].source, chain[0].target), chain[1]], stamps, Silent())
    assert caught.value.detail == "in the middle of first"
    assert chain[1].runs == 0


def test_an_input_that_changes_while_the_stage_runs_counts_as_changed(
    chain: list[Upper], stamps: StampFolder
) -> None:
    class Slow(Upper):
        def run(self, report: Any) -> None:
            super().run(report)
            self.source.write_text("edited meanwhile")

    slow = Slow("slow", chain[0].source, chain[0].target)
    run([slow], stamps, Silent())
    assert decide(slow, stamps).reason == "inputs changed: a"


def test_owners_have_stamps_of_their_own(
    chain: list[Upper], stamps: StampFolder, tmp_path: Path
) -> None:
    mine, other = (Upper("it", chain[0].source, tmp_path / o, owner=o) for o in ("a1", "a2"))
    run([mine], stamps, Silent())
    run([other], stamps, Silent())
    assert [decide(each, stamps).verb for each in (mine, other)] == [Verb.SKIP, Verb.SKIP]


def test_a_promise_that_is_not_kept_is_a_failure(chain: list[Upper], stamps: StampFolder) -> None:
    class Lazy(Upper):
        def run(self, report: Any) -> None:
            pass

    lazy = Lazy("lazy", chain[0].source, chain[0].target)
    outcome = run([lazy], stamps, Silent())
    assert "ended without its outputs" in outcome.failures[0][1].what


def test_a_full_disk_is_worded_and_not_a_traceback(chain: list[Upper], stamps: StampFolder) -> None:
    class Full(Upper):
        def run(self, report: Any) -> None:
            raise OSError(28, "No space left on device", "/x/y")

    outcome = run([Full("full", chain[0].source, chain[0].target)], stamps, Silent())
    error = outcome.failures[0][1]
    assert error.detail == "No space left on device: /x/y"
    assert error.exit_code == 3


def test_stages_are_ordered_by_their_needs_and_else_as_given(chain: list[Upper]) -> None:
    assert [s.name for s in in_order(reversed(chain))] == ["first", "second"]


def test_a_need_that_nothing_meets_is_a_fault(chain: list[Upper]) -> None:
    with pytest.raises(ValueError, match="second"):
        in_order(chain[1:])


def test_a_stage_brings_what_it_needs(chain: list[Upper], tmp_path: Path) -> None:
    other = Upper("other", tmp_path / "a", tmp_path / "d")
    assert [s.name for s in with_needs([*chain, other], ["second"])] == ["first", "second"]


def test_a_folder_counts_with_all_its_files(stamps: StampFolder, tmp_path: Path) -> None:
    (tmp_path / "folder/deep").mkdir(parents=True)
    (tmp_path / "folder/deep/x").write_text("1")
    (tmp_path / "a").write_text("text")

    class Reads(Upper):
        def inputs(self) -> tuple[Path, ...]:
            return (tmp_path / "folder", self.source)

    stage = Reads("reads", tmp_path / "a", tmp_path / "b")
    run([stage], stamps, Silent())
    (tmp_path / "folder/deep/y").write_text("2")
    assert decide(stage, stamps).reason == "inputs changed: folder/deep/y"
