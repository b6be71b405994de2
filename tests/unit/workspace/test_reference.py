"""models/MANIFEST.md is current, and every field in it has a meaning and an example that fits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from submission.cli.main import main
from submission.workspace.reference import Field, example_of, fields_of, manifest_page
from submission.workspace.schema import load_schema, validate

SCHEMA = load_schema("manifest")
FIELDS = list(fields_of(SCHEMA))


def leaf(field: Field) -> bool:
    """False for an object or list whose own fields are described one by one."""
    return not any(each.path.startswith((f"{field.path}.", f"{field.path}[]")) for each in FIELDS)


def test_the_page_is_current(matches_golden: Callable[[str, str], None]) -> None:
    matches_golden("../../models/MANIFEST.md", manifest_page())


@pytest.mark.parametrize("command", ["add-model", "add-data"])
def test_a_command_prints_the_page(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([command, "--fields"])
    assert (stop.value.code, capsys.readouterr().out) == (0, manifest_page())


def test_every_field_is_found() -> None:
    """Every name of a property in the schema, wherever it stands."""

    def names(node: Any) -> set[str]:
        if isinstance(node, list):
            return set().union(*map(names, node))
        if not isinstance(node, dict):
            return set()
        own = set(node["properties"]) if isinstance(node.get("properties"), dict) else set()
        return own.union(*(names(each) for each in node.values()))

    assert {field.path.rpartition(".")[2] for field in FIELDS} == names(SCHEMA)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.path)
def test_a_field_has_a_meaning_and_examples_that_fit(field: Field) -> None:
    assert field.node["description"]
    assert field.examples or not leaf(field)
    node = {**field.node, "$defs": SCHEMA["$defs"], "properties": field.node.get("properties", {})}
    for example in field.examples:
        Draft202012Validator(node).validate(example)


@pytest.mark.parametrize("kind", ["model", "dataset"])
def test_the_whole_examples_are_manifests(kind: str) -> None:
    validate(example_of(SCHEMA, kind), "manifest", what=kind)
