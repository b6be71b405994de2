"""Training campaigns: a file of factors as a list of whole JPQD configurations."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from submission.errors import UsageError, did_you_mean
from submission.files import json_text
from submission.lab.jpqd.config import parse_config, read_config
from submission.workspace.campaign import (
    CampaignFile,
    EngineKind,
    campaign_path,
    common_fields,
    whole_numbers,
)
from submission.workspace.profile import read_validated
from submission.workspace.schema import load_schema

DENSE, DATASET = "minilm-squad", "squad"
TIMEOUT_S = 86400.0
#: of a configuration, but no factors: a seed has a list of its own, a name follows from the rest
_NO_FACTORS = ("$schema", "version", "about", "model", "seed")
_DIGITS = 8

Factors = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class TrainingCell:
    """One training: its name in the campaign, what differs from the base, the whole of it.

    ``config`` is what a file ``jpqd.json`` holds; its model has a name that no other
    configuration has, so that a changed one never meets the states of the old one: it ends with
    the first of ``digest``, which is of all else.
    """

    name: str
    seed: int
    factors: Factors
    config: Mapping[str, Any]
    digest: str


@dataclass(frozen=True, kw_only=True)
class TrainingCampaign(CampaignFile):
    """A campaign of trainings; ``nodes`` are the labels that may train, empty for every one."""

    cells: tuple[TrainingCell, ...]
    base: Path
    dense: str
    dataset: str
    cores: int
    gpus: int
    nodes: tuple[str, ...]


def load_training(root: Path, name: str) -> TrainingCampaign:
    """Read the training campaign ``name`` of the checkout ``root``, or the file that it is.

    UsageError with file and key if it is missing or does not fit its schema, for an unknown factor,
    a value out of its range, and a training that is listed twice.
    """
    path = campaign_path(root, name)
    value = whole_numbers(read_validated(path, "training_campaign"))
    asked = value["training"]
    base = root / asked["base"]
    common = common_fields(path, {"cell_timeout_s": TIMEOUT_S, **value})
    if common["engine"].kind is EngineKind.HERE and "nodes" in value:
        raise UsageError(
            f"{path}: the engine here has no nodes to name",
            detail=f"at $.nodes: {', '.join(value['nodes'])}",
            hint='leave "nodes" out: this machine trains one after another',
        )
    if common["engine"].kind is EngineKind.SLURM and "nodes" not in value:
        raise UsageError(
            f"{path}: the engine slurm needs nodes",
            detail="at $: 'nodes' is missing",
            hint='name the nodes of the partition that may train, such as "nodes": ["gpu01"]',
        )
    return TrainingCampaign(
        cells=tuple(_cells(path, base, asked)),
        base=base,
        dense=asked.get("dense", DENSE),
        dataset=asked.get("dataset", DATASET),
        cores=asked.get("cores", 1),
        gpus=asked.get("gpus", 0),
        nodes=tuple(value.get("nodes", ())),
        **common,
    )


def _cells(path: Path, base: Path, asked: Mapping[str, Any]) -> Iterator[TrainingCell]:
    plain = read_config(base)
    parse_config(plain, what=str(base))
    seen: dict[str, str] = {}
    names: dict[str, str] = {}
    for number, factors in _expanded(path, asked["configurations"]):
        for seed in asked.get("seeds", [plain["seed"]]):
            cell = _cell(path, plain, factors, seed)
            place = f"$.training.configurations[{number}], seed {seed}"
            first = seen.setdefault(cell.digest, place)
            if first is not place:
                raise UsageError(
                    f"{path}: one training is listed twice",
                    detail=f"{cell.name}: at {place}, as at {first}",
                    hint="leave one of them out; for another run of the same, give another seed",
                )
            alike = names.setdefault(cell.name, place)
            if alike is not place:
                raise UsageError(
                    f"{path}: two trainings would be called {cell.name}",
                    detail=f"at {place}, and at {alike}",
                    hint="give values that differ in their first six digits, or in their letters",
                )
            yield cell


def _expanded(path: Path, listed: Sequence[Factors]) -> Iterator[tuple[int, Factors]]:
    """Each configuration with one value a factor, and its place in the file."""
    known = _known_factors()
    for number, factors in enumerate(listed):
        for key in factors:
            if key not in known:
                raise UsageError(
                    f"{path}: there is no factor {key!r}",
                    detail=f"at $.training.configurations[{number}]",
                    hint='"seeds" has a list of its own'
                    if key == "seed"
                    else did_you_mean(key, known),
                )
        values = [each if isinstance(each, list) else [each] for each in factors.values()]
        for chosen in product(*values):
            yield number, dict(zip(factors, chosen, strict=True))


def _known_factors() -> list[str]:
    """The keys of a JPQD configuration, by its schema; those of a part with the part before."""
    found = []
    for key, about in load_schema("jpqd")["properties"].items():
        if key in _NO_FACTORS:
            continue
        parts = about.get("properties")
        found += [f"{key}.{each}" for each in parts] if parts else [key]
    return found


def _cell(path: Path, base: Mapping[str, Any], factors: Factors, seed: int) -> TrainingCell:
    config: dict[str, Any] = {**base, "seed": seed}
    config.pop("about", None)
    for key, value in factors.items():
        *parts, last = key.split(".")
        place = config
        for part in parts:
            place[part] = place = dict(place.get(part) or {})
        place[last] = value
    name = _name(factors, seed)
    whole = json_text({key: each for key, each in config.items() if key != "model"})
    digest = hashlib.sha256(whole.encode()).hexdigest()
    config["model"] = f"{path.stem}-{name}-{digest[:_DIGITS]}"
    parse_config(config, what=f"{path}: {name}")
    return TrainingCell(name=name, seed=seed, factors=factors, config=config, digest=digest)


def _name(factors: Factors, seed: int) -> str:
    """Such as ``sparsity-0.5-seed-7``; a part is named where two keys would look the same."""
    short = [key.rpartition(".")[2] for key in factors]
    words = [
        f"{key if short.count(last) > 1 else last}-{_word(value)}"
        for (key, value), last in zip(factors.items(), short, strict=True)
    ]
    return "-".join([*words, f"seed-{seed}"])


def _word(value: object) -> str:
    text = "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    return "".join(each if each.isalnum() or each in "._-" else "." for each in text).lower()
