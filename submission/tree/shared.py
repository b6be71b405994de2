"""The files of a submitter that are about several systems, and how those of two trees are merged.

READMEs of the submitter and of its code, and ``model_mapping.json``. Every merge is commutative,
associative and idempotent; restricting the merged file to the systems of one tree gives that
tree's file back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from submission.files import json_text
from submission.tree.contents import Contents
from submission.tree.grammar import MODEL_MAPPING, README, Area
from submission.tree.parts import joined_text, parts_of

Head = Callable[[str, frozenset[str]], str]
"""The path of a README and its systems -> the text above its parts."""


def is_mapping(path: str, tree: Contents) -> bool:
    """Whether the file maps folders to benchmarks."""
    place = tree.located[path]
    return place is not None and place.area is None and place.below == (MODEL_MAPPING,)


def is_shared_readme(path: str, tree: Contents) -> bool:
    """Whether the file is the README of a submitter or of a code folder."""
    place = tree.located[path]
    if place is None or place.below != (README,):
        return False
    return place.area is None or place.area is Area.CODE


def mapping_text(mapping: Mapping[str, str]) -> str:
    """``model_mapping.json`` as the kit writes it: sorted by folder."""
    return json_text(dict(sorted(mapping.items())))


def merged_mapping(files: Iterable[Path]) -> bytes | None:
    """One mapping of all; None if two give one folder different benchmarks, or one is no object."""
    merged: dict[str, str] = {}
    for file in files:
        found = _mapping(file.read_bytes())
        if found is None or any(merged.get(name, found[name]) != found[name] for name in found):
            return None
        merged |= found
    return mapping_text(merged).encode()


def restricted_mapping(path: str, tree: Contents, system: str) -> bytes:
    """The mapping without folders that only other systems have results of.

    A file that the kit did not write is kept as it is.
    """
    content = (tree.root / path).read_bytes()
    place, found = tree.located[path], _mapping(content)
    if place is None or found is None or mapping_text(found).encode() != content:
        return content
    users = tree.benchmarks.get(place.owner, {})
    kept = {n: value for n, value in found.items() if system in users.get(n, {system})}
    return mapping_text(kept).encode()


def merged_readme(path: str, holders: Iterable[Contents], head: Head) -> bytes | None:
    """One README with the texts of all; None if one is not UTF-8."""
    merged: dict[str, frozenset[str]] = {}
    for tree in holders:
        parts = _parts(path, tree)
        if parts is None:
            return None
        for text, systems in parts.items():
            merged[text] = merged.get(text, frozenset()) | systems
    return _readme(path, merged, head)


def restricted_readme(path: str, tree: Contents, system: str, head: Head) -> bytes:
    """The texts about one system, and those about none of the tree's."""
    parts = _parts(path, tree)
    if parts is None or len(parts) == 1:
        return (tree.root / path).read_bytes()
    every = tree.systems()
    kept = [text for text, systems in parts.items() if system in (systems & every or every)]
    own = {text: frozenset({system}) for text in kept}
    return _readme(path, own, head)


def _readme(path: str, parts: Mapping[str, frozenset[str]], head: Head) -> bytes:
    systems = frozenset[str]().union(*parts.values())
    above = head(path, systems) if len(parts) > 1 else ""
    return joined_text(parts, above, at=path).encode()


def _parts(path: str, tree: Contents) -> dict[str, frozenset[str]] | None:
    try:
        text = (tree.root / path).read_bytes().decode()
    except UnicodeDecodeError:
        return None
    return parts_of(text, tree.systems_of(path), at=f"{tree.source.name}: {path}")


def _mapping(content: bytes) -> dict[str, str] | None:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    good = all(isinstance(each, str) for each in value.values())
    return value if good else None
