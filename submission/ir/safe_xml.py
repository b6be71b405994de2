"""Reads XML that may be hostile: no document types, no entities, bounded size and depth.

Entity bombs and external entities need a document type declaration, and an IR has none: the
first one stops the reading. (What defusedxml forbids by default, and limits on top.)
"""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers.expat import ExpatError, ParserCreate, XMLParserType

from submission.errors import UsageError
from submission.files import CHUNK_BYTES

MAX_BYTES = 256 << 20
MAX_ELEMENTS = 5_000_000
MAX_DEPTH = 64


class _Refused(Exception):  # noqa: N818 - carries a reason to the place that words it
    pass


class _Limits:
    """Counts on the way; each limit is far above what an IR of 24 layers has."""

    def __init__(self, builder: TreeBuilder) -> None:
        self._builder = builder
        self._depth = 0
        self._elements = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH:
            raise _Refused(f"elements are nested more than {MAX_DEPTH} deep")
        if self._elements > MAX_ELEMENTS:
            raise _Refused(f"it has more than {MAX_ELEMENTS} elements")
        self._builder.start(tag, attributes)

    def end(self, tag: str) -> None:
        self._depth -= 1
        self._builder.end(tag)


def read_xml(path: Path) -> Element:
    """The root element of a file; raises UsageError if it cannot be read or is not harmless."""
    builder = TreeBuilder()
    limits = _Limits(builder)
    parser = ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = limits.start
    parser.EndElementHandler = limits.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.EntityDeclHandler = _refuse_doctype
    try:
        _feed(parser, path)
        return builder.close()
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    except (_Refused, ExpatError, LookupError, ValueError) as error:
        raise _unreadable(path, str(error)) from error


def _feed(parser: XMLParserType, path: Path) -> None:
    if path.stat().st_size > MAX_BYTES:
        raise _Refused(f"it has more than {MAX_BYTES} bytes")
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)


def _refuse_doctype(*declaration: object) -> NoReturn:
    del declaration
    raise _Refused("it declares a document type or an entity, which no IR does")


def _unreadable(path: Path, reason: str) -> UsageError:
    return UsageError(
        f"{path} cannot be read as an IR",
        detail=" ".join(reason.split()),
        hint="give the openvino_model.xml of a model, or fetch it again",
    )
