"""Why a source could not provide a part; the reasons of all sources become one error."""

from __future__ import annotations


class SourceError(Exception):
    """A source cannot provide the part, so the next one is tried. The text is one line."""
