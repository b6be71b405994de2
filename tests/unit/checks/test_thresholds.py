"""What decides a verdict stands in the table of the round, under a name, and not in code."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from submission import checks

CHECKS = Path(checks.__file__).parent
JUDGES = [
    *sorted((CHECKS / "rules").glob("*.py")),
    *sorted((CHECKS / "official").glob("*.py")),
    CHECKS / "arithmetic.py",
]
# Units, and bounds of the arithmetic itself
NO_THRESHOLDS = {
    "EXACT_QUERIES",
    "HALF_A_HUNDREDTH",
    "LEVELS_ABOVE",
    "MILLI",
    "MS_PER_S",
    "NEGLIGIBLE",
    "NS_PER_MS",
    "NS_PER_S",
    "PERCENT",
}
# None at all, one, and a whole in percent
PLAIN = {"0", "0.0", "1", "1.0", "100"}


def _is_number(node: ast.expr) -> bool:
    """A number, or a sum of numbers."""
    if isinstance(node, ast.UnaryOp):
        return _is_number(node.operand)
    if isinstance(node, ast.BinOp):
        return _is_number(node.left) and _is_number(node.right)
    return isinstance(node, ast.Constant) and type(node.value) in {int, float}


def _constants(tree: ast.Module) -> Iterator[str]:
    """Names of a module that stand for a number, or for several."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            if any(map(_is_number, values)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                yield from (ast.unparse(target) for target in targets)


def _compared(tree: ast.Module) -> Iterator[str]:
    """Numbers that a value is compared with, and tolerances of a comparison."""
    for node in ast.walk(tree):
        found: list[ast.expr] = []
        if isinstance(node, ast.Compare):
            found = [node.left, *node.comparators]
        elif isinstance(node, ast.keyword) and node.arg in {"rel_tol", "abs_tol"}:
            found = [node.value]
        for value in found:
            if _is_number(value) and ast.unparse(value) not in PLAIN:
                yield f"line {value.lineno}: {ast.unparse(node)}"


@pytest.mark.parametrize("module", JUDGES, ids=lambda path: path.stem)
def test_no_module_that_judges_has_a_threshold_of_its_own(module: Path) -> None:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    assert set(_constants(tree)) - NO_THRESHOLDS == set()
    assert list(_compared(tree)) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("PLACEHOLDER_CHARACTERS = 60", ["PLACEHOLDER_CHARACTERS"]),
        ("LONGEST: float = 1.1", ["LONGEST"]),
        ("LONGEST, DRAIN_MS = 1.1, -60_000.0", ["(LONGEST, DRAIN_MS)"]),
        ("SIZE = 1 << 20", ["SIZE"]),
        ("NAME = 'x'", []),
        ("DOUBLED = SIZE * 2", []),
        ("if a < 60: pass", ["line 1: a < 60"]),
        ("close(a, b, rel_tol=1e-6)", ["line 1: rel_tol=1e-06"]),
        ("if a > 0 or len(b) == 1: pass", []),
    ],
)
def test_a_threshold_in_code_is_seen(source: str, found: list[str]) -> None:
    tree = ast.parse(source)
    assert [*_constants(tree), *_compared(tree)] == found
