import json
from pathlib import Path

import pytest

from submission.errors import UsageError
from submission.terms import Mode, Scenario
from submission.workspace.profile import F1Of, ReferenceChoice, load_profile, profile_names

# what short runs on the embedded data set break, and nothing else
MAY_BE_WAIVED = {"PRF006", "PRF008", "PRF010", "ACC016", "MEA021"}


@pytest.fixture
def folder(repo: Path) -> Path:
    return repo / "measurements" / "profiles"


def test_the_demo_waives_no_other_rule_than_these(folder: Path) -> None:
    demo = load_profile(folder, "demo")
    assert {waiver.rule for waiver in demo.waivers} == MAY_BE_WAIVED
    assert not demo.submittable


def test_what_may_be_submitted_waives_nothing(folder: Path) -> None:
    profiles = [load_profile(folder, name) for name in profile_names(folder)]
    assert {profile.name for profile in profiles if profile.submittable} >= {"official", "jpqd"}
    assert all(profile.waivers == () for profile in profiles if profile.submittable)


@pytest.mark.parametrize("name", ["demo", "official", "jpqd"])
def test_every_model_is_measured_in_both_scenarios_and_modes(folder: Path, name: str) -> None:
    for benchmark in load_profile(folder, name).benchmarks:
        assert set(benchmark.runs) == {
            (s, m) for s in (Scenario.OFFLINE, Scenario.SERVER) for m in Mode
        }


def test_the_published_models_are_compared_with_the_rounds_fp32_model(folder: Path) -> None:
    assert load_profile(folder, "jpqd").reference == ReferenceChoice(
        model="reference", f1_of=F1Of.ROUND
    )


@pytest.mark.parametrize(
    "wrong",
    ["minilm-squad", True, {"model": "m"}, {"model": "m", "f1_of": "me"}, {"f1_of": "round"}],
)
def test_a_reference_has_a_name_and_says_what_f1_is_a_share_of(
    folder: Path, tmp_path: Path, wrong: bool | dict[str, str] | str
) -> None:
    value = json.loads((folder / "demo.json").read_text())
    (tmp_path / "demo.json").write_text(json.dumps({**value, "reference": wrong}))
    with pytest.raises(UsageError, match="reference"):
        load_profile(tmp_path, "demo")


def test_a_reference_need_not_be_measured(folder: Path, tmp_path: Path) -> None:
    value = json.loads((folder / "demo.json").read_text())
    wish = {"model": "not-run", "f1_of": "reference"}
    (tmp_path / "demo.json").write_text(json.dumps({**value, "reference": wish}))
    found = load_profile(tmp_path, "demo").reference
    assert found == ReferenceChoice(model="not-run", f1_of=F1Of.REFERENCE)


def test_the_kits_own_models_are_compared_with_their_dense_baseline(folder: Path) -> None:
    official, demo = load_profile(folder, "official"), load_profile(folder, "demo")
    twin = ReferenceChoice(model="minilm-squad", f1_of=F1Of.REFERENCE)
    assert (official.reference, demo.reference) == (twin, twin)
    measured = [benchmark.model for benchmark in official.benchmarks]
    assert measured == ["minilm-squad_jpqd-50", "minilm-squad_jpqd-70", "minilm-squad"]
    assert [benchmark.model for benchmark in demo.benchmarks] == measured[:1]


def test_full_rules_leave_durations_and_counts_to_the_round(folder: Path) -> None:
    runs = [run for b in load_profile(folder, "official").benchmarks for run in b.runs.values()]
    for run in runs:
        assert run.min_duration_ms is None
        assert run.samples_per_query is None
        assert run.target_latency_ms is None
