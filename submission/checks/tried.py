"""On what the rules and the relations were tried: counts over the published submissions at hand.

``python -m tests.published.counting`` makes the file; a test counts once more where the published
submissions lie beside the checkout.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from submission.checks.relations import Relation
from submission.files import packaged
from submission.terms import Scenario

TRIED_FILE = Path(__file__).with_name("tried.json")


@dataclass(frozen=True, kw_only=True)
class Tried:
    """Counts over all trees.

    ``rules`` counts the results that a rule was asked about: it applies to them, and the rules that
    it requires hold. ``relations`` counts the logs that have all figures of a relation, ``broken``
    those that break it; ``keys`` and ``names`` count the logs and summaries in which one stands.
    """

    results: int
    logs: int
    rules: Mapping[str, int]
    relations: Mapping[str, int]
    broken: Mapping[str, int]
    keys: Mapping[str, int]
    names: Mapping[str, int]


@lru_cache(maxsize=1)
def tried() -> Tried:
    """What the file says."""
    value: dict[str, Any] = json.loads(packaged(TRIED_FILE).read_text(encoding="utf-8"))

    def sums(part: str) -> dict[str, int]:
        return {name: sum(counts) for name, counts in value[part].items()}

    return Tried(
        results=sum(value["results"]),
        logs=sum(value["logs"]),
        rules=sums("rules"),
        relations=sums("relations"),
        broken=sums("broken"),
        keys=sums("keys"),
        names=sums("names"),
    )


def name_of(one: Relation) -> str:
    """What a relation is called in the file."""
    return f"{one.keys[0]}, {where(one)}: {one.words} ({one.rule})"


def where(one: Relation) -> str:
    """The runs that a relation is about, in words."""
    scenarios = [scenario for scenario in Scenario if scenario in one.scenarios]
    every = len(scenarios) == len(Scenario)
    return f"{one.part}" if every else f"{one.part} of {', '.join(scenarios)}"
