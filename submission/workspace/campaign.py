"""Campaign files: which systems measure a profile, and by which engine they are reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from submission.errors import UsageError, did_you_mean
from submission.files import read_json
from submission.host.kernel_text import wrong_cpus
from submission.workspace.profile import profile_names, read_validated

RETRIES = 1
LOST_AFTER_S = 60.0
CELL_TIMEOUT_S = 14400.0
#: of a system, or of all of them: what is done before its measurements
BEFORE = ("tune", "find_qps")


class EngineKind(StrEnum):
    """What starts cells on systems."""

    HERE = "here"
    RAY = "ray"
    SLURM = "slurm"


@dataclass(frozen=True, kw_only=True)
class EngineChoice:
    """An engine and where it is: ``address`` of a Ray head, ``partition`` of Slurm."""

    kind: EngineKind
    address: str | None = None
    partition: str | None = None


@dataclass(frozen=True, kw_only=True)
class CampaignSystem:
    """One system: its name in the tree, the label of its node, and what a person says of it.

    ``before`` is what it does before its measurements, ``tune`` and ``find_qps``, with what the
    file says of each.
    """

    system_desc_id: str
    label: str
    overlay: Path | None = None
    cpuset: str | None = None
    before: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CampaignFile:
    """What every campaign file says, read and validated; times are in seconds."""

    name: str
    engine: EngineChoice
    retries: int
    lost_after_s: float
    cell_timeout_s: float
    path: Path


@dataclass(frozen=True, kw_only=True)
class Campaign(CampaignFile):
    """A campaign that measures one profile on several systems."""

    profile: str
    submitter: str | None
    systems: tuple[CampaignSystem, ...]


def campaigns_folder(root: Path) -> Path:
    """Where the campaign files of a checkout lie."""
    return root / "measurements" / "campaigns"


def load_campaign(root: Path, name: str) -> Campaign:
    """Read the campaign ``name`` of the checkout ``root``, or the file that ``name`` is.

    UsageError with file and key if it is missing, does not fit its schema, names a profile or an
    overlay that is not there, or gives two systems one name.
    """
    path = campaign_path(root, name)
    value = whole_numbers(read_validated(path, "campaign"))
    profiles = profile_names(root / "measurements" / "profiles")
    if value["profile"] not in profiles:
        raise _wrong(
            path, "profile", f"there is no profile {value['profile']!r}", value["profile"], profiles
        )
    every = {key: value[key] for key in BEFORE if key in value}
    systems = tuple(_systems(root, path, [{**every, **each} for each in value["systems"]]))
    return Campaign(
        profile=value["profile"],
        submitter=value.get("submitter"),
        systems=systems,
        **common_fields(path, value),
    )


class CampaignKind(StrEnum):
    """What a campaign file asks for: the key that only its kind has."""

    PROFILE = "profile"
    TRAINING = "training"


def campaign_kind(root: Path, name: str) -> CampaignKind:
    """The kind of the campaign ``name``; a profile's where the file does not say, or is damaged."""
    try:
        value = read_json(campaign_path(root, name))
    except (OSError, ValueError):
        value = {}
    found = isinstance(value, dict) and CampaignKind.TRAINING in value
    return CampaignKind.TRAINING if found else CampaignKind.PROFILE


def whole_numbers(value: Any) -> Any:
    """The value with each ``20.0`` as ``20``: a schema takes both for a whole number."""
    if isinstance(value, dict):
        return {key: whole_numbers(each) for key, each in value.items()}
    if isinstance(value, list):
        return [whole_numbers(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def common_fields(path: Path, value: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of CampaignFile."""
    return {
        "name": path.stem,
        "engine": _engine(path, value["engine"]),
        "retries": value.get("retries", RETRIES),
        "lost_after_s": value.get("lost_after_s", LOST_AFTER_S),
        "cell_timeout_s": value.get("cell_timeout_s", CELL_TIMEOUT_S),
        "path": path,
    }


def campaign_path(root: Path, name: str) -> Path:
    """The file of a campaign by its name, or by its path; raises UsageError."""
    folder = campaigns_folder(root)
    given = Path(name)
    path = given if given.suffix == ".json" else folder / f"{name}.json"
    if not path.is_file():
        known = sorted(each.stem for each in folder.glob("*.json"))
        raise UsageError(
            f"there is no campaign {name!r}",
            detail=f"no file {path}",
            hint=did_you_mean(name, known)
            if known
            else f"write one into {folder} (measurements/campaigns.md says how)",
        )
    return path


def _engine(path: Path, value: Mapping[str, str]) -> EngineChoice:
    kind = EngineKind(value["kind"])
    belongs = {"address": EngineKind.RAY, "partition": EngineKind.SLURM}
    for key, owner in belongs.items():
        if key in value and kind is not owner:
            raise UsageError(
                f"{path}: the engine {kind} has no {key}",
                detail=f"at $.engine.{key}: {value[key]!r}",
                hint=f'leave it out, or set "kind": "{owner}"',
            )
    if kind is EngineKind.RAY and "address" not in value:
        raise UsageError(
            f"{path}: the engine ray needs an address",
            detail="at $.engine: 'address' is missing",
            hint='name the head of the cluster, such as "address": "HOST:6379"',
        )
    return EngineChoice(kind=kind, address=value.get("address"), partition=value.get("partition"))


def _systems(root: Path, path: Path, values: list[Mapping[str, Any]]) -> Iterator[CampaignSystem]:
    seen: dict[str, int] = {}
    for number, value in enumerate(values):
        name, at = value["system_desc_id"], f"$.systems[{number}]"
        # folders of a tree may be copied to a disk that knows no upper case
        first = seen.setdefault(name.casefold(), number)
        if first != number:
            raise UsageError(
                f"{path}: two systems are called {name}",
                detail=f"at {at}.system_desc_id, as at $.systems[{first}].system_desc_id",
                hint="give each system a name of its own",
            )
        overlay = root / value["overlay"] if "overlay" in value else None
        if overlay is not None and not overlay.is_file():
            raise UsageError(
                f"{path}: the overlay of {name} is not there",
                detail=f"at {at}.overlay: no file {overlay}",
                hint="paths start at the root of the checkout; leave the key out if there is none",
            )
        _refuse_wrong_cpus(path, at, value.get("cpuset", ""))
        yield CampaignSystem(
            system_desc_id=name,
            label=value.get("where", {}).get("system", name),
            overlay=overlay,
            cpuset=value.get("cpuset"),
            before={
                key: _asked(value[key]) for key in BEFORE if value.get(key, False) is not False
            },
        )


def _asked(value: bool | Mapping[str, Any]) -> Mapping[str, Any]:
    """``true`` asks for the defaults."""
    return {} if isinstance(value, bool) else value


def _refuse_wrong_cpus(path: Path, at: str, cpuset: str) -> None:
    if wrong := wrong_cpus(cpuset):
        part, why = wrong
        raise UsageError(
            f"{path}: cpuset {why}",
            detail=f"at {at}.cpuset: {part}",
            hint='for example "cpuset": "0-3,8"',
        )


def _wrong(path: Path, key: str, what: str, word: str, known: list[str]) -> UsageError:
    return UsageError(
        f"{path}: {what}", detail=f"at $.{key}", hint=did_you_mean(word, known) if known else "none"
    )
