"""Why a place could not give a part; collected, and worded once for all places."""

from __future__ import annotations


class SourceError(Exception):
    """A place cannot give the part; the next one is tried. The text is one line."""
