"""Defaults < profile < settings file < environment < command line, resolved once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from submission.errors import UsageError
from submission.workspace.profile import Profile, load_profile, read_validated
from submission.workspace.schema import validate
from submission.workspace.suggestion import did_you_mean

IMAGE = "mlperf_inference_datacenter_bert_open:3.0"
BASE_IMAGE = "debian:bookworm-slim"

# The name of each setting outside the settings file: environment variable and make variable.
VARIABLES: Mapping[str, str] = {
    "PROFILE": "profile",
    "WORKSPACE": "workspace",
    "SUBMITTER": "submitter",
    "SYSTEM_DESC_ID": "system_desc_id",
    "SYSTEM_OVERLAY": "system_overlay",
    "RUNNER": "runner",
    "IMAGE": "image",
    "BASE_IMAGE": "base_image",
    "OPENVINO": "openvino",
    "CPUSET": "cpuset",
    "MEMORY_BYTES": "memory_bytes",
    "MIRROR": "mirror",
    "OFFLINE": "offline",
    "BERT_MODEL_DIR": "model_dir",
    "BERT_DATA_DIR": "data_dir",
    "DOCKER_HOST": "docker_host",
    "PIP_INDEX_URL": "pip_index_url",
}
# Make variables that are words of a single target, not settings of the kit.
TARGET_VARIABLES = (
    "MODEL",
    "MODELS",
    "SCENARIO",
    "MODE",
    "ROUNDS",
    "SAMPLES",
    "WAY",
    "BOUND",
    "BOUND_MS",
    "BUDGET_S",
    "PRECISION",
    "MEMORY",
    "TREE",
    "OFFICIAL_CHECKER",
    "ARCHIVES",
    "PYTHON",
    "PYTEST_ARGS",
    "CONFIG",
    "JPQD_ARGS",
    "VENV",
)


class Runner(StrEnum):
    """Where a LoadGen run happens."""

    DOCKER = "docker"
    HOST = "host"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that a command needs to know, with nothing left to look up.

    ``root`` holds models/, measurements/ and the Dockerfile; ``workspace`` is filled by the kit.
    """

    root: Path
    workspace: Path
    profile: Profile
    submitter: str
    system_desc_id: str
    system_overlay: Path | None
    runner: Runner
    image: str
    base_image: str
    openvino: str | None
    cpuset: str | None
    memory_bytes: int | None
    mirror: str | None
    offline: bool
    model_dir: Path | None
    data_dir: Path | None
    docker_host: str | None
    pip_index_url: str | None


def resolve(
    root: Path,
    *,
    file: Path | None,
    environment: Mapping[str, str],
    arguments: Mapping[str, Any],
) -> Settings:
    """Settle every setting; UsageError names the first that is wrong and what would be right.

    ``arguments`` come from the command line; its ``None`` values count as not given.
    """
    values: dict[str, Any] = dict(read_validated(file, "settings")) if file else {}
    values.update(_from_environment(environment))
    values.update({key: value for key, value in arguments.items() if value is not None})
    validate(values, "settings", what="the settings (file, environment, command line)")
    _refuse_unkept(values)
    profile = load_profile(root / "measurements" / "profiles", values.get("profile", "demo"))
    return _settings(root, profile, values)


def check_make_variables(assignments: str) -> None:
    """Refuse make variables that nothing reads, such as ``SUBMITER=…``; UsageError."""
    known = {*VARIABLES, *TARGET_VARIABLES}
    for word in assignments.split():
        name, sign, _ = word.partition("=")
        if sign and name.isidentifier() and name not in known:
            raise UsageError(
                f"make was given {name}, which is no setting of the kit",
                detail=word,
                hint=did_you_mean(name, known),
            )


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    found = {key: environment[name] for name, key in VARIABLES.items() if environment.get(name)}
    values: dict[str, Any] = dict(found)
    if "memory_bytes" in found:
        values["memory_bytes"] = _whole(found["memory_bytes"], "MEMORY_BYTES")
    if "offline" in found:
        values["offline"] = _truth(found["offline"], "OFFLINE")
    return values


def _whole(text: str, name: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise UsageError(
            f"{name} is not a whole number", detail=text, hint=f"for example {name}=8589934592"
        ) from error


def _truth(text: str, name: str) -> bool:
    if text.lower() in {"1", "true", "yes", "on"}:
        return True
    if text.lower() in {"0", "false", "no", "off"}:
        return False
    raise UsageError(f"{name} is neither yes nor no", detail=text, hint=f"{name}=1 or {name}=0")


def _refuse_unkept(values: Mapping[str, Any]) -> None:
    """Run metadata would tell of a limit that nobody kept."""
    if values.get("runner") == Runner.HOST and "memory_bytes" in values:
        raise UsageError(
            "MEMORY_BYTES needs a container engine",
            detail="RUNNER=host cannot bound what a run takes",
            hint="leave one of the two out",
        )


def _existing(values: Mapping[str, Any], key: str, name: str) -> Path | None:
    if key not in values:
        return None
    path = Path(values[key]).resolve()
    if not path.exists():
        raise UsageError(
            f"{name} names nothing that exists",
            detail=str(path),
            hint=f"give {name} an existing path, or leave it out",
        )
    return path


def openvino_lock(root: Path, version: str) -> Path:
    """What an image with that OpenVINO is installed from."""
    return root / "docker" / f"requirements-openvino-{version}.txt"


def _openvino(root: Path, version: str | None) -> str | None:
    if version is None or openvino_lock(root, version).is_file():
        return version
    pattern = openvino_lock(root, "*")
    known = [path.stem.rpartition("-")[2] for path in pattern.parent.glob(pattern.name)]
    raise UsageError(
        f"there is no lock for OpenVINO {version}",
        detail=f"besides the default there are {', '.join(sorted(known)) or 'none'}",
        hint="leave OPENVINO out, or add the version to docker/openvino-versions.txt "
        "and run docker/lock.sh",
    )


def _settings(root: Path, profile: Profile, values: Mapping[str, Any]) -> Settings:
    return Settings(
        root=root,
        workspace=(root / values.get("workspace", "out")).resolve(),
        profile=profile,
        submitter=values.get("submitter", profile.submitter),
        system_desc_id=values.get("system_desc_id", profile.system_desc_id),
        system_overlay=_existing(values, "system_overlay", "SYSTEM_OVERLAY"),
        runner=Runner(values.get("runner", "docker")),
        image=values.get("image", IMAGE),
        base_image=values.get("base_image", BASE_IMAGE),
        openvino=_openvino(root, values.get("openvino")),
        cpuset=values.get("cpuset"),
        memory_bytes=values.get("memory_bytes"),
        mirror=values.get("mirror"),
        offline=values.get("offline", False),
        model_dir=_existing(values, "model_dir", "BERT_MODEL_DIR"),
        data_dir=_existing(values, "data_dir", "BERT_DATA_DIR"),
        docker_host=values.get("docker_host"),
        pip_index_url=values.get("pip_index_url"),
    )
