"""The official checkers' own flags: what each lets pass, and where it changes nothing.

Each edit makes the official verdict of its round refuse a good tree; the flag lets it pass.
"""

from pathlib import Path

import pytest

from submission.cli import main
from submission.policy import load_policy, rounds
from submission.terms import Scenario
from tests.fakes.submission_tree import SubmissionTree, build
from tests.tree.edits import Edit, fields, moved, put, ran, removed

pytestmark = pytest.mark.slow

SYSTEM, BOARD = "closed/Kit/systems/node.json", "closed/Kit/systems/board.json"
RESULTS = "closed/Kit/results/node/{name}"
# flag, round, kind of tree, what is wrong with it
LETS_PASS: list[tuple[str, str, str, Edit]] = [
    ("--skip_compliance", "v3.0", "closed", removed("closed/Kit/compliance")),
    ("--skip_compliance", "v4.1", "closed", removed("closed/Kit/compliance")),
    ("--skip-extra-files-in-root-check", "v3.1", "open", put("notes.txt", "x")),
    ("--skip-meaningful-fields-emptiness-check", "v3.1", "closed", fields(SYSTEM, cooling="")),
    ("--skip-meaningful-fields-empty-check", "v4.1", "closed", fields(SYSTEM, cooling="")),
    (
        "--skip-meaningful-fields-emptiness-check",
        "v4.0",
        "closed",
        fields("closed/Kit/measurements/node/bert-99/Offline/node_kit_Offline.json", retraining=""),
    ),
    ("--skip-meaningful-fields-emptiness-check", "v6.0", "closed", fields(SYSTEM, cooling="")),
    (
        "--skip-empty-files-check",
        "v3.1",
        "closed",
        put("closed/Kit/measurements/node/bert-99/Offline/user.conf", ""),
    ),
    (
        "--skip-empty-files-check",
        "v6.1",
        "closed",
        put("closed/Kit/results/node/llama2-70b-99.9/Offline/user.conf", ""),
    ),
    (
        "--skip-check-power-measure-files",
        "v3.1",
        "edge",
        removed("closed/Kit/measurements/board/resnet50/SingleStream/analyzer_table.md"),
    ),
    (
        "--skip-empty-files-check",
        "v4.1",
        "edge",
        put("closed/Kit/measurements/board/resnet50/SingleStream/analyzer_table.md", ""),
    ),
    (
        "--skip-extra-accuracy-files-check",
        "v5.1",
        "pictures",
        removed(
            "closed/Kit/results/board/stable-diffusion-xl/Offline/accuracy/images",
        ),
    ),
    (
        "--skip-extra-accuracy-files-check",
        "v6.0",
        "pictures",
        removed("closed/Kit/results/board/stable-diffusion-xl/Offline/accuracy/images"),
    ),
    ("--skip-calibration-check", "v5.1", "closed", removed("closed/Kit/calibration.md")),
    (
        "--skip-all-systems-have-results-check",
        "v5.1",
        "closed",
        put("closed/Kit/systems/other.json", "{}"),
    ),
    (
        "--skip-all-systems-have-results-check",
        "v5.1",
        "closed",
        put("closed/Kit/measurements/other/bert-99/Offline/README.md", "x"),
    ),
    (
        "--skip-dataset-size-check",
        "v5.1",
        "closed",
        ran(
            "closed/Kit/results/node/llama2-70b-99.9/Offline/accuracy",
            qsl_reported_total_count=24_000,
        ),
    ),
    (
        "--skip-dataset-size-check",
        "v6.0",
        "closed",
        ran(
            "closed/Kit/results/node/llama2-70b-99.9/Offline/accuracy",
            qsl_reported_total_count=24_000,
        ),
    ),
    (
        "--scenarios-to-skip=Server",
        "v4.1",
        "closed",
        removed("closed/Kit/results/node/bert-99/Server"),
    ),
    (
        "--scenarios-to-skip=Interactive,Server",
        "v5.0",
        "closed",
        ran(
            "closed/Kit/results/node/llama2-70b-99.9/Server/performance/run_1",
            effective_qsl_rng_seed=1,
        ),
    ),
]


def official(root: Path, version: str, *flags: str) -> int:
    return main(["check", "--input", str(root), "--version", version, "--official", *flags])


