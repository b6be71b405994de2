"""How the four published JPQD models were made: figures from their authors' write-up."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from submission.files import packaged

RECIPES = packaged(Path(__file__).parent / "recipes.json")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One JPQD fine-tuning run on SQuAD v1.1; ranges of epochs are first and last."""

    benchmark: str
    start: str
    start_url: str
    teacher: str
    distillation_weight: float
    distillation_temperature: str
    epochs: int
    learning_rate: str
    batch: str
    warmup_first_epoch: int
    warmup_last_epoch: int
    regularization_factor: str
    attention_block: str
    structures: str
    left_dense: str
    range_samples: int
    structured_sparsity_percent: float


@cache
def _recipes() -> dict[str, Recipe]:
    value = json.loads(RECIPES.read_text(encoding="utf-8"))
    return {item["benchmark"]: Recipe(**{**value["common"], **item}) for item in value["recipes"]}


def published_recipe(benchmark: str) -> Recipe | None:
    """The recipe of a published model by its benchmark folder; ``None`` for any other."""
    return _recipes().get(benchmark)
