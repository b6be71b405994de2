"""JSON Schema (draft 2020-12) for every JSON that the kit reads.

The schemas are files in ``schemas/``; only this module uses ``jsonschema``.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from submission.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError


def load_schema(schema: str) -> dict[str, Any]:
    """The JSON Schema ``schemas/<schema>.schema.json``."""
    text = files("submission.workspace").joinpath("schemas", f"{schema}.schema.json").read_text()
    value: dict[str, Any] = json.loads(text)
    return value


@cache
def _validator(schema: str) -> Draft202012Validator:
    # imported where something is validated: a command without settings runs without the library
    from jsonschema import Draft202012Validator, ValidationError, validators  # noqa: PLC0415

    def pattern(_: object, form: str, instance: object, __: object) -> Iterator[ValidationError]:
        # in Python $ also matches before a last line break
        whole = f"{form[:-1]}\\Z" if form.endswith("$") else form
        if isinstance(instance, str) and not re.search(whole, instance):
            yield ValidationError(f"{instance!r} does not match {form!r}")

    extend: Any = validators.extend  # which has no types
    strict = extend(Draft202012Validator, {"pattern": pattern})
    found: Draft202012Validator = strict(load_schema(schema))
    return found


def validate(value: object, schema: str, *, what: str) -> None:
    """Raise UsageError if ``value`` does not fit ``schemas/<schema>.schema.json``.

    ``what`` names the thing for the reader, for example the path of the file it came from.
    """
    from jsonschema.exceptions import best_match  # noqa: PLC0415 - as above

    error = best_match(_validator(schema).iter_errors(value))
    if error is not None:
        raise UsageError(
            f"{what} does not fit its schema ({schema})",
            detail=f"at {error.json_path}: {_words(error)}",
            hint=_hint(error, schema),
        )


_NAME_PATTERN = "^[A-Za-z0-9][A-Za-z0-9._-]*$"


def _words(error: ValidationError) -> str:
    if error.validator == "pattern":
        form = (
            "letters, digits, points, dashes and underscores, with a letter or digit first"
            if error.validator_value == _NAME_PATTERN
            else f"the form: {error.schema['description']}"
            if isinstance(error.schema, dict) and "description" in error.schema
            else "the form that the schema describes"
        )
        given = textwrap.shorten(repr(error.instance), width=80, placeholder="...")
        return f"{given} is not of {form}"
    return textwrap.shorten(str(error.message), width=200, placeholder="...")


def _unknown_keys(error: ValidationError) -> list[str]:
    known: Any = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
    given: Any = error.instance if isinstance(error.instance, dict) else {}
    return [key for key in given if key not in known]


def _hint(error: ValidationError, schema: str) -> str:
    if error.validator == "additionalProperties" and isinstance(error.schema, dict):
        for key in _unknown_keys(error):
            return f"{key!r}: " + did_you_mean(key, error.schema.get("properties", {}))
    return f"the schema is submission/workspace/schemas/{schema}.schema.json"