@pytest.mark.parametrize(
    ("flag", "version", "kind", "edit"), LETS_PASS, ids=[f"{v} {f}" for f, v, *_ in LETS_PASS]
)
def test_a_flag_lets_the_official_verdict_pass(
    flag: str, version: str, kind: str, edit: Edit, tmp_path: Path
) -> None:
    edit(build(kind, tmp_path, load_policy(version)))
    assert official(tmp_path, version) == 1
    assert official(tmp_path, version, flag) == 0


IDLE: list[tuple[str, Edit]] = [
    ("--skip_compliance", removed("closed/Kit/results/node/llama2-70b-99.9/Offline/TEST06")),
    ("--scenarios-to-skip=Server", removed("closed/Kit/results/node/llama2-70b-99.9/Server")),
]


@pytest.mark.parametrize(("flag", "edit"), IDLE, ids=[flag for flag, _ in IDLE])
def test_the_package_takes_flags_that_change_nothing_in_it(
    flag: str, edit: Edit, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(build("closed", tmp_path, load_policy("v6.0")))
    assert official(tmp_path, "v6.0", flag) == 1
    name = flag.partition("=")[0]
    assert f"{name} changes nothing: the official checker of v6.0 takes it" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("flag", "version"),
    [
        ("--scenarios-to-skip=Server", "v4.0"),
        ("--skip-power-check", "v3.0"),
        ("--more-power-check", "v3.1"),
        ("--skip-dataset-size-check", "v5.0"),
        ("--skip-extra-accuracy-files-check", "v4.1"),
    ],
)
def test_a_flag_of_another_round_is_refused_with_those_that_there_are(
    flag: str, version: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build("open", tmp_path, load_policy(version))
    assert official(tmp_path, version, flag) == 2
    said = capsys.readouterr().err
    name = flag.partition("=")[0]
    assert f"the official checker of {version} has no {name}" in said
    assert "it has --skip_compliance, " in said


def test_without_official_every_flag_is_taken_in_every_round(tmp_path: Path) -> None:
    build("open", tmp_path, load_policy("v3.0"))
    every = [f"--{flag}" for flag in load_policy(rounds()[0]).official.flags]
    with_value = {"--scenarios-to-skip", "--extra-model-benchmark-map"}
    flags = [flag for flag in every if flag not in with_value]
    assert main(["check", "--input", str(tmp_path), *flags]) == 0


def test_skipped_scenarios_are_neither_looked_at_nor_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build("closed", tmp_path, load_policy("v3.0"))
    where = ["check", "--input", str(tmp_path), "--scenarios-to-skip", "Server"]
    assert main(where) == 0
    assert "1 of 1 results valid" in capsys.readouterr().out


def unmapped(root: Path) -> SubmissionTree:
    """A tree of v2.1, which has no model_mapping.json, with a folder name of its own."""
    tree = SubmissionTree(root, load_policy("v2.1"))
    tree.system("open/Kit", "node", system_type="datacenter")
    scenarios = {"Offline": Scenario.OFFLINE, "Server": Scenario.SERVER}
    tree.benchmark("open/Kit", "node", "my-model", "bert-99", scenarios)
    return tree


def test_the_oldest_rounds_take_pairs_of_names(tmp_path: Path) -> None:
    unmapped(tmp_path)
    flag = "--extra-model-benchmark-map"
    assert official(tmp_path, "v2.1") == 1
    assert official(tmp_path, "v2.1", flag, "other:resnet;my-model:bert-99") == 0


@pytest.mark.parametrize("text", ["model_mapping2.json", "a:b:c", ":b", "a:b;"])
def test_what_is_no_list_of_pairs_is_refused(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unmapped(tmp_path)
    assert official(tmp_path, "v2.1", "--extra-model-benchmark-map", text) == 2
    assert "--extra-model-benchmark-map is no list of pairs" in capsys.readouterr().err


def test_another_name_of_the_mapping_is_read_where_files_are(tmp_path: Path) -> None:
    tree = build("open", tmp_path, load_policy("v4.1"))
    moved("open/Kit/model_mapping.json", "open/Kit/names.json")(tree)
    assert official(tmp_path, "v4.1") == 1
    assert official(tmp_path, "v4.1", "--extra-model-benchmark-map", "names.json") == 0


def test_every_idle_flag_is_one_that_the_checker_has() -> None:
    for version in rounds():
        known = load_policy(version).official
        assert set(known.idle_flags) <= set(known.flags)
