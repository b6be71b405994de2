"""The process's environment: the only module that reads it."""

from __future__ import annotations

import os
from collections.abc import Mapping

#: known to every engine without an ARG, and no part of what it caches or keeps
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


def inherited() -> Mapping[str, str]:
    """All of it: what settings are resolved from, and what a process of ours passes on."""
    return os.environ


def make_variables() -> str:
    """The assignments that ``make`` was given, as it passes them on; empty without make."""
    return os.environ.get("KIT_MAKE_VARIABLES", "")


def under_make() -> bool:
    """Whether make started this process, so that a person types its words and not options."""
    return "KIT_MAKE_VARIABLES" in os.environ


def proxies() -> dict[str, str]:
    """The proxies that are set, in either spelling."""
    names = [spelled for name in _PROXIES for spelled in (name, name.lower())]
    return {name: os.environ[name] for name in names if os.environ.get(name)}


def launched_process() -> dict[str, int]:
    """The ``rank`` of this process among ``processes`` that torch's launcher started."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return {"rank": 0, "processes": 1}
    return {"rank": int(os.environ["RANK"]), "processes": int(os.environ["WORLD_SIZE"])}
