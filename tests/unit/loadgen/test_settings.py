"""Conf files: what is written is what LoadGen reads."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submission.errors import UsageError
from submission.loadgen.conf import Conf, parse_conf
from submission.loadgen.settings import mlperf_conf, settings_of, user_conf
from submission.policy import load_policy
from submission.terms import LoadgenSettings, Scenario

POLICY = load_policy("v3.0")
ROUND_CONF = mlperf_conf(POLICY, POLICY.benchmarks["bert-99"])
READ_BACK = """
import json, sys
import mlperf_loadgen as lg
settings = lg.TestSettings()
for conf in sys.argv[2:]:
    assert settings.FromConfig(conf, "bert", sys.argv[1], 2) == 0
names = [
    "min_duration_ms", "min_query_count", "performance_sample_count_override",
    "server_target_qps", "server_target_latency_ns", "server_target_latency_percentile",
    "offline_expected_qps",
]
print(json.dumps({name: getattr(settings, name) for name in names}))
"""


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def read_back(tmp_path: Path, scenario: Scenario, *texts: str) -> dict[str, float]:
    """What LoadGen itself reads, in a process of its own: it counts the files it was given."""
    pytest.importorskip("mlperf_loadgen", reason="LoadGen is not installed here")
    paths = []
    for number, text in enumerate(texts):
        paths.append(tmp_path / f"{number}.conf")
        paths[-1].write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", READ_BACK, scenario, *map(str, paths)],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_the_mlperf_conf_of_the_round(matches_golden: Callable[[str, str], None]) -> None:
    matches_golden("loadgen/mlperf.conf", ROUND_CONF)


def test_the_user_conf_of_a_server_run(
    matches_golden: Callable[[str, str], None], server_settings: LoadgenSettings
) -> None:
    text = user_conf(
        server_settings, scenario=Scenario.SERVER, loadgen_model="bert", about="jpqd\n# profile"
    )
    matches_golden("loadgen/user.conf", text)


def test_every_line_has_blanks_around_the_sign(server_settings: LoadgenSettings) -> None:
    texts = (
        user_conf(server_settings, scenario=Scenario.SERVER, loadgen_model="bert", about="x"),
        ROUND_CONF,
    )
    for line in (line for text in texts for line in lines(text)):
        key, value = line.split(" = ")
        assert len(key.split(".")) == 3
        assert value == value.strip() != ""


def test_loadgen_reads_a_server_run_as_it_was_meant(
    tmp_path: Path, server_settings: LoadgenSettings
) -> None:
    settings = replace(server_settings, target_qps=1662.755, min_query_count=500_000)
    text = user_conf(settings, scenario=Scenario.SERVER, loadgen_model="bert", about="x")
    found = read_back(tmp_path, Scenario.SERVER, ROUND_CONF, text)
    assert found["min_duration_ms"] == 600_000
    assert found["min_query_count"] == 500_000
    assert found["performance_sample_count_override"] == 10833
    assert found["server_target_qps"] == pytest.approx(1662.755)
    assert found["server_target_latency_ns"] == 130_000_000
    assert found["server_target_latency_percentile"] == pytest.approx(0.999)


def test_loadgen_reads_an_offline_run_as_it_was_meant(
    tmp_path: Path, server_settings: LoadgenSettings
) -> None:
    settings = replace(
        server_settings,
        target_qps=1200.0,
        min_query_count=1,
        samples_per_query=24_576,
        min_duration_ms=10_000,
        performance_sample_count=300,
        target_latency_ns=None,
        target_latency_percentile=None,
    )
    text = user_conf(settings, scenario=Scenario.OFFLINE, loadgen_model="bert", about="x")
    found = read_back(tmp_path, Scenario.OFFLINE, ROUND_CONF, text)
    assert found["min_duration_ms"] == 10_000
    assert found["min_query_count"] == 24_576
    assert found["performance_sample_count_override"] == 300
    assert found["offline_expected_qps"] == pytest.approx(1200.0)


def test_loadgen_reads_the_rounds_numbers_where_the_user_says_nothing(tmp_path: Path) -> None:
    found = read_back(tmp_path, Scenario.SERVER, ROUND_CONF)
    assert found["min_query_count"] == 270_336
    assert found["server_target_latency_ns"] == 130_000_000


@pytest.mark.parametrize("latency_ns", [130_500_000, 1, 0, -1_000_000])
def test_a_latency_that_loadgen_would_cut_is_refused(
    server_settings: LoadgenSettings, latency_ns: int
) -> None:
    settings = replace(server_settings, target_latency_ns=latency_ns)
    with pytest.raises(UsageError, match="not a whole number of milliseconds"):
        user_conf(settings, scenario=Scenario.SERVER, loadgen_model="bert", about="x")


@pytest.mark.parametrize("model", ["bert-99.9", "", "a b", "bert=", "*.*"])
def test_a_model_name_that_the_parser_would_not_find_again_is_refused(
    server_settings: LoadgenSettings, model: str
) -> None:
    with pytest.raises(UsageError, match="cannot take the model name"):
        user_conf(server_settings, scenario=Scenario.SERVER, loadgen_model=model, about="x")


def test_a_percentile_has_no_dust_of_binary_fractions(server_settings: LoadgenSettings) -> None:
    for percentile, percent in ((0.999, "99.9"), (0.99, "99"), (0.57, "57"), (0.9999, "99.99")):
        settings = replace(server_settings, target_latency_percentile=percentile)
        text = user_conf(settings, scenario=Scenario.SERVER, loadgen_model="bert", about="x")
        assert f"bert.Server.target_latency_percentile = {percent}\n" in text


def test_a_rate_is_written_without_an_exponent(server_settings: LoadgenSettings) -> None:
    for rate, text in ((0.00001, "0.00001"), (1e7, "10000000"), (550.0, "550"), (12.5, "12.5")):
        settings = replace(server_settings, target_qps=rate)
        conf = user_conf(settings, scenario=Scenario.SERVER, loadgen_model="bert", about="x")
        assert f"bert.Server.target_qps = {text}\n" in conf


SERVER: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "min_query_count": st.integers(1, 10**9),
        "target_latency_ns": st.integers(1, 10**6).map(lambda ms: ms * 1_000_000),
        "target_latency_percentile": st.integers(1, 9999).map(lambda parts: parts / 10_000),
    }
)
OFFLINE: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"min_query_count": st.just(1), "samples_per_query": st.integers(1, 10**9)}
)


@given(
    data=st.data(),
    scenario=st.sampled_from([Scenario.SERVER, Scenario.OFFLINE]),
    qps=st.integers(1, 10**12).map(lambda millionths: millionths / 10**6),
    duration_ms=st.integers(1, 10**9),
)
def test_what_is_written_is_read_back_as_the_same_settings(
    data: st.DataObject, scenario: Scenario, qps: float, duration_ms: int
) -> None:
    own = data.draw(SERVER if scenario is Scenario.SERVER else OFFLINE)
    settings = LoadgenSettings(
        **POLICY.seeds.by_key(),
        performance_sample_count=446,
        min_duration_ms=duration_ms,
        target_qps=qps,
        **own,
    )
    texts = (ROUND_CONF, user_conf(settings, scenario=scenario, loadgen_model="bert", about="x"))
    files = [parse_conf(text.encode()) for text in texts]
    assert (
        settings_of([f for f in files if isinstance(f, Conf)], scenario, "bert", POLICY.seeds)
        == settings
    )


def test_the_first_key_that_no_file_has_is_named() -> None:
    found = parse_conf(ROUND_CONF.encode())
    assert isinstance(found, Conf)
    assert settings_of([found], Scenario.SERVER, "bert", POLICY.seeds) == "target_qps"
