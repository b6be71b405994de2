"""The tables of the rounds: one JSON file each, which says what differs from the round before.

A table that names another one as ``based_on`` holds its changes only. An object is merged with the
object of the base, key by key; anything else takes the place of what was there. Two keys change
what is there instead:

- ``"$remove": [...]`` in an object or for a list: these keys or items of the base are gone;
- ``"$add": [...]`` for a list: these items stand behind those of the base.

What a table is about and how far it can be trusted (``round``, ``covers``) is never inherited.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from submission.files import packaged

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

FOLDER = packaged(Path(__file__).parent)
TABLE_VERSION = 2
BASED_ON = "based_on"
REMOVE, ADD = "$remove", "$add"
OWN = ("version", "round", "covers")

Table = dict[str, Any]
Place = tuple[str, ...]


class TableError(ValueError):
    """A table is not one, or its changes do not fit what it is based on."""


def rounds(folder: Traversable = FOLDER) -> tuple[str, ...]:
    """The rounds that have a table, newest first."""
    names = (each.name for each in folder.iterdir())
    tables = (name.removesuffix(".json") for name in names if re.fullmatch(r"v.*\.json", name))
    return tuple(sorted(tables, reverse=True))


def default_round(folder: Traversable = FOLDER) -> str:
    """The round that holds where nothing names one, such as a tree that other tools made."""
    table = json.loads((folder / "rounds.json").read_text(encoding="utf-8"))
    return str(table["default"])


@lru_cache
def seeds_by_round(folder: Traversable = FOLDER) -> dict[str, tuple[int, ...]]:
    """The three seeds of each round that has some of its own, which no other round has."""
    tables = {name: read_table(name, folder) for name in rounds(folder)}
    return {n: tuple(table["seeds"].values()) for n, table in tables.items() if "seeds" in table}


def read_table(version: str, folder: Traversable = FOLDER) -> Table:
    """One file as it stands; raises TableError if it is no table of that round."""
    path = folder / f"{version}.json"
    try:
        table = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_once)
    except (OSError, ValueError) as error:
        raise TableError(f"{path.name}: {error}") from error
    if not isinstance(table, dict):
        raise TableError(f"{path.name}: it is not a JSON object")
    for key in OWN:
        if key not in table:
            raise TableError(f"{path.name}: {key} is missing")
    if table["version"] != TABLE_VERSION:
        raise TableError(f"{path.name}: table version {table['version']}, not {TABLE_VERSION}")
    if table["round"] != version:
        raise TableError(f"{path.name}: it is of round {table['round']}")
    return table


def resolved_table(version: str, folder: Traversable = FOLDER) -> Table:
    """The whole table of a round, merged with those that it is based on.

    Raises TableError for a base that has no table, for tables that are based on each other, and
    for changes that do not fit their base.
    """
    return resolve(version, lambda name: read_table(name, folder), rounds(folder))


def resolve(version: str, read: Callable[[str], Table], known: tuple[str, ...]) -> Table:
    """The whole table of ``version``; ``read`` gives the tables of the ``known`` rounds."""
    chain = [version]
    tables = [read(version)]
    while (base := tables[-1].get(BASED_ON)) is not None:
        if base not in known:
            raise TableError(f"{chain[-1]} is based on {base!r}, which has no table")
        if base in chain:
            raise TableError(f"tables are based on each other: {' -> '.join([*chain, base])}")
        chain.append(base)
        tables.append(read(base))
    whole = tables.pop()
    while tables:
        changes = {key: value for key, value in tables.pop().items() if key != BASED_ON}
        whole = merged(whole, changes, chain[len(tables)])
    return whole


def written_in(version: str, place: Place, folder: Traversable = FOLDER) -> str:
    """The newest round of a table's chain whose file says what stands at ``place``.

    Where no file has the place, the one that says most of the way to it.
    """
    chain = [read_table(version, folder)]
    while (base := chain[-1].get(BASED_ON)) is not None:
        chain.append(read_table(base, folder))
    return str(max(chain, key=lambda table: _depth(table, place))["round"])


def _depth(table: Table, place: Place) -> int:
    """How many steps of a place a table has."""
    node: Any = table
    for number, step in enumerate(place):
        if not isinstance(node, dict) or step not in node:
            return number
        node = node[step]
    return len(place)


def merged(base: Table, changes: Table, where: str) -> Table:
    """``base`` with ``changes``; ``where`` names the place in errors. Raises TableError."""
    result = dict(base)
    for name in _names(changes.get(REMOVE, []), f"{where}.{REMOVE}"):
        if name not in result:
            raise TableError(f"{where}: {name} is not in the base, so it cannot be removed")
        del result[name]
    for key, value in changes.items():
        if key == REMOVE:
            continue
        place, old = f"{where}.{key}", result.get(key)
        if isinstance(value, dict) and isinstance(old, dict):
            result[key] = merged(old, value, place)
        elif isinstance(value, dict) and isinstance(old, list):
            result[key] = _edited(old, value, place)
        else:
            result[key] = value
    return result


def _edited(base: list[Any], changes: Table, where: str) -> list[Any]:
    """A list without some items and with others at its end."""
    unknown = sorted(set(changes) - {ADD, REMOVE})
    if unknown:
        raise TableError(f"{where}: the base has a list here; {unknown[0]} cannot change it")
    gone, added = (_names(changes.get(key, []), f"{where}.{key}") for key in (REMOVE, ADD))
    for item in gone:
        if item not in base:
            raise TableError(f"{where}: {item} is not in the base, so it cannot be removed")
    return [item for item in base if item not in gone] + added


def _names(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise TableError(f"{where}: it is not a list")
    return value


def _once(pairs: list[tuple[str, Any]]) -> Table:
    """A JSON object; a key that is written twice is a mistake that JSON would hide."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = sorted({key for key, _ in pairs if sum(key == other for other, _ in pairs) > 1})
        raise TableError(f"{twice[0]} is written twice")
    return found
