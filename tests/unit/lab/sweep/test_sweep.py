"""A campaign of trainings with a fake fleet and a fake trainer: nodes, failures, second starts."""

from __future__ import annotations

import errno
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from submission.campaign import walk
from submission.campaign.nodes import AnyNode
from submission.campaign.result import opened_result, write_result
from submission.campaign.run import CampaignOutcome, Coordinator, read_record
from submission.files import read_json, write_json, write_text
from submission.fleet.protocol import CellEnd, CellOrder, Member
from submission.lab.sweep.file import load_training
from submission.lab.sweep.plan import TrainingPlan, training_plan
from submission.pipeline.plan import Verb, plan
from submission.workspace.resolve import resolve
from submission.workspace.schema import validate
from tests.fakes.fleet import FakeFleet, Play
from tests.fakes.shows import SilentShow

LIMIT_S = 60.0
SAID = ("error: out of memory", "  detail: torch", "  hint:   a smaller batch")
FIRST = "sparsity-0.3-seed-1"


class FakeTrainer:
    """Plays ``run-training-cell``: F1 falls with sparsity; ``fails`` are names of cells."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ran: list[tuple[str, str]] = []
        self.fails: set[str] = set()
        self.config: dict[str, Any] = {}
        self.holds: set[str] = set()
        self.held = threading.Event()

    def __call__(self, play: Play) -> int:
        command, name, *words = play.arguments
        assert command == "run-training-cell"
        said = dict(zip(words[::2], words[1::2], strict=True))
        self.ran.append((play.system, name))
        if name in self.holds:
            self.held.set()
            play.stopping.wait(LIMIT_S)
        if name in self.fails:
            play.said.extend(SAID)
            return 3
        config = json.loads(said["--config"])
        sparsity = 100 * config["pruning"]["sparsity"]
        out = self.folder / play.system
        made = out / "trainings" / said["--campaign"] / name
        write_json(made / "jpqd.json", {**config, **self.config})
        write_text(made / "model" / "parts" / "openvino_model.xml", name)
        against = {"model": said["--dense"], "f1": 80.0, "exact_match": 70.0}
        share = 1 - sparsity / 1000
        score = {
            "f1": 80.0 * share,
            "exact_match": 60.0,
            "questions": 10570,
            "against": {**against, "share": share, "low": share - 0.01, "high": share + 0.01},
            "structured_sparsity_percent": sparsity + 0.5,
            "minutes": 61.5,
        }
        write_json(made / "score.json", score)
        facts = {"stage": "train", "checkout": said["--checkout"], "image": None, "host": "x"}
        more = {"runs": {}, "figure": f"F1 {score['f1']:.2f}"}
        write_result(Path(said["--result"]), out, [made], {**facts, **more})
        return 0


@dataclass(kw_only=True)
class Bench:
    made: TrainingPlan
    trainer: FakeTrainer
    shows: dict[str, SilentShow]

    def fleet(self, nodes: Sequence[str] = ("n1", "n2"), gpus: int = 0) -> FakeFleet:
        fleet = FakeFleet(self.trainer, nodes=nodes, inbox=self.made.folder / "inbox", kit="k")
        seen = fleet.systems

        def systems() -> dict[str, Member]:
            return {k: replace(each, cores=4, gpus=gpus) for k, each in seen().items()}

        fleet.systems = systems  # type: ignore[method-assign]
        return fleet

    def run(self, fleet: FakeFleet | None = None) -> CampaignOutcome:
        used = fleet or self.fleet()
        outcome = Coordinator(
            self.made.campaign,
            self.made.systems,
            used,
            show=lambda name: self.shows.setdefault(name, SilentShow()),
            kit="k",
            folder=self.made.folder,
            poll_s=0.02,
        ).run()
        used.close()
        return outcome

    def to_do(self) -> list[str]:
        return [
            each.name
            for each in self.made.systems
            if any(a.verb is not Verb.SKIP for a in plan(each.cells, each.stamps))
        ]


@pytest.fixture(autouse=True)
def kit(monkeypatch: pytest.MonkeyPatch) -> None:
    """To take the digest of the whole checkout in each test would take most of the time."""
    monkeypatch.setattr("submission.lab.sweep.plan.checkout_identity", lambda root: "c" * 64)
    monkeypatch.setattr("submission.lab.sweep.plan.fingerprint", lambda root: "k")


def bench_of(repo: Path, tmp_path: Path, **more: Any) -> Bench:
    training = {
        "base": "models/minilm-squad_jpqd-50/jpqd.json",
        "configurations": [{"pruning.sparsity": [0.3, 0.5]}],
        "seeds": [1, 2],
        "cores": 4,
    }
    engine = {"kind": "ray", "address": "192.0.2.1:6379"}
    value = {"version": 1, "engine": engine, "training": {**training, **more.pop("training", {})}}
    write_json(tmp_path / "sweep.json", {**value, "lost_after_s": LIMIT_S, **more})
    environment = {"WORKSPACE": str(tmp_path / "out")}
    workspace = resolve(repo, environment=environment, arguments={})
    made = training_plan(load_training(repo, str(tmp_path / "sweep.json")), workspace)
    return Bench(made=made, trainer=FakeTrainer(tmp_path / "nodes"), shows={})


@pytest.fixture
def bench(repo: Path, tmp_path: Path) -> Bench:
    return bench_of(repo, tmp_path)


def test_trainings_run_on_all_nodes_that_fit_and_a_second_start_sends_nothing(
    bench: Bench,
) -> None:
    assert bench.run() == CampaignOutcome(ran=4, up_to_date=0, failures=())
    assert sorted(name for _, name in bench.trainer.ran) == sorted(
        each.name for each in bench.made.systems
    )
    assert {node for node, _ in bench.trainer.ran} == {"n1", "n2"}
    again = bench.fleet()
    assert bench.run(again) == CampaignOutcome(ran=0, up_to_date=4, failures=())
    assert again.sent == []


def test_the_curve_is_of_what_is_done_and_names_the_rest(bench: Bench, tmp_path: Path) -> None:
    bench.trainer.fails = {FIRST}
    outcome = bench.run()
    assert outcome.ran == 3
    (error,) = outcome.failures
    assert (error.what, error.hint) == (f"{FIRST}: out of memory", "a smaller batch")
    assert bench.trainer.ran.count(("n1", FIRST)) + bench.trainer.ran.count(("n2", FIRST)) == 1
    done = [each for each in bench.made.systems if each.name not in bench.to_do()]
    (curve,) = bench.made.last_stages(done)
    curve.run(SilentShow())
    page, table, figure = bench.made.results
    value = read_json(table)
    validate(value, "training_curve", what="the curve")
    assert value["lacking"] == [FIRST]
    assert [each["f1"] for each in value["trainings"]] == [77.6, 76.0, 76.0]
    text = page.read_text(encoding="utf-8")
    assert "| 0.5 | 2 | 50.5 % | 76.00 | 60.00 | 95.0% (94.0% to 96.0%) | 61.5 |" in text
    assert f"Not done yet, or failed: {FIRST}." in text
    assert figure.read_text(encoding="utf-8").count("<circle") == 3 + 1
    assert bench.made.last_stages([]) == []
    bench.trainer.fails.clear()
    assert bench.run() == CampaignOutcome(ran=1, up_to_date=3, failures=())


def test_a_lost_training_is_repeated_on_a_node_that_is_there(bench: Bench) -> None:
    fleet, trainer = bench.fleet(), bench.trainer
    trainer.holds = {FIRST}
    poll = fleet.poll

    def polled(wait_s: float) -> list[CellEnd]:
        if trainer.held.is_set() and trainer.holds:
            trainer.holds = set()
            fleet.lose(next(node for node, name in trainer.ran if name == FIRST))
        return poll(wait_s)

    fleet.poll = polled  # type: ignore[method-assign]
    assert bench.run(fleet).failures == ()
    nodes = [node for node, name in trainer.ran if name == FIRST]
    assert len(nodes) == 2
    assert nodes[0] != nodes[1], "the other node had it, since its own never came back"
    record = read_record(bench.made.folder)["systems"][FIRST]
    assert record["cells"]["train"]["attempts"] == 2
    assert record["label"] == nodes[1]


def test_a_node_that_is_gone_before_it_began_is_replaced(repo: Path, tmp_path: Path) -> None:
    bench = bench_of(repo, tmp_path, lost_after_s=0.1)
    fleet = bench.fleet()
    send = fleet.send
    gone: list[str] = []

    def sent(cell: CellOrder) -> None:
        if not gone:
            gone.append(cell.system)
            fleet.lose(cell.system)
        send(cell)

    fleet.send = sent  # type: ignore[method-assign]
    assert bench.run(fleet).failures == ()
    assert gone == ["n1"]
    assert {node for node, _ in bench.trainer.ran} == {"n2"}
    (lost,) = [each for show in bench.shows.values() for each in show.said if "lost on" in each]
    assert lost.startswith("lost on n1 (it did not come for 0.1 s); repeated on a node that fits")


def test_a_training_that_is_lost_again_and_again_fails_alone(repo: Path, tmp_path: Path) -> None:
    bench = bench_of(repo, tmp_path, retries=1)
    fleet, trainer = bench.fleet(), bench.trainer
    trainer.holds = {FIRST}
    poll = fleet.poll

    def polled(wait_s: float) -> list[CellEnd]:
        for label, busy in list(fleet._busy.items()):
            if FIRST in busy.cell.id:
                fleet.lose(label)
                fleet.bring_back(label)
        return poll(wait_s)

    fleet.poll = polled  # type: ignore[method-assign]
    outcome = bench.run(fleet)
    (error,) = outcome.failures
    assert error.what == f"{FIRST}: train was lost on its node"
    assert "sent 2 times" in error.detail
    assert bench.to_do() == [FIRST]


def test_no_node_with_a_gpu_is_waited_for_and_named(repo: Path, tmp_path: Path) -> None:
    bench = bench_of(repo, tmp_path, training={"gpus": 1}, lost_after_s=0.1)
    outcome = bench.run()
    assert bench.trainer.ran == []
    assert len(outcome.failures) == 4
    error = outcome.failures[0]
    assert error.what == f"{FIRST}: train waits for a node that is not there"
    assert error.detail == (
        "for 0.1 s it has waited for a node with 4 cores and 1 GPU; n1 has 4 cores and no GPU and "
        "n2 has 4 cores and no GPU"
    )
    assert error.hint.startswith('let a node join that has it, or ask for less ("cores", "gpus"): ')
    assert error.exit_code == 3
    assert bench.run(bench.fleet(gpus=2)).failures == ()


def test_another_kit_on_a_node_is_not_used(bench: Bench) -> None:
    fleet = bench.fleet()
    fleet.kits["n1"] = "other"
    assert bench.run(fleet).failures == ()
    assert {node for node, _ in bench.trainer.ran} == {"n2"}


def test_a_changed_configuration_trains_that_one_alone(repo: Path, tmp_path: Path) -> None:
    bench = bench_of(repo, tmp_path)
    bench.run()
    more = {"configurations": [{"pruning.sparsity": [0.3, 0.6]}], "cores": 2}
    other = bench_of(repo, tmp_path, training=more)
    assert other.to_do() == ["sparsity-0.6-seed-1", "sparsity-0.6-seed-2"], "cores do not matter"
    longer = bench_of(repo, tmp_path, training={"dense": "other"})
    assert len(longer.to_do()) == 4, "all are compared with another model"


def test_the_result_of_another_configuration_is_refused(bench: Bench) -> None:
    bench.trainer.config = {"steps": 7}
    outcome = bench.run()
    assert {error.what.partition(": ")[2] for error in outcome.failures} == {
        "the result is that of another configuration"
    }
    assert len(bench.to_do()) == 4
    assert not (bench.made.workspace.sweep_folder("sweep") / FIRST).exists()


def test_a_cut_archive_and_a_full_disk_are_three_lines_and_leave_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:

    def cut(archive: Path, *rest: Any) -> object:
        archive.write_bytes(archive.read_bytes()[:2000])
        return opened_result(archive, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(walk, "opened_result", cut)
        for error in bench.run().failures:
            assert "did not come back whole" in error.what
    with monkeypatch.context() as patched:

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device", "x/y")

        patched.setattr("submission.tree.archive.shutil.copyfileobj", full)
        for error in bench.run().failures:
            assert error.what.endswith("the result of train could not be written here")
            assert "free some space" in error.hint
    folder = bench.made.workspace.sweep_folder("sweep")
    assert not folder.exists() or not list(folder.glob("sparsity-*"))
    assert bench.run().failures == ()


def member(label: str, cores: int | None, gpus: int | None) -> Member:
    return Member(system=label, node=label, cores=cores, gpus=gpus)


def test_a_node_is_chosen_that_has_the_least_to_spare() -> None:
    there = {"gpu": member("gpu", 8, 4), "big": member("big", 64, 0), "old": member("old", 2, 0)}
    four = AnyNode(cores=4)
    assert four.choose(there, (), "") == "big"
    assert four.choose(there, ("big",), "") == "gpu"
    assert four.choose(there, (), "gpu") == "gpu", "where it was before, its state lies"
    assert four.choose(there, ("big", "gpu"), "") is None
    assert four.lacks(there) == ""
    assert AnyNode(cores=4, among=("old",)).lacks(there) == (
        "a node with 4 cores and no GPU; old has 2 cores and no GPU"
    )
    assert AnyNode(gpus=1).choose(there, ("gpu",), "") is None
    assert AnyNode(gpus=1).words(there) == "on gpu"
    assert AnyNode(gpus=1).lacks({}) == "a node with 1 core and 1 GPU; no node is there"
    unknown = {"x": member("x", None, None)}
    assert AnyNode(cores=9, gpus=9).choose(unknown, (), "") == "x", "the engine does not say"
