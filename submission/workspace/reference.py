"""models/MANIFEST.md: every field of a manifest, with the words and examples of its schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from submission.workspace.schema import load_schema

HEAD = """\
# Fields of a manifest

Written by `add-model --fields` from `submission/workspace/schemas/manifest.schema.json`; do not
edit it.
`models/<name>/manifest.json` says what a model or a data set consists of and where it comes from.
`tools/add_model.py` and `tools/add_data.py` write it; what they cannot know reads `NOT SAID`.

`a.b` is the field `b` of the object `a`, `a[].b` that of each entry of the list `a`, and `a.*`
stands for any name. After a change of a field with `runs again`, the runs of that model or data set
are made again; after a change of another one only what is written about them: READMEs, tree, check.
"""
KINDS = {"model": "A model", "dataset": "A data set"}
COLUMNS = ("field", "required", "runs again", "value", "meaning", "example")
SHORT = 60
#: keys of a field's schema that say what values it takes
_LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
}


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field: its path in the file, its schema without references, whether it is required."""

    path: str
    node: Mapping[str, Any]
    required: bool

    @property
    def kind(self) -> str | None:
        """``model`` or ``dataset``; None for a field of both."""
        kind: str | None = self.node.get("x-kind")
        return kind

    @property
    def repeats_runs(self) -> bool:
        """Whether runs depend on it (``x-run``)."""
        return bool(self.node.get("x-run"))

    @property
    def examples(self) -> list[Any]:
        """Values that fit; of an object whose fields are described one by one, none."""
        return list(self.node.get("examples", ()))


def fields_of(schema: Mapping[str, Any]) -> Iterator[Field]:
    """Every field, at every depth, in the order of the schema."""
    yield from _inside(schema, schema, "")


def manifest_page() -> str:
    """The page in Markdown."""
    schema = load_schema("manifest")
    found = list(fields_of(schema))
    lines = [HEAD]
    lines += ["## Both kinds", "", *_table([f for f in found if _kind(f, found) is None])]
    for kind, title in KINDS.items():
        own = [field for field in found if _kind(field, found) == kind]
        example = json.dumps(example_of(schema, kind), indent=2, ensure_ascii=False)
        lines += [
            "",
            f"## {title}",
            "",
            *_table(own),
            "",
            "Its required fields and most others:",
            "",
        ]
        lines += ["```json", example, "```"]
    return "\n".join(lines) + "\n"


def example_of(schema: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """A whole manifest of that kind, made of the examples of its fields."""
    found = {
        name: _example(schema, field)
        for name, field in schema["properties"].items()
        if field.get("x-kind") in {None, kind} and name not in {"published", "training", "made_up"}
    }
    found["kind"] = kind
    roles = {"model": ("topology", "weights"), "dataset": ("data", "vocab")}[kind]
    names = {
        "topology": "openvino_model.xml",
        "weights": "openvino_model.bin",
        "data": "questions.json",
        "vocab": "vocab.txt",
    }
    file = schema["$defs"]["file"]["properties"]
    size, digest = (_example(schema, file[key]) for key in ("bytes", "sha256"))
    found["files"] = [
        {"name": names[role], "role": role, "bytes": size, "sha256": digest} for role in roles
    ]
    return found


def _example(schema: Mapping[str, Any], field: Mapping[str, Any]) -> Any:
    node = _resolved(schema, field)
    if "examples" in node:
        return node["examples"][0]
    return {name: _example(schema, each) for name, each in node.get("properties", {}).items()}


def _kind(field: Field, found: list[Field]) -> str | None:
    """That of the field, or of the one that it lies in."""
    top = field.path.partition(".")[0].removesuffix("[]")
    return next(each.kind for each in found if each.path == top)


def _inside(schema: Mapping[str, Any], node: Mapping[str, Any], above: str) -> Iterator[Field]:
    required = node.get("required", ())
    for name, given in node.get("properties", {}).items():
        field = _resolved(schema, given)
        path = f"{above}{name}"
        yield Field(path=path, node=field, required=name in required)
        yield from _below(schema, field, path)


def _below(schema: Mapping[str, Any], field: Mapping[str, Any], path: str) -> Iterator[Field]:
    yield from _inside(schema, field, f"{path}.")
    if "items" in field:
        yield from _inside(schema, _resolved(schema, field["items"]), f"{path}[].")
    if isinstance(named := field.get("additionalProperties"), dict):
        for each in _resolved(schema, named).get("anyOf", ()):
            yield from _inside(schema, _resolved(schema, each), f"{path}.*.")


def _resolved(schema: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """The node with what it refers to; its own keys win."""
    reference = node.get("$ref")
    if reference is None:
        return node
    found: Any = schema
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    own = {key: value for key, value in node.items() if key != "$ref"}
    return {**_resolved(schema, found), **own}


def _table(fields: list[Field]) -> list[str]:
    lines = [_row(COLUMNS), _row(["---"] * len(COLUMNS))]
    return lines + [_row(_cells(field)) for field in fields]


def _cells(field: Field) -> tuple[str, ...]:
    example = ", ".join(f"`{_short(value)}`" for value in field.examples)
    required = "yes" if field.required else ""
    again = "yes" if field.repeats_runs else ""
    return (
        f"`{field.path}`",
        required,
        again,
        _values(field.node),
        field.node["description"],
        example,
    )


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"


def _values(node: Mapping[str, Any]) -> str:
    if "const" in node:
        return json.dumps(node["const"])
    if "enum" in node:
        return ", ".join(node["enum"])
    kinds = node.get("type", "object")
    words = " or ".join([kinds] if isinstance(kinds, str) else kinds)
    limits = [text.format(node[key]) for key, text in _LIMITS.items() if key in node]
    return ", ".join([words, *limits])


def _row(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
