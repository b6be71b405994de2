"""JSON values to frozen dataclasses, strictly: every key is known, there, and of its type.

The field's type says what the JSON holds: a number, a text, a truth value or an enum's value as it
is; a list for a tuple or a frozenset; an object for a Mapping or another dataclass.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from submission.policy.tables import TableError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")
PLAIN: dict[type, tuple[type, ...]] = {str: (str,), bool: (bool,), int: (int,), float: (int, float)}
NAMES = {str: "a text", bool: "true or false", int: "a whole number", float: "a number"}


def record(kind: type[T], value: Any, where: str) -> T:
    """An instance of the dataclass ``kind``; ``where`` names the place in errors.

    Raises TableError for an unknown key, a missing one, or a value of another type.
    """
    entries, types_of = _object(value, where), _hints(kind)
    unknown = [key for key in entries if key not in types_of]
    if unknown:
        raise TableError(f"{where}: unknown key {unknown[0]}")
    for field in fields(kind):
        optional = not (field.default is MISSING and field.default_factory is MISSING)
        if field.name not in entries and not optional:
            raise TableError(f"{where}: {field.name} is missing")
    return kind(**{k: _value(types_of[k], v, f"{where}.{k}") for k, v in entries.items()})


@lru_cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _value(kind: Any, value: Any, where: str) -> Any:
    if isinstance(kind, type) and is_dataclass(kind):
        return record(kind, value, where)
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return None if value is None else _value(inner[0], value, where)
    if origin is tuple:
        return _tuple(inner, value, where)
    if origin is frozenset:
        return frozenset(_tuple((inner[0], ...), value, where))
    if origin is Mapping:
        entries = _object(value, where)
        return {
            _value(inner[0], k, f"{where}.{k}"): _value(inner[1], v, f"{where}.{k}")
            for k, v in entries.items()
        }
    return _plain(kind, value, where)


def _tuple(inner: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise TableError(f"{where}: it is not a list")
    if inner[-1] is ...:
        return tuple(_value(inner[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    if len(value) != len(inner):
        raise TableError(f"{where}: it has {len(value)} items, not {len(inner)}")
    return tuple(
        _value(kind, item, f"{where}[{i}]")
        for i, (kind, item) in enumerate(zip(inner, value, strict=True))
    )


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TableError(f"{where}: it is not an object")
    return value


def _plain(kind: Any, value: Any, where: str) -> Any:
    if issubclass(kind, Enum):
        try:
            return kind(value)
        except ValueError:
            known = ", ".join(str(member.value) for member in kind)
            raise TableError(f"{where}: {value!r} is none of {known}") from None
    if type(value) not in PLAIN[kind]:
        raise TableError(f"{where}: {value!r} is not {NAMES[kind]}")
    return value
