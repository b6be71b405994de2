"""What a check needs to start: little."""

import subprocess
import sys
from pathlib import Path

from tests.fakes.good_tree import open_division

HEAVY = {
    "docker",
    "huggingface_hub",
    "jinja2",
    "jsonschema",
    "multiprocessing",
    "numpy",
    "openvino",
    "requests",
    "rich",
    "tarfile",
    "tokenizers",
}
CHILD = """
import sys
from submission.cli import main
main(["check", *sys.argv[1:]])
print(*sys.modules)
"""


def test_a_check_imports_no_heavy_library(tmp_path: Path) -> None:
    root = open_division(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", CHILD, "--input", str(root), "--jobs", "1"],
        capture_output=True,
        text=True,
        check=True,
    )
    modules = set(done.stdout.splitlines()[-1].split())
    assert "submission.checks.tree" in modules
    assert modules & HEAVY == set()


def test_the_tool_is_the_command(repo: Path, tmp_path: Path) -> None:
    root = open_division(tmp_path)
    tool = [sys.executable, str(repo / "tools" / "check_submission.py"), "--input", str(root)]
    done = subprocess.run(tool, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "PASSED: 1 of 1 results valid" in done.stdout
