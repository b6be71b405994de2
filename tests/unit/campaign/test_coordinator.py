"""A campaign with a fake fleet: order, failures, lost nodes, and what a second start does."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from submission.campaign import walk
from submission.campaign.build import ProfileCampaign, campaign_plan
from submission.campaign.cells import CellStage
from submission.campaign.result import opened_result
from submission.campaign.run import (
    CampaignOutcome,
    Coordinator,
    cells_on_their_way,
    read_record,
    refuse_other_kits,
)
from submission.errors import EngineError, UsageError, UserStopError
from submission.files import write_json
from submission.fleet.protocol import CellEnd, Ending
from submission.pipeline.plan import Verb, plan
from submission.pipeline.stamp import write_stamp
from submission.workspace.campaign import load_campaign
from submission.workspace.resolve import resolve
from tests.fakes.campaign_kit import FakeKit
from tests.fakes.fleet import FakeFleet, Play
from tests.fakes.shows import SilentShow

OFFLINE = "measure[minilm-squad_jpqd-50/Offline/performance]"
SERVER = "measure[minilm-squad_jpqd-50/Server/performance]"
CELLS = 7
LIMIT_S = 60.0
KIT = "k" * 64


@dataclass(kw_only=True)
class Bench:
    """A campaign of the systems ``a`` and ``b``, its fleet, and the kit on its nodes."""

    made: ProfileCampaign
    kit: FakeKit
    shows: dict[str, SilentShow]

    def fleet(self, *, nodes: Sequence[str] = ("a", "b")) -> FakeFleet:
        inbox = self.made.folder / "inbox"
        return FakeFleet(self.kit, nodes=nodes, inbox=inbox, kit=KIT)

    def coordinator(self, fleet: FakeFleet) -> Coordinator:
        def show(name: str) -> SilentShow:
            return self.shows.setdefault(name, SilentShow())

        return Coordinator(
            self.made.campaign,
            self.made.systems,
            fleet,
            show=show,
            kit=KIT,
            folder=self.made.folder,
            poll_s=0.02,
        )

    def run(self, fleet: FakeFleet | None = None) -> CampaignOutcome:
        used = fleet or self.fleet()
        outcome = self.coordinator(used).run()
        used.close()
        return outcome

    def to_do(self, system: int) -> list[str]:
        each = self.made.systems[system]
        return [a.stage.name for a in plan(each.cells, each.stamps) if a.verb is not Verb.SKIP]


@pytest.fixture(scope="module")
def whole(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., ProfileCampaign]:
    path = tmp_path_factory.mktemp("campaign") / "two.json"
    systems = [{"system_desc_id": "sys-a", "where": {"system": "a"}}, {"system_desc_id": "b"}]
    value = {"version": 1, "profile": "demo", "engine": {"kind": "here"}, "systems": systems}
    write_json(path, value)

    def make(out: Path, **settings: str) -> ProfileCampaign:
        environment = {"WORKSPACE": str(out), "RUNNER": "host", **settings}
        workspace = resolve(repo, environment=environment, arguments={})
        campaign = load_campaign(repo, str(path))
        return campaign_plan(replace(campaign, lost_after_s=LIMIT_S), workspace)

    return make


@pytest.fixture
def bench(whole: Callable[..., ProfileCampaign], tmp_path: Path) -> Bench:
    made = whole(tmp_path / "out")
    kit = FakeKit({each.system.label: each for each in made.systems}, tmp_path / "nodes")
    return Bench(made=made, kit=kit, shows={})


def names(bench: Bench) -> list[str]:
    return [cell.name for cell in bench.made.systems[0].cells]


def test_every_cell_runs_once_on_its_system_and_a_second_start_sends_nothing(
    bench: Bench,
) -> None:
    fleet = bench.fleet()
    assert bench.run(fleet) == CampaignOutcome(ran=2 * CELLS, up_to_date=0, failures=())
    for label in ("a", "b"):
        assert [stage for system, stage in bench.kit.ran if system == label] == names(bench)
    for each in bench.made.systems:
        assert all(path.exists() for cell in each.cells for path in cell.makes)
        assert each.tree.is_dir()
    assert list((bench.made.folder / "inbox").glob("*.tar")) == []
    again = bench.fleet()
    assert bench.run(again) == CampaignOutcome(ran=0, up_to_date=2 * CELLS, failures=())
    assert again.sent == []
    cells = read_record(bench.made.folder)["systems"]["sys-a"]["cells"]
    assert {each["state"] for each in cells.values()} == {"up to date"}
    assert {each["node"] for each in cells.values()} == {"node of a"}, "known from the first start"


def test_a_cell_says_to_the_node_what_it_depends_on(bench: Bench) -> None:
    fleet = bench.fleet()
    bench.run(fleet)
    assert len({cell.id for cell in fleet.sent}) == 2 * CELLS
    (image, *_, layout) = [cell for cell in fleet.sent if cell.system == "a"]
    words = " ".join(layout.arguments)
    assert layout.arguments[:3] == ("run-cell", "layout", "--result")
    for option in ("--profile demo", "--system-desc-id sys-a", "--runner host", "--submitter Demo"):
        assert option in words
    assert "--submitter" not in image.arguments
    assert image.timeout_s == bench.made.campaign.cell_timeout_s


@pytest.mark.parametrize(
    ("setting", "option", "again"),
    [
        ({"WAIT_FOR_QUIET": "2"}, "--wait-for-quiet 2", False),
        ({"SHARE_CORES": "1"}, "--share-cores", False),
        ({"OFFLINE": "1"}, "--offline", False),
        ({"MEMORY_BYTES": "3000000000", "RUNNER": "container"}, "--memory-bytes 3000000000", True),
    ],
)
def test_how_cells_are_sent_is_no_reason_to_send_them_again(
    bench: Bench,
    whole: Callable[..., ProfileCampaign],
    setting: dict[str, str],
    option: str,
    again: bool,
) -> None:
    bench.run()
    later = whole(bench.made.folder.parents[1], **setting).systems[0]
    sent = [a.stage.name for a in plan(later.cells, later.stamps) if a.verb is not Verb.SKIP]
    assert bool(sent) is again
    assert all(option in " ".join(cell.command) for cell in later.cells)


def test_an_invalid_run_stops_what_needs_it_and_nothing_else(bench: Bench) -> None:
    bench.kit.invalid = {("a", SERVER)}
    outcome = bench.run()
    assert outcome.ran == 2 * CELLS - 3
    (error,) = outcome.failures
    assert (error.what, error.detail, error.hint) == (
        "sys-a: the run is INVALID",
        "too slow",
        "be fast",
    )
    assert error.exit_code == 3
    assert bench.kit.ran.count(("a", SERVER)) == 1, "not repeated"
    assert f"blocked layout by {SERVER}" in bench.shows["sys-a"].said
    assert bench.to_do(0) == [SERVER, "system", "layout"]
    assert bench.to_do(1) == []
    (log,) = bench.made.folder.glob("*.log")
    assert "the run is INVALID" in log.read_text(encoding="utf-8")
    bench.kit.invalid.clear()
    assert bench.run() == CampaignOutcome(ran=3, up_to_date=2 * CELLS - 3, failures=())


def test_a_failure_without_the_kits_words_names_cell_node_and_last_line(bench: Bench) -> None:
    end = CellEnd(
        id="x",
        kind=Ending.FAILED,
        node="n1",
        seconds=1.0,
        reason="exit code 137",
        tail=("a", "b ", ""),
    )
    error = walk.failure_of("sys", "image", end)
    assert error.what == "sys: image failed on n1"
    assert error.detail == "exit code 137; the last line of its output: b"


def test_a_lost_cell_is_repeated_on_its_system_when_the_node_is_back(bench: Bench) -> None:
    fleet, lost = bench.fleet(), threading.Event()

    def lose(stage: str, play: Play) -> None:
        if (play.system, stage) == ("a", OFFLINE) and not lost.is_set():
            lost.set()
            play.stopping.wait(LIMIT_S)

    bench.kit.before = lose
    poll = fleet.poll

    def polled(wait_s: float) -> list[CellEnd]:
        if lost.is_set() and "lost" not in bench.shows:
            bench.shows["lost"] = SilentShow()
            fleet.lose("a")
        elif "lost" in bench.shows and ("b", "layout") in bench.kit.ran:
            fleet.bring_back("a")
        return poll(wait_s)

    fleet.poll = polled  # type: ignore[method-assign]
    outcome = bench.run(fleet)
    assert outcome.failures == ()
    sent = [cell.system for cell in fleet.sent if "Offline.performance" in cell.id]
    assert sorted(sent) == ["a", "a", "b"], "which system is first depends on their threads"
    assert any("lost on node of a" in each for each in bench.shows["sys-a"].said)
    record = read_record(bench.made.folder)["systems"]["sys-a"]["cells"][OFFLINE]
    assert (record["state"], record["attempts"]) == ("done", 2)


def test_a_node_that_is_lost_again_and_again_fails_its_cell_alone(bench: Bench) -> None:
    fleet = bench.fleet()
    poll = fleet.poll

    def polled(wait_s: float) -> list[CellEnd]:
        if any(
            busy.cell.system == "a" and "Offline.performance" in busy.cell.id
            for busy in fleet._busy.values()
        ):
            fleet.lose("a")
            fleet.bring_back("a")
        return poll(wait_s)

    def slow(stage: str, play: Play) -> None:
        if (play.system, stage) == ("a", OFFLINE):
            play.stopping.wait(LIMIT_S)

    bench.kit.before = slow
    fleet.poll = polled  # type: ignore[method-assign]
    outcome = bench.run(fleet)
    (error,) = outcome.failures
    assert error.what == f"sys-a: {OFFLINE} was lost on its node"
    assert "sent 2 times" in error.detail
    assert bench.to_do(1) == []
    assert bench.to_do(0) == [OFFLINE, "system", "layout"]


def test_a_system_that_never_comes_does_not_hold_up_the_others(bench: Bench) -> None:
    bench.made = replace(bench.made, campaign=replace(bench.made.campaign, lost_after_s=0.2))
    fleet = bench.fleet(nodes=("b",))
    outcome = bench.run(fleet)
    assert outcome.ran == CELLS
    (error,) = outcome.failures
    assert error.what == "sys-a: image waits for a node that is not there"
    assert error.detail == "for 0.2 s it has waited for a node with the label a"
    assert "bring_back('a')" in error.hint
    assert error.exit_code == 3
    assert bench.shows["sys-a"].said[2:] == [f"blocked {n} by image" for n in names(bench)[1:]]
    assert bench.to_do(1) == []
    assert bench.run() == CampaignOutcome(ran=CELLS, up_to_date=CELLS, failures=())


def test_what_is_done_of_a_system_that_is_gone_stays_done(bench: Bench) -> None:
    bench.kit.invalid = {("a", OFFLINE)}
    bench.run()
    bench.made = replace(bench.made, campaign=replace(bench.made.campaign, lost_after_s=0.1))
    outcome = bench.run(bench.fleet(nodes=("b",)))
    assert outcome.up_to_date == CELLS + 4
    assert len(outcome.failures) == 1


def test_a_node_that_comes_late_runs_its_cells(bench: Bench) -> None:
    fleet = bench.fleet(nodes=("b",))
    seen = fleet.systems
    looks = iter(range(1000))

    def systems() -> Mapping[str, object]:
        if next(looks) == 3:
            fleet.bring_back("a")
        return seen()

    fleet.systems = systems  # type: ignore[assignment,method-assign]
    assert bench.run(fleet) == CampaignOutcome(ran=2 * CELLS, up_to_date=0, failures=())


def test_another_kit_is_refused_before_anything_runs(bench: Bench) -> None:
    fleet = bench.fleet()
    fleet.kits["b"] = "0" * 64
    with pytest.raises(UsageError, match="node of b has another version of the kit") as refused:
        refuse_other_kits(bench.made.systems, fleet.systems(), KIT)
    assert "0" * 16 in refused.value.detail
    outcome = bench.run(fleet)  # as a node that joins later would be
    assert [error.what for error in outcome.failures] == [refused.value.what]
    assert bench.to_do(0) == []
    assert len(bench.to_do(1)) == CELLS


@pytest.mark.parametrize(
    ("facts", "what"),
    [
        ({"checkout": "f" * 64}, "sys-a: image ran with another version of the kit"),
        ({"stage": "system"}, "sys-a: the result of image did not come back whole"),
        ({"runs": None}, "sys-a: the result of image did not come back whole"),
    ],
)
def test_a_result_of_something_else_is_not_taken_over(
    bench: Bench, facts: dict[str, object], what: str
) -> None:
    bench.kit.facts = facts
    outcome = bench.run()
    assert outcome.failures[0].what == what
    assert not bench.made.systems[0].context.workspace.image_file().exists()
    assert bench.to_do(0) == names(bench)
    assert list((bench.made.folder / "inbox").glob("*.tar")) == []


def test_a_file_that_is_no_output_is_not_taken_over(bench: Bench) -> None:
    bench.kit.extra = {"runs/elsewhere.txt": "x"}
    outcome = bench.run()
    assert "runs/elsewhere.txt is no output of the stage" in outcome.failures[0].detail
    assert not (bench.made.systems[0].context.workspace.out / "runs").exists()


def test_an_archive_that_is_cut_is_not_taken_over(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:

    def cut(archive: Path, stage: str, *rest: object) -> object:
        if stage == OFFLINE:
            archive.write_bytes(archive.read_bytes()[:3000])
        return opened_result(archive, stage, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(walk, "opened_result", cut)
    outcome = bench.run()
    assert {error.what.partition(": ")[2] for error in outcome.failures} == {
        f"the result of {OFFLINE} did not come back whole"
    }
    monkeypatch.undo()
    assert bench.run().failures == ()


def test_a_full_disk_here_is_said_in_three_lines(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "x/y")

    monkeypatch.setattr("submission.tree.archive.shutil.copyfileobj", full)
    outcome = bench.run()
    assert outcome.failures[0].what == "sys-a: the result of image could not be written here"
    assert outcome.failures[0].detail == "No space left on device: x/y"
    assert "free some space" in outcome.failures[0].hint
    monkeypatch.undo()
    assert bench.run().failures == ()


def test_another_image_in_the_middle_is_refused_and_measured_by_the_next_start(
    bench: Bench,
) -> None:
    def rebuilt(stage: str, play: Play) -> None:
        if (play.system, stage) == ("a", SERVER):
            path = bench.kit.folder / "a" / "host.json"
            write_json(path, {"id": "sha256:second"})
            bench.kit.image = "sha256:second"

    bench.kit.before = rebuilt
    outcome = bench.run()
    assert (
        outcome.failures[0].what == f"sys-a: {SERVER} ran in another image than the runs before it"
    )
    assert "sha256:second there, sha256:first before" in outcome.failures[0].detail
    bench.kit.before = lambda stage, play: None
    assert bench.run().ran == CELLS
    assert [stage for system, stage in bench.kit.ran if system == "a"][-CELLS:] == names(bench)


def test_a_tree_of_other_runs_than_those_that_came_back_is_refused(bench: Bench) -> None:
    def measured_again(stage: str, play: Play) -> None:
        if (play.system, stage) == ("a", "layout"):
            for path in (bench.kit.folder / "a" / "runs").rglob("run_metadata.json"):
                write_json(path, {"stage": "again"})

    bench.kit.before = measured_again
    (error,) = bench.run().failures
    assert error.what == "sys-a: layout was made of other runs than those that came back"
    assert bench.to_do(0) == ["layout"]


class KilledError(BaseException):
    """Nothing after it runs, as after kill -9."""


@pytest.mark.parametrize("number", [1, 5, 14])
def test_a_coordinator_that_is_killed_goes_on_where_it_was(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """The outputs are in their place, and the stamp is not: the cell is sent again."""
    stamps = iter(range(1, 100))

    def killed(*args: object, **more: object) -> None:
        if next(stamps) == number:
            raise KilledError
        write_stamp(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(walk, "write_stamp", killed)
    fleet = bench.fleet()
    with pytest.raises(KilledError):
        bench.run(fleet)
    fleet.close()
    monkeypatch.undo()
    outcome = bench.run()
    assert (outcome.ran, outcome.up_to_date) == (2 * CELLS - number + 1, number - 1)
    assert not list(bench.made.context.workspace.out.rglob("*.part"))


def test_a_stop_cancels_what_is_on_its_way(bench: Bench) -> None:
    fleet = bench.fleet()
    poll = fleet.poll

    def stopped(wait_s: float) -> list[CellEnd]:
        if ("a", OFFLINE) in bench.kit.ran:
            raise KeyboardInterrupt
        return poll(wait_s)

    fleet.poll = stopped  # type: ignore[method-assign]
    with pytest.raises(UserStopError) as stop:
        bench.run(fleet)
    assert stop.value.exit_code == 130
    assert fleet._busy == {}
    record = read_record(bench.made.folder)
    assert record["over"]
    assert cells_on_their_way(record) == [], "nothing is left for a later `campaign cancel`"
    assert bench.run().failures == ()


def test_a_stop_cancels_all_at_once_and_keeps_in_the_record_what_is_refused(bench: Bench) -> None:
    fleet = bench.fleet()
    asked: list[str] = []
    cancel = fleet.cancel

    def stopped(wait_s: float) -> list[CellEnd]:
        raise KeyboardInterrupt

    def refused(*cell_ids: str) -> None:
        asked.extend(cell_ids)
        cancel(*cell_ids)
        raise EngineError("no answer", detail="the controller is down", hint="start it")

    fleet.poll, fleet.cancel = stopped, refused  # type: ignore[method-assign]
    with pytest.raises(EngineError, match="no answer"):
        bench.run(fleet)
    assert len(asked) == 2
    assert cells_on_their_way(read_record(bench.made.folder)) == asked


def test_an_engine_that_no_longer_answers_ends_the_start_and_loses_nothing(bench: Bench) -> None:
    fleet = bench.fleet()

    def head_is_lost(stage: str, play: Play) -> None:
        del play
        if stage == SERVER:
            fleet.answers = False

    bench.kit.before = head_is_lost
    with pytest.raises(EngineError) as lost:
        bench.run(fleet)
    assert lost.value.exit_code == 4
    fleet.close()
    bench.kit.before = lambda stage, play: None
    outcome = bench.run()
    assert outcome.failures == ()
    assert outcome.up_to_date >= 6


def test_what_is_the_same_already_stays_in_its_place(bench: Bench) -> None:
    bench.run()
    plan_a = bench.made.systems[0]
    cell = next(each for each in plan_a.cells if each.name == "image")
    path = cell.makes[0]
    before = path.stat().st_ino
    (plan_a.stamps.path / "image.json").unlink()
    assert bench.run().ran == 1
    assert path.stat().st_ino == before


@pytest.mark.parametrize(
    ("change", "touched"),
    [
        ({"cpuset": "0"}, slice(None)),
        ({"label": "c"}, slice(None)),
        ({"overlay": "overlay.json"}, slice(-2, None)),
    ],
)
def test_a_changed_file_repeats_what_it_touches(
    bench: Bench, repo: Path, tmp_path: Path, change: dict[str, str], touched: slice
) -> None:
    bench.run()
    (tmp_path / "overlay.json").write_text('{"cooling": "Air"}', encoding="utf-8")
    if "overlay" in change:
        change = {"overlay": tmp_path / "overlay.json"}  # type: ignore[dict-item]
    first, *others = bench.made.campaign.systems
    systems = (replace(first, **change), *others)  # type: ignore[arg-type]
    environment = {"WORKSPACE": str(tmp_path / "out"), "RUNNER": "host"}
    workspace = resolve(repo, environment=environment, arguments={})
    bench.made = campaign_plan(replace(bench.made.campaign, systems=systems), workspace)
    assert bench.to_do(0) == names(bench)[touched]
    assert bench.to_do(1) == []
    cell = bench.made.systems[0].cells[-1]
    assert isinstance(cell, CellStage)
    (reason, *_) = [a.reason for a in plan([cell], bench.made.systems[0].stamps)]
    assert reason.startswith("settings changed: ")
