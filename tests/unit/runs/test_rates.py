"""A rate that find-qps found: which runs have it, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from submission.errors import UsageError
from submission.runs.context import Context
from submission.runs.numbers import loadgen_settings
from submission.runs.rates import FoundRate, read_rate, write_rate
from submission.terms import Mode, RunId, Scenario
from submission.workspace.resolve import resolve

MODEL = "minilm-squad_jpqd-50"
RATE = FoundRate(
    model=MODEL,
    target_qps=41.5,
    bound_ms=10_000.0,
    percentile=0.99,
    cores=2,
    openvino="2024.6.0",
    queries=1000,
    seconds=60.0,
)


def context(repo: Path, rates: Path | None) -> Context:
    environment = {"RUNNER": "host", **({"RATES": str(rates)} if rates else {})}
    workspace = resolve(repo, environment=environment, arguments={})
    return Context(workspace=workspace, connect=pytest.fail)


def test_the_server_performance_run_alone_has_it(repo: Path, tmp_path: Path) -> None:
    write_rate(tmp_path, RATE)
    for scenario in Scenario.OFFLINE, Scenario.SERVER:
        for mode in Mode.PERFORMANCE, Mode.ACCURACY:
            run = RunId(benchmark=MODEL, scenario=scenario, mode=mode)
            plain, found = (
                loadgen_settings(context(repo, each), run).target_qps for each in (None, tmp_path)
            )
            own = (scenario, mode) == (Scenario.SERVER, Mode.PERFORMANCE)
            assert found == (41.5 if own else plain)
            assert plain != 41.5


def test_a_model_without_one_has_the_profiles(repo: Path, tmp_path: Path) -> None:
    run = RunId(benchmark=MODEL, scenario=Scenario.SERVER, mode=Mode.PERFORMANCE)
    assert loadgen_settings(context(repo, tmp_path), run).target_qps == 15


@pytest.mark.parametrize("change", [{"bound_ms": 130.0}, {"percentile": 0.9}])
def test_a_rate_of_another_bound_is_refused(
    repo: Path, tmp_path: Path, change: dict[str, float]
) -> None:
    write_rate(tmp_path, replace(RATE, **change))  # type: ignore[arg-type]
    run = RunId(benchmark=MODEL, scenario=Scenario.SERVER, mode=Mode.PERFORMANCE)
    with pytest.raises(UsageError, match="found at another latency bound") as refused:
        loadgen_settings(context(repo, tmp_path), run)
    assert "--bound 10000 --percentile 0.99" in refused.value.hint


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"version": 1, "model": "x"}'])
def test_a_damaged_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / f"{MODEL}.json").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be used") as refused:
        read_rate(tmp_path, MODEL)
    assert "find-qps" in refused.value.hint


def test_a_rate_that_is_none_or_of_another_model_is_refused(tmp_path: Path) -> None:
    for rate in replace(RATE, target_qps=0.0), replace(RATE, model="other"):
        write_rate(tmp_path, rate).rename(tmp_path / f"{MODEL}.json")
        with pytest.raises(UsageError, match="cannot be used"):
            read_rate(tmp_path, MODEL)
