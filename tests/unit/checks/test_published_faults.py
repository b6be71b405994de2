"""Faults injected into published submissions: each is found, named, and nothing else rejects."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from submission.checks.findings import Finding
from submission.checks.model import Severity
from submission.checks.tree import check_tree

pytestmark = pytest.mark.slow

SYSTEM = "1-node-2S-SPR-OpenVINO-INT8"
INTEL, SIMA = "open/Intel", "closed/SiMa"
OFFLINE = f"{INTEL}/results/{SYSTEM}/bert-99_jpqd-large/Offline"
MEASURED = f"{INTEL}/measurements/{SYSTEM}/bert-99_jpqd-large/Offline"
DETAIL = f"{OFFLINE}/performance/run_1/mlperf_log_detail.txt"
SUMMARY = f"{OFFLINE}/performance/run_1/mlperf_log_summary.txt"
NODE = f"{INTEL}/systems/{SYSTEM}.json"
TEXT = f"{OFFLINE}/accuracy/accuracy.txt"
BOARD = "davinci_dualm2/resnet50"
SINGLE = f"{SIMA}/results/{BOARD}/SingleStream"
TEST05 = f"{SIMA}/compliance/{BOARD}/SingleStream/TEST05/performance/run_1/mlperf_log_detail.txt"
Edit = Callable[[Path], None]


@pytest.fixture
def tree(published_tree: Path, tmp_path: Path) -> Path:
    """Intel's JPQD system and SiMa's board, each with all that belongs to its results."""
    for base, system in ((INTEL, SYSTEM), (SIMA, BOARD.partition("/")[0])):
        for area in ("results", "measurements", "compliance"):
            source = published_tree / base / area / system
            if source.is_dir():
                shutil.copytree(source, tmp_path / base / area / system)
        for area in ("code", "calibration", "systems"):
            if (published_tree / base / area).is_dir():
                shutil.copytree(published_tree / base / area, tmp_path / base / area)
    return tmp_path


def replaced(path: str, old: str, new: str) -> Edit:
    def edit(root: Path) -> None:
        content = (root / path).read_bytes()
        assert old.encode() in content, f"{path} does not hold {old!r}"
        (root / path).write_bytes(content.replace(old.encode(), new.encode()))

    return edit


def logged(path: str, key: str, value: object) -> Edit:
    """Another value of a key in a detail log."""

    def edit(root: Path) -> None:
        lines = (root / path).read_text().splitlines(keepends=True)
        head = f':::MLLOG {{"key": "{key}", "value": '
        number = next(n for n, line in enumerate(lines) if line.startswith(head))
        rest = lines[number][len(head) :].partition(', "time_ms"')[2]
        lines[number] = f'{head}{json.dumps(value)}, "time_ms"{rest}'
        (root / path).write_text("".join(lines))

    return edit


def field(path: str, key: str, value: object) -> Edit:
    def edit(root: Path) -> None:
        value_now = json.loads((root / path).read_text()) | {key: value}
        (root / path).write_text(json.dumps(value_now, indent=1))

    return edit


def text(path: str, content: str) -> Edit:
    def edit(root: Path) -> None:
        (root / path).write_text(content)

    return edit


def gone(path: str) -> Edit:
    return lambda root: (root / path).unlink()


def longer(path: str) -> Edit:
    def edit(root: Path) -> None:
        (root / path).write_bytes((root / path).read_bytes() + b" " * 20_000)

    return edit


JSON = f"{OFFLINE}/accuracy/mlperf_log_accuracy.json"
FAULTS: dict[str, tuple[Edit, str, str, str | None]] = {
    # the fifteen of the survey that the case table is named after, in its order
    "an accuracy log that is not truncated": (longer(JSON), "ACC011", JSON, None),
    "an empty README": (text(f"{MEASURED}/README.md", ""), "MEA003", f"{MEASURED}/README.md", None),
    "no README": (gone(f"{MEASURED}/README.md"), "MEA002", f"{MEASURED}/README.md", None),
    "no user.conf": (gone(f"{MEASURED}/user.conf"), "MEA002", f"{MEASURED}/user.conf", None),
    "an INVALID summary": (
        replaced(SUMMARY, "Result is : VALID", "Result is : INVALID"),
        "LOG011",
        SUMMARY,
        "Result is",
    ),
    "an INVALID detail log": (
        logged(DETAIL, "result_validity", "INVALID"),
        "PRF002",
        DETAIL,
        "result_validity",
    ),
    "another seed": (
        logged(DETAIL, "effective_qsl_rng_seed", 1),
        "PRF007",
        DETAIL,
        "effective_qsl_rng_seed",
    ),
    "a system description that is no JSON": (text(NODE, '{"division"'), "SYS002", NODE, None),
    "a digest that is none": (replaced(TEXT, "hash=", "hash=x"), "ACC013", TEXT, "hash"),
    "a minute": (
        logged(DETAIL, "effective_min_duration_ms", 60_000),
        "PRF008",
        DETAIL,
        "effective_min_duration_ms",
    ),
    "no system description": (gone(NODE), "SYS001", NODE, None),
    "a status of its own": (field(NODE, "status", "soon"), "SYS008", NODE, "status"),
    # closed, edge, power
    "an accuracy below the target": (
        text(
            f"{SINGLE}/accuracy/accuracy.txt",
            f"accuracy=70.000%, good=35000, total=50000\nhash={'0' * 64}\n",
        ),
        "ACC007",
        f"{SINGLE}/accuracy/accuracy.txt",
        "acc",
    ),
    "the round's seeds in TEST05": (
        logged(TEST05, "effective_schedule_rng_seed", 12134888396634371638),
        "PRF007",
        TEST05,
        "effective_schedule_rng_seed",
    ),
    "a result that was improved": (
        logged(
            f"{SINGLE}/performance/run_1/mlperf_log_detail.txt",
            "early_stopping_latency_ss",
            1_000_000,
        ),
        "PRF019 CMP016 PWR009",
        f"{SINGLE}/performance/run_1/mlperf_log_detail.txt",
        "early_stopping_latency_ss",
    ),
    "power of another day": (
        replaced(f"{SINGLE}/performance/run_1/spl.txt", "03-03-2023", "03-04-2023"),
        "PWR005 PWR009",
        f"{SINGLE}/performance/run_1/spl.txt",
        None,
    ),
}


def errors(root: Path) -> set[Finding]:
    return {f for f in check_tree(root).findings if f.severity is Severity.ERROR}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_a_published_tree_is_named_and_nothing_else(name: str, tree: Path) -> None:
    edit, rules, path, key = FAULTS[name]
    known = errors(tree)
    edit(tree)
    found = {finding.rule: finding for finding in errors(tree) - known}
    assert set(found) == set(rules.split())
    first = found[rules.split()[0]]
    assert (first.path, first.key) == (path, key)


def test_what_is_no_error_is_a_warning(tree: Path) -> None:
    replaced(TEXT, '"f1": 90', '"f1": 50')(tree)
    replaced(TEXT, '"exact_match": 83', '"exact_match": 43')(tree)
    field(NODE, "operating_system", "")(tree)
    found = {f.rule for f in check_tree(tree).findings if f.severity is Severity.WARNING}
    assert {"ACC008", "SYS006"} <= found
    assert not any(f.path.startswith(INTEL) for f in errors(tree))


def test_an_empty_folder_is_an_error_and_the_rest_is_looked_at(tree: Path) -> None:
    known = errors(tree)
    (tree / INTEL / "calibration" / "empty").mkdir()
    logged(DETAIL, "effective_qsl_rng_seed", 1)(tree)
    assert {found.rule for found in errors(tree) - known} == {"TRE016", "PRF007"}
