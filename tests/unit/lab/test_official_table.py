"""The table of a round against that of an official checkout."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from submission.cli import main
from submission.errors import UsageError
from submission.lab.official_table import differences, official_tables
from submission.policy import Policy, load_policy, rounds

NEWEST = rounds()[0]


def written(root: Path, tables: dict[str, Any]) -> Path:
    """A checkout whose official tables are these."""
    path = root / "tools" / "submission" / "submission_checker" / "constants.py"
    path.parent.mkdir(parents=True)
    lines = ["import os", *(f"{name} = {value!r}" for name, value in tables.items())]
    path.write_text("\n".join([*lines, 'OTHER = {"a": os.sep}', ""]))
    return root


def official(policy: Policy) -> dict[str, Any]:
    """The official tables as they would be if ours were right."""
    terms = policy.benchmarks
    table: dict[str, Any] = {
        "models": list(terms),
        "seeds": policy.seeds.by_key(),
        "model_mapping": dict(policy.model_names),
        "accuracy-target": {
            name: tuple(x for m in t.metrics if m.target is not None for x in (m.name, m.target))
            for name, t in terms.items()
        },
        "accuracy-upper-limit": {
            name: tuple(x for m in t.metrics if m.upper_limit for x in (m.name, m.upper_limit))
            for name, t in terms.items()
        },
        "performance-sample-count": {n: t.performance_sample_count for n, t in terms.items()},
        "min-queries": {
            n: {str(s): count for s, count in t.min_query_count.items()} for n, t in terms.items()
        },
        "latency-constraint": {
            n: {
                str(scenario): bound
                for scenario, bound in (
                    ("Server", t.server_latency_bound_ns),
                    ("Interactive", t.interactive_latency_bound_ns),
                )
                if bound
            }
            for n, t in terms.items()
        },
    }
    for category in ("datacenter", "edge"):
        for kind, ours in (
            ("required", policy.required_scenarios),
            ("optional", policy.optional_scenarios),
        ):
            table[f"{kind}-scenarios-{category}"] = {
                name: sorted(map(str, scenarios)) for name, scenarios in ours[category].items()
            }
    limits = {
        n: {str(s): {"ttft": x.ttft_ns, "tpot": x.tpot_ns} for s, x in t.token_limits.items()}
        for n, t in terms.items()
    }
    keys = {
        n: {str(s): key for s, key in t.result_keys.items() if s != "Interactive"}
        for n, t in terms.items()
    }
    return {
        "MODEL_CONFIG": {policy.round: table},
        "LLM_LATENCY_LIMITS": limits,
        "RESULT_FIELD_BENCHMARK_OVERWRITE": {policy.round: keys},
    }


def test_a_table_that_is_right_has_no_difference(tmp_path: Path) -> None:
    policy = load_policy(NEWEST)
    tables = official_tables(written(tmp_path, official(policy)))
    assert list(differences(tables, policy)) == []


@pytest.mark.parametrize(
    ("edit", "line"),
    [
        (
            lambda t: t["seeds"].update(qsl_rng_seed=1),
            "seeds: qsl_rng_seed: official 1, ours ",
        ),
        (
            lambda t: t["models"].append("llama9"),
            "llama9: a benchmark of the official table only",
        ),
        (
            lambda t: t["performance-sample-count"].update(resnet=7),
            "resnet: performance-sample-count: official 7, ours 1024",
        ),
        (
            lambda t: t["accuracy-target"].update(resnet=("acc", 76.5)),
            "resnet: least accuracies: acc: official 76.5, ours 75.6954",
        ),
        (
            lambda t: t["required-scenarios-edge"].pop("resnet"),
            "required scenarios of edge: resnet: official None, ours ",
        ),
    ],
)
def test_a_difference_is_named(
    edit: Callable[[Any], None], line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = official(load_policy(NEWEST))
    edit(tables["MODEL_CONFIG"][NEWEST])
    root = written(tmp_path, tables)
    assert main(["compare-round", str(root), "--version", NEWEST]) == 1
    assert capsys.readouterr().out.startswith(line)


def test_products_of_numbers_are_evaluated_and_nothing_is_run(tmp_path: Path) -> None:
    path = tmp_path / "tools" / "submission" / "submission_checker.py"
    path.parent.mkdir(parents=True)
    path.write_text('MODEL_CONFIG = {"v1": {"a": (2, 76.46 * 0.99), "b": exit()}}\nexit()\n')
    assert official_tables(tmp_path) == {"MODEL_CONFIG": {"v1": {"a": [2, 76.46 * 0.99]}}}


def test_a_folder_without_the_checker_and_a_round_that_it_does_not_know(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no official checker in the checkout"):
        official_tables(tmp_path)
    with pytest.raises(UsageError, match="has no table of"):
        list(differences({"MODEL_CONFIG": {}}, load_policy(NEWEST)))
