"""House rules that a machine can keep; each exception is named with its reason."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MOST_MODULE_LINES = 300
MOST_TEST_LINES = 400  # tests are read one at a time
MOST_FUNCTION_LINES = 40
MOST_TOOL_STATEMENTS = 4
MOST_README_LINES = 120

LONG_MODULES = {
    "models/squad-mini/build.py": "a script that is run once, most of it the data set's own rules",
}
LONG_FUNCTIONS = {
    "tests/fakes/loadgen_logs.py:run_values": "data: the keys of a log",
    "tests/fakes/tiny_model.py:write_model": "data: the graph, an operation a line",
    "tests/unit/tree/texts/conftest.py:readme_facts": "data: everything that a README says",
}
SCRIPTS_OF_THEIR_OWN = {
    "tools/convert_model.py": "it imports torch and NNCF, which no room of the package may",
}


def tracked() -> list[Path]:
    """The files of the project; of an unpacked copy, all but what is made or hidden."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        found = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        made = {".venv", "out", "build", "__pycache__"}
        found = [path for path in ROOT.rglob("*") if not made & set(path.parts)]
    return [path for path in found if path.is_file()]


def sources() -> dict[str, str]:
    files = [path for path in tracked() if path.suffix == ".py"]
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in files}


def functions(sources: dict[str, str]) -> Iterator[tuple[str, int]]:
    for name, text in sources.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{name}:{node.name}", (node.end_lineno or 0) - node.lineno + 1


def test_modules_fit_on_a_few_screens() -> None:
    long = {
        name
        for name, text in sources().items()
        if text.count("\n") > (MOST_TEST_LINES if name.startswith("tests/") else MOST_MODULE_LINES)
    }
    assert long - set(LONG_MODULES) == set()


def test_functions_fit_on_a_screen() -> None:
    long = {name for name, lines in functions(sources()) if lines > MOST_FUNCTION_LINES}
    assert long - set(LONG_FUNCTIONS) == set()


def test_docker_is_the_sdk_and_not_our_folder() -> None:
    assert not (ROOT / "docker/__init__.py").exists()
    code = "import docker; print(docker.APIClient.__module__)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
    assert run.stdout.startswith(b"docker.api")


def tools() -> list[str]:
    found = [str(path.relative_to(ROOT)) for path in (ROOT / "tools").glob("*.py")]
    return sorted(name for name in found if name not in SCRIPTS_OF_THEIR_OWN)


@pytest.mark.parametrize("name", tools())
def test_a_tool_is_four_statements_behind_its_docstring(name: str) -> None:
    module = ast.parse((ROOT / name).read_text(encoding="utf-8"))
    assert ast.get_docstring(module)
    assert len(module.body) - 1 <= MOST_TOOL_STATEMENTS


@pytest.mark.slow
@pytest.mark.parametrize("name", [*tools(), *SCRIPTS_OF_THEIR_OWN])
def test_a_tool_answers_help(name: str) -> None:
    command = [sys.executable, str(ROOT / name), "--help"]
    run = subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
    assert (run.returncode, run.stderr) == (0, b"")
    assert run.stdout.startswith(b"usage:")


# in brackets, so that this file does not find itself
LATER = re.compile(r"(#|//|<!--).*\b(T[O]DO|F[I]XME|H[A]CK)\b")
# a machine's own: homes, package indexes that are not the public one, addresses of a network
OF_A_MACHINE = re.compile(
    r"(?<![\w.])/(root|home/\w+|work|Users/\w+)/|\b10\.\d+\.\d+\.\d+\b|\b192\.168\.\d+\.\d+\b"
    r"|--(extra-)?index-url[ =]https?:|files\.pythonhosted"
)


@pytest.mark.parametrize(
    ("pattern", "what"), [(LATER, "work put off"), (OF_A_MACHINE, "a machine's own")]
)
def test_no_file_holds(pattern: re.Pattern[str], what: str) -> None:
    found = []
    for path in tracked():
        text = path.read_bytes()
        if b"\0" in text[:4096]:
            continue
        for number, line in enumerate(text.decode("utf-8", "replace").splitlines(), 1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    assert found == [], what


def test_the_readme_is_short() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text.count("\n") <= MOST_README_LINES


def test_no_module_is_called_after_nothing() -> None:
    names = {Path(name).stem for name in sources()}
    assert not names & {"utils", "util", "helpers", "common", "misc", "manager"}


# the rooms' own command lines; what runs in a process of its own speaks by its output
MAY_SPEAK = re.compile(
    r"submission/(cli/.*|harness/.*|lab/bench/.*|(.*/)?__main__\.py|.*command\.py)"
)
WORLD = {"print", "os.environ", "sys.argv"}


def test_only_command_lines_print_and_read_the_environment() -> None:
    found = [
        f"{name}:{node.lineno}"
        for name, text in sources().items()
        if name.startswith("submission/") and not MAY_SPEAK.fullmatch(name)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node) in WORLD
    ]
    assert found == []
