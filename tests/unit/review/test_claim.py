"""LoadGen's settings come from the tree's own conf files, seeds from the round."""

from dataclasses import replace

import pytest

from submission.errors import StageError
from submission.policy import load_policy
from submission.review.claim import claimed_settings, quick_settings
from submission.terms import Scenario
from submission.tree.finished import ClaimedCell

POLICY = load_policy("v3.0")


def test_server_settings_are_those_of_user_conf(cell: ClaimedCell) -> None:
    settings = claimed_settings(cell, POLICY, "bert")
    assert settings.target_qps == 12.5
    assert settings.target_latency_ns == 130_000_000
    assert settings.target_latency_percentile == 0.999
    assert settings.min_query_count == 270336
    assert settings.samples_per_query is None
    assert settings.qsl_rng_seed == 10003631887983097364


def test_offlines_query_count_is_the_size_of_its_one_query(cell: ClaimedCell) -> None:
    settings = claimed_settings(replace(cell, scenario=Scenario.OFFLINE), POLICY, "bert")
    assert (settings.samples_per_query, settings.min_query_count) == (24576, 1)
    assert settings.target_latency_ns is None


def test_a_number_that_neither_file_has_is_named(cell: ClaimedCell) -> None:
    (cell.measurements / "user.conf").write_text("bert.Server.target_qps = 1\n")
    with pytest.raises(StageError, match="says min_query_count"):
        claimed_settings(cell, POLICY, "bert")


def test_a_file_that_loadgen_refuses_is_named_with_the_line(cell: ClaimedCell) -> None:
    conf = cell.measurements / "user.conf"
    conf.write_text(conf.read_text().replace("min_duration = 600000", "min_duration = many"))
    with pytest.raises(StageError, match=r"LoadGen cannot use user\.conf") as caught:
        claimed_settings(cell, POLICY, "bert")
    assert "line 5: the value is no number" in caught.value.detail


@pytest.mark.parametrize("value", ["inf", "nan", "1e999"])
def test_a_number_that_is_none_is_no_number(cell: ClaimedCell, value: str) -> None:
    conf = cell.measurements / "user.conf"
    conf.write_text(conf.read_text().replace("min_duration = 600000", f"min_duration = {value}"))
    with pytest.raises(StageError, match="says min_duration"):
        claimed_settings(cell, POLICY, "bert")


def test_what_user_conf_leaves_open_is_mlperf_confs(cell: ClaimedCell) -> None:
    text = (cell.measurements / "user.conf").read_text(encoding="utf-8")
    (cell.measurements / "mlperf.conf").write_text(text.replace("130", "140"), encoding="utf-8")
    (cell.measurements / "user.conf").write_text("bert.Server.target_qps = 1\n", encoding="utf-8")
    settings = claimed_settings(cell, POLICY, "bert")
    assert (settings.target_qps, settings.target_latency_ns) == (1, 140_000_000)


@pytest.mark.parametrize(("rate", "samples"), [(1.0, 24), (30.0, 300), (1e6, 24576)])
def test_a_quick_offline_run_has_the_samples_of_ten_seconds(
    cell: ClaimedCell, rate: float, samples: int
) -> None:
    settings = claimed_settings(replace(cell, scenario=Scenario.OFFLINE), POLICY, "bert")
    assert quick_settings(settings, rate).samples_per_query == samples


def test_a_quick_server_run_keeps_rate_and_bound(cell: ClaimedCell) -> None:
    settings = claimed_settings(cell, POLICY, "bert")
    quick = quick_settings(settings, 12.0)
    assert (quick.min_duration_ms, quick.min_query_count) == (10_000, 100)
    assert quick.target_qps == settings.target_qps
    assert quick.target_latency_ns == settings.target_latency_ns
