"""Configurations: the shipped ones load, wrong ones are named with their place; no torch."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from submission.errors import UsageError
from submission.files import read_json
from submission.lab.jpqd.config import load_config, parse_config

MODELS = Path(__file__).resolve().parents[4] / "models"
SCHEMA = MODELS.parent / "submission" / "workspace" / "schemas" / "jpqd.schema.json"
SHIPPED = MODELS / "minilm-squad_jpqd-50" / "jpqd.json"


def changed(section: str | None = None, **keys: Any) -> dict[str, Any]:
    value = read_json(SHIPPED)
    (value[section] if section else value).update(keys)
    return value


@pytest.mark.parametrize(("name", "sparsity"), [("50", 0.5), ("70", 0.7)])
def test_a_shipped_setting_is_of_its_folder_and_names_its_knob(name: str, sparsity: float) -> None:
    folder = MODELS / f"minilm-squad_jpqd-{name}"
    config = load_config(folder / "jpqd.json")
    assert (config.model, config.pruning.sparsity) == (folder.name, sparsity)


def undescribed(node: dict[str, Any], place: str = "$") -> Iterator[str]:
    """Places of the schema that no description explains."""
    for name, inner in node.get("properties", {}).items():
        if not inner.get("description"):
            yield f"{place}.{name}"
        yield from undescribed(inner, f"{place}.{name}")


def test_the_schema_explains_each_key() -> None:
    schema = read_json(SCHEMA)
    assert len(schema["properties"]) > 20
    assert list(undescribed(schema)) == []


def test_the_smoke_setting_is_short() -> None:
    smoke = load_config(SHIPPED.with_name("smoke.json"))
    assert (smoke.questions, smoke.steps) == (240, 6)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (changed(lerning_rate=1e-4), '"learning_rate"'),
        (changed(batch=0), "$.batch"),
        (changed("pruning", sparsity=1.0), "$.pruning.sparsity"),
        (changed("distillation", weight=2), "$.distillation.weight"),
        (changed("rounding", percentile=0.5), "$.rounding.percentile"),
        (changed(autocast="float16"), "$.autocast"),  # without a scale its gradients vanish
        (changed(epochs=2), "exactly one of steps and epochs"),
        (changed("pruning", sparsity=None), "exactly one of sparsity and regularization"),
        (changed("pruning", begin=0.9), "ends before it begins"),
        (changed(overlap=380), "overlap too much to leave room"),
        (changed(max_length=64), "overlap too much to leave room"),
    ],
)
def test_what_is_wrong_with_a_setting_is_named(value: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_config(value, what="mine.json")
    assert words in str(caught.value)
    assert "mine.json" in str(caught.value)


def test_windows_may_share_all_but_a_question_of_one_token() -> None:
    assert parse_config(changed(overlap=379)).overlap == 379


def test_the_models_name_can_be_given_beside_the_setting() -> None:
    assert load_config(SHIPPED, name="mine").model == "mine"
    with pytest.raises(UsageError, match="does not fit its schema"):
        load_config(SHIPPED, name="../mine")


def test_a_setting_that_is_no_json_is_an_error_of_three_lines(tmp_path: Path) -> None:
    path = tmp_path / "jpqd.json"
    path.write_text("{")
    with pytest.raises(UsageError, match="cannot be read"):
        load_config(path)
    path.write_text(json.dumps([]))
    with pytest.raises(UsageError, match="does not fit its schema"):
        load_config(path)
