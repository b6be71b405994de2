"""The recorded runs are what LoadGen writes now, too: one of each scenario, recorded again."""

import subprocess
import sys
from pathlib import Path

import pytest

from submission.loadgen import DetailLog
from submission.loadgen.detail import read_detail_log
from submission.terms import Scenario
from tests.recorded.pack import DETAIL, files_of, recorded
from tests.recorded.runs import ACCURACY, RUNS

pytestmark = pytest.mark.slow

pytest.importorskip("mlperf_loadgen")
QUICK = [
    next(run.name for run in ACCURACY if run.scenario is scenario and run.benchmark in quick)
    for scenario, quick in {
        Scenario.OFFLINE: ("bert-99",),
        Scenario.SERVER: ("rnnt",),
        Scenario.SINGLE_STREAM: ("3d-unet-99",),
        Scenario.MULTI_STREAM: ("retinanet",),
    }.items()
]
MAY_DIFFER = ("loadgen_build_", "test_datetime", "get_sut_name_duration_ns", "power_")


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("recorded")
    command = [sys.executable, "-m", "tests.recorded.record", str(out), *QUICK]
    subprocess.run(command, check=True, timeout=120, cwd=Path(__file__).parents[2])
    return out


@pytest.mark.parametrize("name", QUICK)
def test_an_accuracy_run_is_recorded_as_it_was(name: str, again: Path) -> None:
    log = read_detail_log(again / name / DETAIL)
    (again / "before").write_bytes(recorded()[name][DETAIL])
    before = read_detail_log(again / "before")
    assert isinstance(log, DetailLog)
    assert isinstance(before, DetailLog)
    kept = [key for key in before.values if not key.startswith(MAY_DIFFER)]
    assert {key: log.get(key) for key in kept} == {key: before.get(key) for key in kept}
    assert log.loaded == before.loaded
    assert set(files_of(RUNS[name], again / name)) == set(recorded()[name])
