"""Every kind of file of a tree, broken byte by byte: never a stop, never a fault of the checker.

In one check one file of each kind of a group is broken; no file of a group hides another one.
"""

import os
import random
from pathlib import Path

import pytest

from submission.checks.book import BUG
from submission.checks.reports.csv_table import official_csv
from submission.checks.reports.github import render_github
from submission.checks.reports.html_page import render_html
from submission.checks.reports.json_form import report_json
from submission.checks.reports.junit import render_junit
from submission.checks.reports.sarif import render_sarif
from submission.checks.reports.text import render_official, render_text
from submission.checks.results import Report
from submission.checks.tree import check_tree
from submission.checks.waivers import read_waivers
from submission.errors import UsageError
from submission.policy import load_policy
from tests.conftest import FUZZ_SEED
from tests.fakes.good_tree import CLOSED, MEASURED, OPEN, TESTS, closed, files_of, open_division
from tests.fakes.mutations import mutated
from tests.fakes.submission_tree import build as build_kind

pytestmark = pytest.mark.slow

MUTATIONS = 500
# trees of other rounds: the kind, how many mutations
ELSEWHERE = {
    ("v6.0", "answers"): MUTATIONS,
    ("v6.0", "pictures"): MUTATIONS,
    ("v6.1", "edge"): MUTATIONS // 5,
    ("v5.1", "closed"): MUTATIONS // 5,
    ("v4.1", "edge"): MUTATIONS // 5,
    ("v2.0", "closed"): MUTATIONS // 5,
}
NAMEPLATE = (
    b"Board:\n- Min PSUs Needed: 1\n  PSUs:\n  - Name: 'PSU 1'\n    PowerCapacityWatts: 90.5\n"
)
RENDERED_EVERY = 10
DETAIL, SUMMARY = "mlperf_log_detail.txt", "mlperf_log_summary.txt"
CLOSED_RUN, OPEN_RUN = f"{CLOSED}/performance/run_1", f"{OPEN}/performance/run_1"
GROUPS = {
    "performance": (
        open_division,
        (
            f"{OPEN_RUN}/{DETAIL}",
            f"{OPEN}/accuracy/accuracy.txt",
            f"{MEASURED}/node_kit_Offline.json",
        ),
    ),
    "texts": (
        open_division,
        (
            f"{OPEN_RUN}/{SUMMARY}",
            f"{MEASURED}/user.conf",
            f"{MEASURED}/README.md",
            "open/Kit/model_mapping.json",
        ),
    ),
    "accuracy": (
        open_division,
        (
            f"{OPEN}/accuracy/{DETAIL}",
            f"{OPEN}/accuracy/mlperf_log_accuracy.json",
            f"{MEASURED}/mlperf.conf",
            f"{MEASURED}/run_metadata_performance.json",
        ),
    ),
    "system": (
        open_division,
        (
            "open/Kit/systems/node.json",
            "open/Kit/code/sparse-bert/kit/README.md",
            f"{OPEN}/accuracy/{SUMMARY}",
        ),
    ),
    "power": (
        closed,
        (
            f"{CLOSED_RUN}/spl.txt",
            f"{CLOSED}/performance/power/client.json",
            f"{CLOSED}/performance/ranging/{DETAIL}",
            f"{TESTS}/TEST01/verify_accuracy.txt",
        ),
    ),
    "compliance": (
        closed,
        (
            f"{TESTS}/TEST01/performance/run_1/{DETAIL}",
            f"{TESTS}/TEST05/verify_performance.txt",
            f"{TESTS}/TEST01/accuracy/accuracy.txt",
            f"{CLOSED}/performance/power/server.json",
        ),
    ),
    "not deterministic": (
        closed,
        (
            f"{TESTS}/TEST05/performance/run_1/{DETAIL}",
            f"{TESTS}/TEST01/accuracy/baseline_accuracy.txt",
            f"{CLOSED}/performance/power/ptd_logs.txt",
        ),
    ),
}
"""Name: the tree, and the files that are broken in it."""


def all_forms(report: Report) -> list[str]:
    return [
        render_text(report, everything=True),
        render_official(report),
        official_csv(report, official=True),
        official_csv(report, official=False),
        report_json(report),
        render_sarif(report),
        render_junit(report),
        render_html(report),
        render_github(report),
    ]


def hold(report: Report, reported: str, *, render: bool) -> None:
    assert [f for f in report.findings if f.rule == BUG] == [], reported
    for text in all_forms(report) if render else ():
        assert text.encode("utf-8"), reported
        assert text.replace("\n", "").isprintable(), reported


@pytest.mark.parametrize("name", GROUPS)
def test_no_mutation_of_a_file_stops_the_checker(name: str, tmp_path: Path) -> None:
    build, paths = GROUPS[name]
    build(tmp_path)
    if name == "not deterministic":
        _not_deterministic(tmp_path)
    good = files_of(tmp_path)
    for number in range(MUTATIONS):
        reported = f"seed {FUZZ_SEED}, {name}, mutation {number}"
        rng = random.Random(reported)
        for path in paths:
            (tmp_path / path).write_bytes(mutated(good[path], rng))
        report = check_tree(tmp_path)
        hold(report, reported, render=number % RENDERED_EVERY == 0)


@pytest.mark.parametrize(("version", "kind"), ELSEWHERE)
def test_no_mutation_of_a_file_of_another_round_stops_the_checker(
    version: str, kind: str, tmp_path: Path
) -> None:
    build_kind(kind, tmp_path, load_policy(version))
    if load_policy(version).official.design_power:
        (tmp_path / "closed" / "Kit" / "systems" / "board_power.yaml").write_bytes(NAMEPLATE)
    good = {path: content for path, content in files_of(tmp_path).items() if content}
    paths = sorted(good)
    for number in range(ELSEWHERE[version, kind]):
        reported = f"seed {FUZZ_SEED}, {version} {kind}, mutation {number}"
        rng = random.Random(reported)
        broken = rng.sample(paths, 3)
        for path in broken:
            (tmp_path / path).write_bytes(mutated(good[path], rng))
        report = check_tree(tmp_path, version=version)
        hold(report, reported, render=number % RENDERED_EVERY == 0)
        for path in broken:
            (tmp_path / path).write_bytes(good[path])


def _not_deterministic(root: Path) -> None:
    """TEST01 as it is where a model answers differently from run to run."""
    test = root / TESTS / "TEST01"
    text = (test / "accuracy" / "accuracy.txt").read_text()
    for name in ("baseline_accuracy.txt", "compliance_accuracy.txt"):
        (test / "accuracy" / name).write_text(text)
    (test / "verify_accuracy.txt").write_text("TEST FAIL\n")


def test_no_mutation_of_the_waivers_stops_the_checker(tmp_path: Path) -> None:
    good = b'[{"rule": "PRF008", "path": "open/*", "reason": "a demo run"}]\n'
    path = tmp_path / "waivers.json"
    refused = 0
    for number in range(MUTATIONS):
        path.write_bytes(mutated(good, random.Random(f"{FUZZ_SEED}, waivers, {number}")))
        try:
            read_waivers(path)
        except UsageError:
            refused += 1
    assert 0 < refused <= MUTATIONS


def test_all_mutations_of_a_seed_are_the_same() -> None:
    content = os.urandom(200)
    assert mutated(content, random.Random("a")) == mutated(content, random.Random("a"))
