"""A result folder made by hand: the files that reproducing reads."""

from pathlib import Path

import pytest

from submission.policy import default_round
from submission.terms import Scenario
from submission.tree.finished import ClaimedCell, FinishedTree
from submission.tree.grammar import Cell

CONF = """bert.*.performance_sample_count_override = 446
bert.Server.target_qps = 12.5
bert.Server.target_latency = 130
bert.Server.target_latency_percentile = 99.9
bert.Server.min_duration = 600000
bert.Server.min_query_count = 270336
bert.Offline.target_qps = 300
bert.Offline.min_duration = 600000
bert.Offline.min_query_count = 24576
"""
LINE = (
    ':::MLLOG {{"key": "{key}", "value": {value}, "time_ms": 1.0, "namespace": "mlperf::logging", '
    '"event_type": "POINT_IN_TIME", "metadata": {{"is_error": false, "is_warning": false, '
    '"file": "logging.cc", "line_no": 1, "pid": 1, "tid": 1}}}}\n'
)


def detail_log(**values: object) -> str:
    """A detail log that says so; strings come with their quotes."""
    return "".join(LINE.format(key=key, value=value) for key, value in values.items())


def claimed_cell(root: Path, scenario: str) -> ClaimedCell:
    """A result of the tree at ``root``, whether or not its folders are there."""
    return ClaimedCell(
        tree=FinishedTree(root=root, round=default_round()),
        place=Cell(
            division="open",
            submitter="Demo",
            system="box",
            benchmark="minilm-squad",
            scenario_folder=scenario,
        ),
        scenario=Scenario(scenario),
    )


@pytest.fixture
def cell(tmp_path: Path) -> ClaimedCell:
    """A Server result that claims 100 samples/s."""
    made, offline = (claimed_cell(tmp_path, scenario) for scenario in ("Server", "Offline"))
    for each in (made, offline):
        each.measurements.mkdir(parents=True)
        (each.measurements / "user.conf").write_text(CONF, encoding="utf-8")
        (each.measurements / "mlperf.conf").write_text("", encoding="utf-8")
    folder = made.results / "performance" / "run_1"
    folder.mkdir(parents=True)
    text = detail_log(
        result_validity='"VALID"',
        result_scheduled_samples_per_sec=100.0,
        result_completed_samples_per_sec=99.0,
    )
    (folder / "mlperf_log_detail.txt").write_text(text, encoding="utf-8")
    return made
