"""Settings file < environment < command line, merged and checked once for every command."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from submission.errors import UsageError, did_you_mean
from submission.host.instructions import LIMIT
from submission.host.kernel_text import wrong_cpus
from submission.workspace.folders import Workspace, image_openvino, openvino_versions
from submission.workspace.profile import read_validated
from submission.workspace.recorded import NAMING
from submission.workspace.schema import validate
from submission.workspace.settings import AUTO, Runner, Setting, Settings, settings_table

# Make variables that are arguments of a single target, not settings of the kit.
TARGET_VARIABLES = (
    "IR",
    "QUESTIONS",
    "MODEL",
    "MODELS",
    "SCENARIO",
    "MODE",
    "ROUNDS",
    "SAMPLES",
    "PUBLISHED_STACK",
    "WAY",
    "BOUND",
    "BOUND_MS",
    "BUDGET_S",
    "PRECISION",
    "MEMORY",
    "KEY",
    "TREE",
    "OFFICIAL_CHECKER",
    "ARCHIVES",
    "PYTHON",
    "PYTEST_ARGS",
    "CONFIG",
    "JPQD_ARGS",
    "FLEET_VENV",
    "VENV",
    "CAMPAIGN",
)

_LIKE_A_SETTING = 0.88


def resolve(
    root: Path,
    *,
    file: Path | None = None,
    environment: Mapping[str, str],
    arguments: Mapping[str, Any],
    manifests: Path | None = None,
    last: Callable[[Path], Mapping[str, Any]] | None = None,
) -> Workspace:
    """The workspace that these settings describe; UsageError names the first that is wrong.

    ``last`` gives the settings of the last run in a workspace, by its folder: where nothing says
    what is meant (``NAMING``), that run is, with its settings in place of the defaults.

    ``arguments`` come from the command line: text or JSON values by the setting's key, where
    ``None`` is not given. Relative paths start at the current folder, the default workspace and
    the default ``manifests`` at ``root``, which holds models/, measurements/ and the Dockerfile.
    """
    values: dict[str, Any] = dict(read_validated(file, "settings")) if file else {}
    table = settings_table()
    for row in table.values():
        if text := environment.get(row.variable):
            values[row.key] = row.from_text(text, row.variable)
        given = arguments.get(row.key)
        if given is not None:
            values[row.key] = row.from_text(given, row.option) if isinstance(given, str) else given
        if row.key in values:
            _refuse_unfit(row, values[row.key])
    values = {"workspace": str(root / table["workspace"].default), **values}
    if last is not None and values.keys().isdisjoint(NAMING):
        values = {**last(Path(values["workspace"]).resolve()), **values}
    _refuse_unkept_limit(values)
    _refuse_wrong_cpus(values)
    return Workspace(
        root=root,
        settings=Settings(**{key: table[key].from_json(value) for key, value in values.items()}),
        manifests=manifests or root / "models",
        instruction_limit=environment.get(LIMIT) or None,
    )


def _refuse_unfit(row: Setting, value: Any) -> None:
    """Raise UsageError in the words of the setting, not of its schema."""
    try:
        validate({row.key: value}, "settings", what=row.variable)
    except UsageError as error:
        raise UsageError(
            f"the value of {row.variable} cannot be used",
            detail=error.detail.removeprefix(f"at $.{row.key}: "),
            hint=f"{row.variable} is: {row.help}",
        ) from error


def check_given(workspace: Workspace) -> None:
    """Refuse settings that name nothing; UsageError. For the commands that run the pipeline."""
    settings = workspace.settings
    _refuse_file_as_workspace(workspace.out)
    _refuse_other_transport(settings.mirror)
    for variable, path, kind in (
        ("SYSTEM_OVERLAY", settings.system_overlay, "file"),
        ("BERT_MODEL_DIR", settings.model_dir, "folder"),
        ("BERT_DATA_DIR", settings.data_dir, "folder"),
        ("TUNED", settings.tuned, "folder"),
        ("RATES", settings.rates, "folder"),
    ):
        if path is None:
            continue
        if not path.exists():
            raise UsageError(
                f"{variable} names nothing that exists",
                detail=str(path),
                hint=f"give {variable} an existing path, or leave it out",
            )
        if path.is_dir() is (kind == "file"):
            raise UsageError(
                f"{variable} names no {kind}",
                detail=f"{path} is a {'folder' if path.is_dir() else 'file'}",
                hint=f"give {variable} a {kind}, or leave it out",
            )
    check_openvino(workspace)


def check_openvino(workspace: Workspace) -> None:
    """Refuse an OPENVINO that no image could have; UsageError."""
    settings = workspace.settings
    default, others = image_openvino(workspace.root), openvino_versions(workspace.root)
    if settings.openvino not in {AUTO, default, *others}:
        raise UsageError(
            f"there is no lock for OpenVINO {settings.openvino}",
            detail=f"besides the default {default} there are {', '.join(others) or 'none'}",
            hint="leave OPENVINO out, or add the version to docker/openvino-versions.txt "
            "and run docker/lock.sh",
        )


def check_make_variables(assignments: str) -> None:
    """Refuse make variables that nothing reads, such as ``SUBMITER=…``; UsageError."""
    known = {*(row.variable for row in settings_table().values()), *TARGET_VARIABLES}
    for word in assignments.split():
        name, sign, _ = word.partition("=")
        if sign and name.isidentifier() and name not in known:
            raise UsageError(
                f"make was given {name}, which is no setting of the kit",
                detail=word,
                hint=did_you_mean(name, known),
            )


def _refuse_other_transport(mirror: str | None) -> None:
    """A mirror is a folder, or a URL of HTTP."""
    scheme, sign, _ = (mirror or "").partition("://")
    if sign and scheme.lower() not in {"http", "https"}:
        raise UsageError(
            "MIRROR is neither a folder nor a URL that can be read",
            detail=f"{scheme}:// is not known",
            hint="give it a folder, or a URL that begins with https:// or http://",
        )


def _refuse_file_as_workspace(folder: Path) -> None:
    """Else the first stage that writes would say so, after minutes."""
    if not str(folder).isprintable():
        raise UsageError(
            "WORKSPACE has a character that cannot be printed",
            detail=repr(str(folder)),
            hint="give WORKSPACE a folder without line breaks and the like",
        )
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if not nearest.is_dir():
        raise UsageError(
            "WORKSPACE is no folder",
            detail=f"{nearest} is a file",
            hint="give WORKSPACE a folder, which need not exist yet, or leave it out",
        )


def _refuse_wrong_cpus(values: Mapping[str, Any]) -> None:
    """An engine would refuse it only when the first run starts."""
    if wrong := wrong_cpus(str(values.get("cpuset", ""))):
        part, why = wrong
        raise UsageError(f"CPUSET {why}", detail=part, hint="for example CPUSET=0-3,8")


def mistyped_variables(environment: Mapping[str, str]) -> list[str]:
    """A sentence for each variable of the environment that looks like a setting, but is none."""
    known = [row.variable for row in settings_table().values()]
    found = []
    for name in environment:
        if name in known or name in TARGET_VARIABLES or not environment[name]:
            continue
        close = difflib.get_close_matches(name, known, n=1, cutoff=_LIKE_A_SETTING)
        if close:
            found.append(f"the environment has {name}, which nothing reads: {close[0]} is meant?")
    return found


def _refuse_unkept_limit(values: Mapping[str, Any]) -> None:
    """Run metadata would name a limit that nobody enforced."""
    if values.get("runner") == Runner.HOST and "memory_bytes" in values:
        raise UsageError(
            "MEMORY_BYTES needs a container engine",
            detail="RUNNER=host cannot limit the memory of a run",
            hint="leave one of the two out",
        )
