"""Nothing stands in the table of a round that no module reads."""

import dataclasses
import re
from functools import cache
from pathlib import Path

import pytest

from submission.policy import model

KINDS = [
    kind
    for kind in vars(model).values()
    if isinstance(kind, type) and dataclasses.is_dataclass(kind)
]
# what a table says of itself for people, and what is handed to LoadGen under its own name
ABOUT = {"covers", *(field.name for field in dataclasses.fields(model.Seeds))}
FIELDS = [
    (kind.__name__, field.name)
    for kind in KINDS
    for field in dataclasses.fields(kind)
    if field.name not in ABOUT
]


@cache
def code(repo: Path) -> str:
    """The product's code, apart from what declares and checks the tables."""
    modules = sorted((repo / "submission").rglob("*.py"))
    own = {repo / "submission" / "policy" / name for name in ("loader.py", "records.py")}
    return "\n".join(path.read_text(encoding="utf-8") for path in modules if path not in own)


@pytest.mark.parametrize(("kind", "name"), FIELDS)
def test_every_field_of_a_table_is_read(kind: str, name: str, repo: Path) -> None:
    assert re.search(rf"[\w)\]]\.{name}\b", code(repo)), f"nothing reads {kind}.{name}"
