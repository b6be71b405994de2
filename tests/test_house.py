"""House rules that a machine can keep; each exception is named with its reason."""

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MOST_TOOL_STATEMENTS = 4
MOST_README_LINES = 120
FEW_WORDS = 3


@cache
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


@cache
def sources() -> dict[str, str]:
    files = [path for path in tracked() if path.suffix == ".py"]
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in files}


@cache
def product() -> dict[str, ast.Module]:
    """The modules of the package, parsed."""
    return {
        name: ast.parse(text) for name, text in sources().items() if name.startswith("submission/")
    }


def package_of(name: str) -> str:
    """``tree`` of ``submission/tree/plan.py``; the laboratory's parts are packages of their own."""
    parts = Path(name).parts
    return "/".join(parts[1:3]) if parts[1] == "lab" else parts[1]


def test_no_class_name_is_in_two_packages() -> None:
    packages = defaultdict(set)
    for name, module in product().items():
        for node in module.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                packages[node.name].add(package_of(name))
    assert {name: sorted(found) for name, found in packages.items() if len(found) > 1} == {}


def texts(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and text of each string constant that is no docstring."""
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(module)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(module):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docstrings
        ):
            yield node.lineno, node.value


IMPORT = re.compile(r"^\s*(import [\w.]+|from [\w.]+ import [\w, *]+)\s*(;|#|$)", re.MULTILINE)


def test_no_import_is_hidden_in_a_string() -> None:
    """Code for ``python -c`` is a module that is run with ``-m``: import contracts see it."""
    found = [
        f"{name}:{line}"
        for name, module in product().items()
        for line, text in texts(module)
        if IMPORT.search(text)
    ]
    assert found == []


# how a round is written; the kit knows none before v2.0, and SQuAD v1.1 is no round
ROUND = re.compile(r"(?<![\w.])v[2-9]\.\d")


def outside_the_policy() -> Iterator[tuple[str, ast.Module]]:
    for name, module in product().items():
        if package_of(name) != "policy":
            yield name, module


def test_no_round_is_named_outside_the_policy() -> None:
    found = [
        f"{name}:{line}: {text[:80]}"
        for name, module in outside_the_policy()
        for line, text in texts(module)
        if ROUND.search(text)
    ]
    assert found == []


def test_a_docstring_names_a_round_only_to_cite_a_source() -> None:
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    found = [
        f"{name}: {text[:80]}"
        for name, module in outside_the_policy()
        for node in ast.walk(module)
        if isinstance(node, kinds)
        and ROUND.search(text := ast.get_docstring(node) or "")
        and not re.search("reference|Source", text)
    ]
    assert found == []


# a step of a path of a submission tree; in prose there are blanks or <names>
STEP_OF_A_TREE = re.compile(
    r"(?:^|/)(results|measurements|compliance|systems|calibration|code)/"
    r"|/(results|measurements|compliance|systems|calibration|code)$"
    r"|\brun_1\b|run_metadata_|model_mapping\.json|SHA256SUMS|latencies_performance"
)
MAY_SPELL_PATHS = {
    "submission/tree/grammar.py": "the one place that knows them",
    "submission/policy/model.py": "names model_mapping.json as the reason of a benchmark's name",
    "submission/container/witnesses.py": "measurements/profiles of a checkout",
    "submission/lab/bench/command.py": "measurements/tuned of a checkout",
    "submission/lab/bench/tune.py": "measurements/tuned of a checkout",
}


def test_paths_of_a_tree_are_spelled_in_the_grammar_alone() -> None:
    found = {
        name
        for name, module in product().items()
        for _, text in texts(module)
        if STEP_OF_A_TREE.search(text) and not re.search("[ <]", text)
    }
    assert found - set(MAY_SPELL_PATHS) == set()
    assert "submission/tree/grammar.py" in found


def test_the_product_starts_nothing_of_the_laboratory() -> None:
    """By name, in a command that it runs; the table of commands offers it where it is there."""
    found = [
        f"{name}:{line}"
        for name, module in product().items()
        if not name.startswith("submission/lab/") and name != "submission/cli/table.py"
        for line, text in texts(module)
        if "submission.lab" in text
    ]
    assert found == []


def test_every_docstring_says_something() -> None:
    """Three words rarely do; where they would, the name of the thing does as well."""
    documented = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    found = [
        f"{name}:{node.lineno}: {text}"
        for name, module in product().items()
        for node in ast.walk(module)
        if isinstance(node, documented)
        and (text := ast.get_docstring(node))
        and len(text.split()) <= FEW_WORDS
        and "``" not in text
    ]
    assert found == []


def test_no_formatter_is_switched_off() -> None:
    off = re.compile(r"#\s*(fmt|isort|ruff):\s*(off|skip)|#\s*yapf:")
    found = [name for name, text in sources().items() if off.search(text)]
    assert found == []


def test_docker_is_the_sdk_and_not_our_folder() -> None:
    assert not (ROOT / "docker/__init__.py").exists()
    code = "import docker; print(docker.APIClient.__module__)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
    assert run.stdout.startswith(b"docker.api")


def tools() -> list[str]:
    found = [str(path.relative_to(ROOT)) for path in (ROOT / "tools").glob("*.py")]
    return sorted(name for name in found if not name.endswith("_start.py"))


@pytest.mark.parametrize("name", tools())
def test_a_tool_is_four_statements_behind_its_docstring(name: str) -> None:
    module = ast.parse((ROOT / name).read_text(encoding="utf-8"))
    assert ast.get_docstring(module)
    assert len(module.body) - 1 <= MOST_TOOL_STATEMENTS


@pytest.mark.slow
@pytest.mark.parametrize("name", tools())
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


def test_no_file_is_empty_but_those_that_mark_a_package() -> None:
    marks = {"__init__.py", "py.typed", ".gitkeep"}
    empty = [path for path in tracked() if not path.stat().st_size and path.name not in marks]
    assert empty == [], "left behind by a command"


def test_the_readme_is_short() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text.count("\n") <= MOST_README_LINES


def test_no_module_is_called_after_nothing() -> None:
    names = {Path(name).stem for name in sources()}
    assert not names & {"utils", "util", "helpers", "common", "misc", "manager"}


# each of these is said in one place; the rest gets it as an argument
ONE_PLACE = {
    # the driver runs under Ray's own Python, on nodes as well
    r"(os\.)?(environ|getenv)": r"submission/cli/environment\.py|submission/fleet/ray/driver\.py",
    r"print": r"submission/cli/.*|submission/(harness|lab/bench)/__main__\.py",
    r"argparse": r"submission/cli/.*",
    # what runs in a process of its own is called with arguments
    r"sys\.argv": r"submission/cli/main\.py|(.*/)?__main__\.py"
    r"|submission/harness/node_worker\.py|submission/lab/bench/join\.py",
    # tree.archive unpacks; the tool of Python 3.11.2, which Debian 12 has, knows no filter
    r".*\.extractall": r"",
}


@pytest.mark.parametrize(("what", "where"), ONE_PLACE.items())
def test_the_world_outside_is_met_in_one_place(what: str, where: str) -> None:
    found = [
        f"{name}:{node.lineno}"
        for name, module in product().items()
        if not re.fullmatch(where, name)
        for node in ast.walk(module)
        if isinstance(node, ast.Name | ast.Attribute) and re.fullmatch(what, ast.unparse(node))
    ]
    assert found == []


def test_the_folder_that_the_kit_fills_is_named_in_the_settings_alone() -> None:
    found = [
        f"{name}:{line}"
        for name, module in product().items()
        if name != "submission/workspace/settings.py"
        for line, text in texts(module)
        if re.match(r"out/", text)
    ]
    assert found == []
