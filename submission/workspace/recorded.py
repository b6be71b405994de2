"""The settings that a workspace's runs were made with, and how a command with them is typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from typing import Any

from submission.errors import KitError
from submission.files import read_json, write_json
from submission.workspace.folders import DEFAULT_WORKSPACE, Workspace
from submission.workspace.schema import validate
from submission.workspace.settings import Settings, settings_table

#: what is run, under which names: a command that gives one of them means what it says
NAMING = ("profile", "model", "dataset", "submitter", "system_desc_id")
#: with these, a plan compares the settings that the runs had; none of them is a secret
KEPT = (
    *NAMING,
    "system_overlay",
    "runner",
    "image",
    "base_image",
    "openvino",
    "cpuset",
    "memory_bytes",
    "model_dir",
    "data_dir",
)
#: where a command measures if an engine answers: no need to type it
_USUAL_RUNNER = "container"
#: commands of the kit that make calls by another name
_UNDER_MAKE = {"run": "submission"}


@dataclass(frozen=True, kw_only=True)
class LastRun:
    """The last run of a profile: its settings as JSON by key, those that were not the default."""

    profile: str
    at: str
    settings: Mapping[str, Any]

    @property
    def naming(self) -> dict[str, Any]:
        """The settings that say what was run; always the profile: naming none means the last."""
        chosen = {"profile": settings_table()["profile"].default, **self.settings}
        return {key: value for key, value in chosen.items() if key in NAMING}

    @property
    def to_type(self) -> dict[str, Any]:
        """The settings with which a command means these runs, and repeats none."""
        return {**self.naming, **without_usual(self.settings)}

    def differences(self, now: Settings) -> list[str]:
        """Words for each setting that these runs had otherwise, names apart."""
        table, present = settings_table(), given(now)

        def words(settings: Mapping[str, Any], key: str) -> str:
            value = settings.get(key, table[key].default)
            return "none" if value is None else str(value)

        return [
            f"{table[key].variable} differs from that of the last run: "
            f"{words(self.settings, key)} then, {words(present, key)} now"
            for key in KEPT
            if key not in NAMING and words(self.settings, key) != words(present, key)
        ]


def without_usual(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that a command has to name; the runner only where it is the host."""
    usual = ("runner", _USUAL_RUNNER)
    return {key: value for key, value in settings.items() if (key, value) != usual}


def given(settings: Settings) -> dict[str, Any]:
    """The kept settings that are not the default, as JSON."""
    found = {each.name: getattr(settings, each.name) for each in fields(Settings)}
    table = settings_table()
    chosen = {key: found[key] for key in KEPT if found[key] != table[key].default}
    return {key: value if isinstance(value, int) else str(value) for key, value in chosen.items()}


def record(workspace: Workspace) -> None:
    """Note that runs of the profile begin with these settings."""
    value = {
        "version": 1,
        "profile": workspace.profile.name,
        "at": datetime.now(UTC).isoformat(),
        "settings": given(workspace.settings),
    }
    write_json(workspace.recorded_file(), value)


def recorded(out: Path) -> list[LastRun]:
    """The records in a workspace, the last run first; those that cannot be read are left out."""
    found = []
    for path in Workspace.recorded_files(out):
        try:
            value = read_json(path)
            settings = {key: each for key, each in value["settings"].items() if key in KEPT}
            validate(settings, "settings", what=str(path))
            at, profile = str(value["at"]), str(value["profile"])
        except (OSError, ValueError, LookupError, TypeError, AttributeError, KitError):
            continue
        found.append(LastRun(profile=profile, at=at, settings=settings))
    return sorted(found, key=lambda each: each.at, reverse=True)


def typed_in(workspace: Workspace, command: str, settings: Mapping[str, Any], *, make: bool) -> str:
    """A command with these settings in that workspace, which is named if it isn't the usual one."""
    usual = (workspace.root / DEFAULT_WORKSPACE).resolve()
    where = {} if workspace.out == usual else {"workspace": workspace.out}
    return typed(command, {**settings, **where}, make=make)


def typed(command: str, settings: Mapping[str, Any], *, make: bool) -> str:
    """A command with these settings: by make's words (``DATA=d``), or by options."""
    table = settings_table()
    if make:
        words = [f"{table[key].variable}={quote(str(value))}" for key, value in settings.items()]
        return " ".join(["make", _UNDER_MAKE.get(command, command), *words])
    options = [f"{table[key].option} {quote(str(value))}" for key, value in settings.items()]
    return " ".join([".venv/bin/mlperf-kit", command, *options])
