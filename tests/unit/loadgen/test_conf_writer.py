"""Conf files: what is written is what LoadGen reads."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from submission.errors import UsageError
from submission.loadgen.conf_writer import ConfDefaults, MlperfConfFacts, mlperf_conf, user_conf
from submission.terms import LoadgenSettings, Scenario

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


@pytest.fixture
def round_facts() -> MlperfConfFacts:
    return MlperfConfFacts(
        round="v3.0",
        loadgen_model="bert",
        performance_sample_count=10833,
        qsl_rng_seed=10003631887983097364,
        sample_index_rng_seed=17183018601990103738,
        schedule_rng_seed=12134888396634371638,
        defaults=(
            ConfDefaults(
                scenario=Scenario.OFFLINE,
                min_duration_ms=600_000,
                min_query_count=24576,
                target_latency_percentile=0.9,
            ),
            ConfDefaults(
                scenario=Scenario.SERVER,
                min_duration_ms=600_000,
                min_query_count=270336,
                target_latency_percentile=0.99,
                target_latency_ns=130_000_000,
            ),
        ),
    )


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


def test_the_mlperf_conf_of_the_round(
    matches_golden: Callable[[str, str], None], round_facts: MlperfConfFacts
) -> None:
    matches_golden("loadgen/mlperf.conf", mlperf_conf(round_facts))


def test_the_user_conf_of_a_server_run(
    matches_golden: Callable[[str, str], None], server_settings: LoadgenSettings
) -> None:
    text = user_conf(
        server_settings, scenario=Scenario.SERVER, loadgen_model="bert", about="jpqd\n# profile"
    )
    matches_golden("loadgen/user.conf", text)


def test_every_line_has_blanks_around_the_sign(
    server_settings: LoadgenSettings, round_facts: MlperfConfFacts
) -> None:
    texts = (
        user_conf(server_settings, scenario=Scenario.SERVER, loadgen_model="bert", about="x"),
        mlperf_conf(round_facts),
    )
    for line in (line for text in texts for line in lines(text)):
        key, value = line.split(" = ")
        assert len(key.split(".")) == 3
        assert value == value.strip() != ""


def test_loadgen_reads_a_server_run_as_it_was_meant(
    tmp_path: Path, server_settings: LoadgenSettings, round_facts: MlperfConfFacts
) -> None:
    settings = replace(server_settings, target_qps=1662.755, min_query_count=500_000)
    text = user_conf(settings, scenario=Scenario.SERVER, loadgen_model="bert", about="x")
    found = read_back(tmp_path, Scenario.SERVER, mlperf_conf(round_facts), text)
    assert found["min_duration_ms"] == 600_000
    assert found["min_query_count"] == 500_000
    assert found["performance_sample_count_override"] == 10833
    assert found["server_target_qps"] == pytest.approx(1662.755)
    assert found["server_target_latency_ns"] == 130_000_000
    assert found["server_target_latency_percentile"] == pytest.approx(0.999)


def test_loadgen_reads_an_offline_run_as_it_was_meant(
    tmp_path: Path, server_settings: LoadgenSettings, round_facts: MlperfConfFacts
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
    found = read_back(tmp_path, Scenario.OFFLINE, mlperf_conf(round_facts), text)
    assert found["min_duration_ms"] == 10_000
    assert found["min_query_count"] == 24_576
    assert found["performance_sample_count_override"] == 300
    assert found["offline_expected_qps"] == pytest.approx(1200.0)


def test_loadgen_reads_the_rounds_numbers_where_the_user_says_nothing(
    tmp_path: Path, round_facts: MlperfConfFacts
) -> None:
    found = read_back(tmp_path, Scenario.SERVER, mlperf_conf(round_facts))
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
