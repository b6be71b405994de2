"""``tune`` and ``find_qps`` of a campaign: cells, who reads what they make, what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from submission.campaign.before import cells_before
from submission.campaign.build import ProfileCampaign, campaign_plan
from submission.campaign.cells import CellStage
from submission.campaign.run import Coordinator
from submission.errors import UsageError
from submission.files import write_json
from submission.pipeline.plan import Verb, plan
from submission.workspace.campaign import load_campaign
from submission.workspace.resolve import resolve
from tests.fakes.campaign_kit import FakeKit
from tests.fakes.fleet import FakeFleet
from tests.fakes.shows import SilentShow

MODELS = ("minilm-squad_jpqd-50", "minilm-squad_jpqd-70", "minilm-squad")
DEMO = "minilm-squad_jpqd-50"
FIND = {"budget_s": 60}


def made_of(
    repo: Path, out: Path, systems: list[dict[str, Any]], *, profile: str = "official", **every: Any
) -> ProfileCampaign:
    path = out.parent / "one.json"
    value = {"version": 1, "profile": profile, "engine": {"kind": "here"}, "systems": systems}
    write_json(path, {**value, **every})
    workspace = resolve(repo, environment={"WORKSPACE": str(out), "RUNNER": "host"}, arguments={})
    return campaign_plan(load_campaign(repo, str(path)), workspace)


def cells(made: ProfileCampaign, system: int = 0) -> dict[str, CellStage]:
    return {each.name: each for each in made.systems[system].cells}


def test_they_run_after_the_image_and_before_what_uses_them(repo: Path, tmp_path: Path) -> None:
    made = made_of(repo, tmp_path / "out", [{"system_desc_id": "a"}], tune=True, find_qps=FIND)
    names = list(cells(made))
    assert names[:7] == [
        "image",
        *(f"tune[{model}]" for model in MODELS),
        *(f"find-qps[{model}]" for model in MODELS),
    ]
    found = cells(made)
    rate = found[f"find-qps[{DEMO}]"]
    assert rate.needs == ("image", f"tune[{DEMO}]")
    words = " ".join(rate.command)
    assert rate.command[:2] == ("run-bench-cell", f"find-qps[{DEMO}]")
    assert json.loads(rate.command[rate.command.index("--find-qps") + 1]) == FIND
    assert "--tune {}" in words
    run = found[f"measure[{DEMO}/Server/performance]"]
    assert {f"tune[{DEMO}]", f"find-qps[{DEMO}]"} <= set(run.needs)
    own = made.systems[0].out
    assert {own / "tuned" / DEMO, own / "rates" / f"{DEMO}.json"} <= set(run.reads)
    for option in ("--tuned", "--rates"):
        assert option in run.command
        assert option not in found["image"].command


def test_a_system_may_say_otherwise_than_all(repo: Path, tmp_path: Path) -> None:
    systems: list[dict[str, Any]] = [
        {"system_desc_id": "a"},
        {"system_desc_id": "b", "tune": False, "find_qps": {"budget_s": 5}},
    ]
    made = made_of(repo, tmp_path / "out", systems, tune={"budget_s": 9})
    assert [name for name in cells(made, 0) if name.startswith(("tune", "find"))] == [
        f"tune[{model}]" for model in MODELS
    ]
    assert [name for name in cells(made, 1) if name.startswith(("tune", "find"))] == [
        f"find-qps[{model}]" for model in MODELS
    ]
    run = cells(made, 1)[f"measure[{DEMO}/Server/performance]"]
    assert "--tuned" not in run.command


def test_a_system_uses_its_own_and_another_request_repeats_what_follows(
    repo: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    systems: list[dict[str, Any]] = [{"system_desc_id": "a"}, {"system_desc_id": "b"}]
    made = made_of(repo, out, systems, profile="demo", find_qps=FIND)
    kit = FakeKit({each.name: each for each in made.systems}, tmp_path / "nodes")

    def started(again: ProfileCampaign) -> int:
        fleet = FakeFleet(kit, nodes=("a", "b"), inbox=made.folder / "inbox")
        outcome = Coordinator(
            again.campaign,
            again.systems,
            fleet,
            show=lambda _: SilentShow(),
            kit="",
            folder=made.folder,
            poll_s=0.02,
        ).run()
        assert outcome.failures == ()
        return outcome.ran

    assert started(made) == 2 * 8
    assert (out / "systems" / "a" / "rates" / f"{DEMO}.json").is_file()
    assert started(made) == 0
    longer = {**systems[0], "find_qps": {"budget_s": 120}}
    other = made_of(repo, out, [longer, systems[1]], profile="demo", find_qps=FIND)
    to_do = {
        each.name: [a.stage.name for a in plan(each.cells, each.stamps) if a.verb is not Verb.SKIP]
        for each in other.systems
    }
    assert to_do["b"] == []
    assert to_do["a"][0] == f"find-qps[{DEMO}]"
    assert f"measure[{DEMO}/Server/performance]" in to_do["a"]
    assert "image" not in to_do["a"]


@pytest.mark.parametrize(
    ("more", "what", "detail"),
    [
        ({"tune": True}, "tune has no use with the profile demo", "bucket_step"),
        ({"tune": {"rounds": 1}}, "does not fit its schema", "at $.tune.rounds"),
        ({"find_qps": {"seconds": 1}}, "does not fit its schema", "at $.find_qps"),
        ({"find_qps": 3}, "does not fit its schema", "at $.find_qps"),
    ],
)
def test_what_cannot_be_is_refused(
    repo: Path, tmp_path: Path, more: dict[str, Any], what: str, detail: str
) -> None:
    with pytest.raises(UsageError) as refused:
        made_of(repo, tmp_path / "out", [{"system_desc_id": "a"}], profile="demo", **more)
    assert what in refused.value.what
    assert detail in refused.value.detail
    assert refused.value.hint


def test_find_qps_needs_a_server_run(repo: Path, tmp_path: Path) -> None:
    made = made_of(repo, tmp_path / "out", [{"system_desc_id": "a"}], profile="demo")
    context = made.systems[0].context
    profile = context.profile
    (benchmark,) = profile.benchmarks
    offline = {key: each for key, each in benchmark.runs.items() if key[0] == "Offline"}
    context.workspace.__dict__["profile"] = replace(
        profile, benchmarks=(replace(benchmark, runs=offline),)
    )
    system = replace(made.campaign.systems[0], before={"find_qps": {}})
    with pytest.raises(UsageError, match="find_qps has no use") as refused:
        list(cells_before(made.campaign, system, context))
    assert "no Server performance run" in refused.value.detail


def test_the_example_asks_for_both(repo: Path) -> None:
    campaign = load_campaign(repo, "example-tuned")
    (first, second) = campaign.systems
    assert (first.before["tune"], second.before["tune"]["rounds"]) == ({}, 5)
    assert {each.before["find_qps"]["budget_s"] for each in campaign.systems} == {1800}
