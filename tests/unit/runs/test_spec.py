"""From a round and a model to the RunSpec of a run."""

from dataclasses import replace
from pathlib import Path

import pytest

from submission.artifacts.manifest import load_manifest
from submission.errors import StageError
from submission.policy import load_policy
from submission.runs.spec import rules_for

POLICY = load_policy("v3.0")
MANIFEST = load_manifest(Path(__file__).parents[3] / "models" / "minilm-squad")


def test_a_model_follows_the_rules_that_its_manifest_names() -> None:
    assert rules_for(POLICY, "minilm-squad", MANIFEST).name == "bert-99"
    manifest = replace(MANIFEST, mlperf_model="bert-99.9")
    assert rules_for(POLICY, "minilm-squad", manifest).name == "bert-99.9"


def test_without_a_word_in_the_manifest_the_name_decides() -> None:
    manifest = replace(MANIFEST, mlperf_model=None)
    assert rules_for(POLICY, "bert-99", manifest).name == "bert-99"


def test_a_benchmark_that_the_round_does_not_have_is_refused() -> None:
    with pytest.raises(StageError, match="no benchmark 'gpt'"):
        rules_for(POLICY, "minilm-squad", replace(MANIFEST, mlperf_model="gpt"))
