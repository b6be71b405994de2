"""Content of every kind in every file: reported, never fatal, never costly."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from submission.checks import check_tree
from submission.checks.book import BUG
from tests.fakes.good_tree import CLOSED, MEASURED, OPEN, both, files_of, open_division
from tests.fakes.loadgen_logs import line

pytestmark = pytest.mark.slow

MEGABYTE = 1 << 20
CONTENTS: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "not UTF-8": lambda good: good[:40] + b"\xff\xfe" + good[40:],
    "UTF-16": lambda good: good.decode("utf-8", "replace").encode("utf-16"),
    "a byte order mark": lambda good: b"\xef\xbb\xbf" + good,
    "CRLF": lambda good: good.replace(b"\n", b"\r\n"),
    "NUL bytes": lambda good: good + bytes(4096),
    "nothing but NUL bytes": lambda good: bytes(len(good)),
    "cut in a line": lambda good: good[: len(good) * 2 // 3],
    "null": lambda _: b"null",
    "a list": lambda _: b"[1, 2]",
    "nested deeply": lambda _: b"[" * 100_000,
    "nested and closed": lambda _: b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "one long line": lambda _: b"x" * MEGABYTE,
    "twice": lambda good: good + good,
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return both(tmp_path_factory.mktemp("tree"))


@pytest.mark.parametrize("name", CONTENTS)
def test_no_content_of_a_file_stops_the_checker(tree: Path, name: str) -> None:
    for path, good in files_of(tree).items():
        (tree / path).write_bytes(CONTENTS[name](good))
        report = check_tree(tree)
        (tree / path).write_bytes(good)
        assert [f.found for f in report.findings if f.rule == BUG] == [], path


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "1e999", "1" + "0" * 400, "-1", "null", "[]", '"1"', "true"]
)
@pytest.mark.parametrize("key", ["result_samples_per_second", "effective_min_duration_ms"])
def test_a_figure_that_is_none_is_rejected(tmp_path: Path, key: str, value: str) -> None:
    log = open_division(tmp_path) / OPEN / "performance/run_1/mlperf_log_detail.txt"
    lines = log.read_text().splitlines(keepends=True)
    number = next(n for n, text in enumerate(lines) if f'"{key}"' in text)
    old = json.loads(lines[number].removeprefix(":::MLLOG "))["value"]
    lines[number] = lines[number].replace(f'"value": {old}', f'"value": {value}')
    log.write_text("".join(lines))
    report = check_tree(tmp_path)
    assert not report.passed
    assert BUG not in {finding.rule for finding in report.findings}


def test_a_key_that_is_written_twice_is_reported(tmp_path: Path) -> None:
    path = open_division(tmp_path) / "open/Kit/systems/node.json"
    path.write_text('{"cooling": "air",\n' + path.read_text().lstrip("{"))
    found = [(f.key, f.line) for f in check_tree(tmp_path).findings if "twice" in f.found]
    assert found == [("cooling", 1)]


def test_of_thousands_of_faults_of_one_kind_most_are_counted(tmp_path: Path) -> None:
    path = open_division(tmp_path) / "open/Kit/systems/node.json"
    fields = json.loads(path.read_text()) | {f"field_{n}": "" for n in range(3000)}
    path.write_text(json.dumps(fields))
    unknown = [f.found for f in check_tree(tmp_path).findings if f.rule == "SYS007"]
    assert len(unknown) == 1101
    assert "more than 1100 such places" in unknown


@pytest.mark.parametrize("select", ["LOG", "PRF", "ACC", "MEA", "PWR", "CMP", "LAT", "SYS"])
def test_rules_that_are_chosen_alone_need_not_find_their_facts(tmp_path: Path, select: str) -> None:
    root = both(tmp_path)
    for path in files_of(root):
        if path.endswith(("detail.txt", "summary.txt", "Offline.json", "node.json")):
            (root / path).write_bytes(b"\xff")
    report = check_tree(root, select=[select])
    assert {f.rule[:3] for f in report.findings} <= {select}


CHILD = """
import re, sys
from submission.cli import main
main(["check", *sys.argv[1:]])
print(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read()).group(1))
"""
LARGE: dict[str, tuple[str, Callable[[Path], object]]] = {
    "a log of a gigabyte": (
        f"{OPEN}/performance/run_1/mlperf_log_detail.txt",
        lambda path: extend(path, 1 << 30),
    ),
    "power samples of a gigabyte": (
        f"{CLOSED}/performance/run_1/spl.txt",
        lambda path: extend(path, 1 << 30),
    ),
    "a log of lists": (
        f"{OPEN}/performance/run_1/mlperf_log_detail.txt",
        lambda path: path.write_bytes(
            b"".join(line(key, [{}] * 200_000).encode() for key in ("sut_name", "test_datetime"))
        ),
    ),
    "a summary of names": (
        f"{OPEN}/performance/run_1/mlperf_log_summary.txt",
        lambda path: path.write_text("".join(f"{n}: x\n" for n in range(80_000))),
    ),
    "accuracy of many lines": (
        f"{OPEN}/accuracy/accuracy.txt",
        lambda path: path.write_text('{"f1": 90.2}\nhash=ab\n' * 50_000),
    ),
    "a README of brackets": (
        f"{MEASURED}/README.md",
        lambda path: path.write_text("a|b\n-|-\n" + "[" * 900_000 + "|x\n" + "\n" * 90_000),
    ),
}


def extend(path: Path, size: int) -> None:
    """A file with a hole: it takes no room, and is read as NUL bytes."""
    with path.open("r+b") as stream:
        stream.truncate(size)


@pytest.mark.parametrize("name", LARGE)
def test_no_file_needs_more_than_150_mb(tmp_path: Path, name: str) -> None:
    path, make = LARGE[name]
    root = both(tmp_path / "tree")
    make(root / path)
    words = ["--input", str(root), "--quiet", "--jobs", "1", "--json", str(tmp_path / "a.json")]
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *words], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert int(done.stdout.split()[-1]) < 150 * 1024
    assert BUG not in {f["rule"] for f in json.loads((tmp_path / "a.json").read_text())["findings"]}


def test_many_files_are_walked(tmp_path: Path) -> None:
    root = open_division(tmp_path)
    for number in range(100):
        folder = root / "open/Kit/code" / str(number)
        folder.mkdir()
        for name in range(100):
            (folder / f"{name} .py").touch()
    report = check_tree(root)
    assert len(report.results) == 1
    assert sum(f.rule == "TRE014" for f in report.findings) > 1000
