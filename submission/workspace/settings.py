"""Every setting of the kit, declared once: its type, default, variable and help text.

A setting can be given in a settings file (by the field's name), in the environment or as a make
variable (by its variable), and on the command line (``--`` and the field's name with dashes).
``schemas/settings.schema.json`` says which values are allowed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, get_args, get_type_hints

from submission.errors import UsageError

BASE_IMAGE = "debian:bookworm-slim"
#: of OPENVINO: the version is chosen by what was measured
AUTO = "auto"

_YES = {"1", "true", "yes", "on"}
_NO = {"0", "false", "no", "off"}


class Runner(StrEnum):
    """Where a LoadGen run happens; ``auto`` until an engine was looked for."""

    AUTO = "auto"
    CONTAINER = "container"
    HOST = "host"

    @classmethod
    def _missing_(cls, value: object) -> Runner | None:
        """``docker``, as version 0.1 had it, is ``container``."""
        return cls.CONTAINER if value == "docker" else None


@dataclass(frozen=True)
class Variable:
    """The environment variable (and make variable) of a setting, and its help text."""

    name: str
    help: str


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a person may choose. ``None`` means "not given".

    Paths are absolute once resolved; those that name something existing are checked by the
    commands that use them.
    """

    profile: Annotated[str, Variable("PROFILE", "a file in measurements/profiles/")] = "demo"
    model: Annotated[
        str | None,
        Variable("MODEL", "one model in place of the profile's: a folder of models/ (add-model)"),
    ] = None
    dataset: Annotated[
        str | None,
        Variable("DATA", "a data set in place of the profile's: a folder of models/ (add-data)"),
    ] = None
    workspace: Annotated[Path, Variable("WORKSPACE", "the folder to fill")] = Path("out")
    submitter: Annotated[
        str | None,
        Variable("SUBMITTER", "name of the submitter in the tree (default: the profile's)"),
    ] = None
    system_desc_id: Annotated[
        str | None,
        Variable("SYSTEM_DESC_ID", "name of the system in the tree (default: the profile's)"),
    ] = None
    system_overlay: Annotated[
        Path | None,
        Variable(
            "SYSTEM_OVERLAY",
            "facts about the system that the kit cannot detect, as JSON "
            "(default: measurements/systems/<system_desc_id>.json)",
        ),
    ] = None
    runner: Annotated[Runner, Variable("RUNNER", "where LoadGen runs: auto, container, host")] = (
        Runner.AUTO
    )
    image: Annotated[
        str | None, Variable("IMAGE", "name of the image (default: its tag is the round)")
    ] = None
    base_image: Annotated[str, Variable("BASE_IMAGE", "image that the image is built on")] = (
        BASE_IMAGE
    )
    openvino: Annotated[
        str,
        Variable(
            "OPENVINO", "version of OpenVINO in the image; auto: the fastest one here, as measured"
        ),
    ] = AUTO
    cpuset: Annotated[str | None, Variable("CPUSET", "cores that a run may use, such as 0-3,8")] = (
        None
    )
    memory_bytes: Annotated[int | None, Variable("MEMORY_BYTES", "memory that a run may use")] = (
        None
    )
    wait_for_quiet: Annotated[
        int,
        Variable(
            "WAIT_FOR_QUIET",
            "minutes to wait at most, before each measurement, until the machine is quiet",
        ),
    ] = 0
    share_cores: Annotated[
        bool,
        Variable("SHARE_CORES", "measure although another measurement uses the same processors"),
    ] = False
    tuned: Annotated[
        Path | None,
        Variable("TUNED", "folder of the plans that runs use (default: measurements/tuned)"),
    ] = None
    rates: Annotated[
        Path | None,
        Variable("RATES", "folder of rates that find-qps found, which Server runs then have"),
    ] = None
    mirror: Annotated[
        str | None, Variable("MIRROR", "folder or URL that is tried before every other source")
    ] = None
    offline: Annotated[bool, Variable("OFFLINE", "never use the network")] = False
    model_dir: Annotated[Path | None, Variable("BERT_MODEL_DIR", "folder of existing models")] = (
        None
    )
    data_dir: Annotated[
        Path | None, Variable("BERT_DATA_DIR", "folder of an existing data set")
    ] = None
    docker_host: Annotated[
        str | None, Variable("DOCKER_HOST", "address of the container engine")
    ] = None
    pip_index_url: Annotated[
        str | None, Variable("PIP_INDEX_URL", "package index that the image is built from")
    ] = None


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One row of the table: how a setting is named, described and read."""

    key: str
    variable: str
    help: str
    default: Any
    kind: type

    @property
    def option(self) -> str:
        """``--memory-bytes`` for ``memory_bytes``."""
        return "--" + self.key.replace("_", "-")

    def from_text(self, text: str, name: str) -> Any:
        """The JSON value that ``text`` stands for; UsageError, which says ``name``, if none."""
        if self.kind is int:
            return _whole(text, name)
        if self.kind is bool:
            return _truth(text, name)
        return text

    def from_json(self, value: Any) -> Any:
        """The field's value for a JSON value that fits the schema."""
        if self.kind is Path:
            return Path(value).resolve()
        return self.kind(value)


def settings_table() -> Mapping[str, Setting]:
    """Every setting by its key, in the order of declaration."""
    return {row.key: row for row in _rows()}


def _rows() -> Iterator[Setting]:
    hints = get_type_hints(Settings, include_extras=True)
    for each in fields(Settings):
        annotated, variable = get_args(hints[each.name])
        kinds = [kind for kind in get_args(annotated) if kind is not NoneType]
        yield Setting(
            key=each.name,
            variable=variable.name,
            help=variable.help,
            default=each.default,
            kind=kinds[0] if kinds else annotated,
        )


def _whole(text: str, name: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise UsageError(
            f"{name} is not a whole number",
            detail=text,
            hint=f"give {name} digits alone",
        ) from error


def _truth(text: str, name: str) -> bool:
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise UsageError(f"{name} is neither yes nor no", detail=text, hint=f"{name}=1 or {name}=0")
