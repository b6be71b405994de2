"""Whether a JSON that the kit writes fits its schema.

What the kit reads back is validated by the kit itself (``submission/workspace/schemas``), what
commands print for programs has its schemas with them (``submission/cli/schemas``); the schemas of
what the kit only writes lie in ``tests/schemas``.
"""

import json
from functools import cache
from pathlib import Path

from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[1]
FOLDERS = (
    ROOT / "tests/schemas",
    ROOT / "submission/workspace/schemas",
    ROOT / "submission/checks/schemas",
    ROOT / "submission/cli/schemas",
)


@cache
def _validator(name: str) -> Draft202012Validator:
    (path,) = (found for each in FOLDERS if (found := each / f"{name}.schema.json").is_file())
    schema = json.loads(path.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def assert_fits(value: object, schema: str) -> None:
    """Fail with every place where ``value`` does not fit the schema of that name."""
    errors = _validator(schema).iter_errors(value)
    assert [f"{error.json_path}: {error.message}" for error in errors] == []
