"""The tables of the rounds."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from submission.errors import UsageError
from submission.policy import load_policy, loader, rounds
from submission.terms import Scenario


def table(version: str = "v3.0") -> dict:
    return json.loads((loader.FOLDER / f"{version}.json").read_text())


@pytest.mark.parametrize("version", rounds())
def test_every_table_is_consistent(version: str) -> None:
    assert load_policy(version).round == version


def test_a_round_without_a_table_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"v9\.9"):
        load_policy("v9.9")


def test_the_seeds_of_v3_0_are_those_of_its_mlperf_conf() -> None:
    assert load_policy("v3.0").seeds.by_key() == {
        "qsl_rng_seed": 10003631887983097364,
        "sample_index_rng_seed": 17183018601990103738,
        "schedule_rng_seed": 12134888396634371638,
    }


def test_a_truncated_accuracy_log_has_8199_bytes() -> None:
    assert load_policy("v3.0").accuracy_log.truncated_bytes == 8199


@pytest.mark.parametrize(
    ("folder", "mapping", "benchmark", "reason"),
    [
        ("bert-99", None, "bert-99", "official name"),
        ("resnet50", {"resnet50": "bert-99"}, "resnet", "table of the round"),
        ("minilm-squad", {"minilm-squad": "bert-99"}, "bert-99", "model_mapping.json"),
        ("bert-99.9_x", {"bert-99.9_x": "bert-99"}, "bert-99", "model_mapping.json"),
        ("bert-99.9_jpqd-large", None, "bert-99.9", "the name contains 'bert-99.9'"),
        ("bert-99_jpqd-base", None, "bert-99", "the name contains 'bert-99'"),
        ("my_mobilenet_v3", None, "resnet", "the name contains 'mobilenet'"),
        ("gpt", None, "gpt", "no rule of names applies"),
    ],
)
def test_names_are_resolved_in_the_official_order(
    folder: str, mapping: dict[str, str] | None, benchmark: str, reason: str
) -> None:
    found = load_policy("v3.0").resolve(folder, mapping)
    assert (found.benchmark, found.reason) == (benchmark, reason)


def test_bert_99_9_is_no_edge_benchmark() -> None:
    policy = load_policy("v3.0")
    assert policy.required("edge", "bert-99.9") is None
    assert policy.required("datacenter", "bert-99") == {Scenario.SERVER, Scenario.OFFLINE}


def test_rounds_differ_by_data_alone() -> None:
    old, new = load_policy("v2.1"), load_policy("v3.0")
    assert old.seeds != new.seeds
    assert set(load_policy("v2.0").benchmarks) - set(new.benchmarks) == {"ssd-large", "ssd-small"}


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda t: t["required_scenarios"]["edge"].update(gpt=["Server"]), "unknown benchmark gpt"),
        (lambda t: t["benchmarks"]["bert-99"].update(accuracy_metric="BLEU"), "unknown metric"),
        (lambda t: t["benchmarks"]["bert-99"].update(accuracy_target=101.0), "over the metric"),
        (lambda t: t["benchmarks"]["bert-99"].update(server_latency_bound_ns=None), "no Server"),
        (lambda t: t["accuracy_metrics"]["F1"].update(line_pattern="x"), "one group"),
        (lambda t: t["scenarios"].pop("Offline"), "a scenario is missing"),
        (lambda t: t["accuracy_log"].update(max_bytes=8198), "over its own limit"),
        (lambda t: t.update(version=2), "table version 2"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(edit: Callable[..., Any], words: str) -> None:
    broken = table()
    edit(broken)
    with pytest.raises(ValueError, match=words):
        loader.policy_from(broken)


def test_a_target_of_accuracy_is_a_share_of_the_fp32_models() -> None:
    for version in rounds():
        bert, strict = (load_policy(version).benchmarks[name] for name in ("bert-99", "bert-99.9"))
        assert bert.accuracy_target == pytest.approx(0.99 * bert.float_accuracy)
        assert strict.accuracy_target == pytest.approx(0.999 * strict.float_accuracy)


def test_a_target_over_the_fp32_model_is_a_contradiction() -> None:
    value = table()
    value["benchmarks"]["bert-99"]["float_accuracy"] = 89.0
    with pytest.raises(ValueError, match="bert-99 has an accuracy target over the FP32 model's"):
        loader.policy_from(value)
