"""The tables of the rounds."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from submission.errors import UsageError
from submission.policy import default_round, load_policy, loader, rounds
from submission.policy.tables import TableError, resolved_table
from submission.terms import Scenario


def table(version: str = "v3.0") -> dict[str, Any]:
    return copy.deepcopy(resolved_table(version))


def metric(value: dict[str, Any]) -> dict[str, Any]:
    """The only metric of bert-99 in a table."""
    found: dict[str, Any] = value["benchmarks"]["bert-99"]["metrics"][0]
    return found


@pytest.mark.parametrize("version", rounds())
def test_every_table_is_consistent(version: str) -> None:
    assert load_policy(version).round == version


def test_the_default_round_has_a_table() -> None:
    assert default_round() in rounds()


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
        (lambda t: t["benchmarks"]["bert-99"].update(metrics=[]), "bert-99 has no metric"),
        (lambda t: metric(t).update(name="BLEU"), "unknown metric BLEU"),
        (lambda t: metric(t).update(target=101.0), "over the maximum of F1"),
        (lambda t: metric(t).update(upper_limit=80.0), "over the upper limit of F1"),
        (lambda t: t["benchmarks"]["bert-99"].update(server_latency_bound_ns=None), "no Server"),
        (lambda t: t["accuracy_metrics"]["F1"].update(line_pattern="x"), "one group"),
        (lambda t: t["scenarios"].pop("Offline"), "Offline is run, but not described"),
        (lambda t: t["scenarios"].update(Interactive=t["scenarios"]["Server"]), "nobody runs"),
        (lambda t: t["scenarios"]["Server"].update(result_unit=""), "Server has no unit"),
        (lambda t: t["compliance"].pop("TEST05"), "unknown compliance test TEST05"),
        (
            lambda t: t["benchmarks"]["bert-99"].update(result_units={"Server": ""}),
            "bert-99 in Server has no unit",
        ),
        (
            lambda t: t["benchmarks"]["bert-99"].update(
                token_limits={"Interactive": {"ttft_ns": 1, "tpot_ns": 1}}
            ),
            "a token limit that bounds nothing in Interactive",
        ),
        (lambda t: t["accuracy_log"].update(max_bytes=8198), "over its own limit"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(edit: Callable[..., Any], words: str) -> None:
    broken = table()
    edit(broken)
    with pytest.raises(TableError, match=words):
        loader.policy_from(broken)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda t: t.update(seed=1), "v3.0: unknown key seed"),
        (lambda t: t.pop("seeds"), "v3.0: seeds is missing"),
        (lambda t: t["seeds"].pop("qsl_rng_seed"), "v3.0.seeds: qsl_rng_seed is missing"),
        (lambda t: t.update(seeds=7), "v3.0.seeds: it is not an object"),
        (
            lambda t: t["benchmarks"]["rnnt"].update(accuracy=1),
            "v3.0.benchmarks.rnnt: unknown key accuracy",
        ),
        (lambda t: t["benchmarks"].update(rnnt=None), "v3.0.benchmarks.rnnt: it is not an object"),
        (
            lambda t: metric(t).update(target="90"),
            r"v3.0.benchmarks.bert-99.metrics\[0\].target: '90' is not a number",
        ),
        (lambda t: t.update(min_duration_ms=1.5), "min_duration_ms: 1.5 is not a whole number"),
        (lambda t: t.update(min_duration_ms=True), "min_duration_ms: True is not a whole number"),
        (
            lambda t: t["required_scenarios"]["edge"].update(rnnt=["Batch"]),
            r"edge.rnnt\[0\]: 'Batch' is none of SingleStream, MultiStream, Server, Offline",
        ),
        (lambda t: t.update(statuses="rdi"), "v3.0.statuses: it is not a list"),
        (
            lambda t: t.update(model_name_guesses=[["a", "b", "c"]]),
            r"model_name_guesses\[0\]: it has 3 items, not 2",
        ),
    ],
)
def test_a_value_of_another_form_is_refused_with_its_place(
    edit: Callable[..., Any], words: str
) -> None:
    broken = table()
    edit(broken)
    with pytest.raises(TableError, match=words):
        loader.policy_from(broken)


def test_a_system_of_both_categories_has_the_scenarios_of_both_unless_the_table_says_so() -> None:
    value = table()
    value["required_scenarios"]["datacenter,edge"] = {"rnnt": ["Offline"]}
    policy = loader.policy_from(value)
    for both in ("datacenter,edge", "edge,datacenter"):
        assert policy.required(both, "rnnt") == {Scenario.OFFLINE}
        assert policy.required(both, "bert-99.9") == {Scenario.SERVER, Scenario.OFFLINE}
        assert policy.required(both, "resnet") == set(policy.scenarios)


def test_a_target_of_accuracy_is_a_share_of_the_fp32_models() -> None:
    for version in rounds():
        bert, strict = (load_policy(version).benchmarks[name] for name in ("bert-99", "bert-99.9"))
        assert bert.float_accuracy is not None
        assert strict.float_accuracy is not None
        assert bert.main_metric.target == pytest.approx(0.99 * bert.float_accuracy)
        assert strict.main_metric.target == pytest.approx(0.999 * strict.float_accuracy)


def test_a_target_over_the_fp32_model_is_a_contradiction() -> None:
    value = table()
    metric(value)["float_accuracy"] = 89.0
    with pytest.raises(TableError, match="bert-99 has an accuracy target over the FP32 model's"):
        loader.policy_from(value)
