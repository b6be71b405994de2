"""The texts as they go into a tree, word for word; `make golden` rewrites them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from submission.checks.rules.loadgen import explains
from submission.errors import StageError
from submission.terms import LoadgenSettings, Scenario
from submission.tree.texts import (
    CalibrationFacts,
    MeasurementReadme,
    PointerFacts,
    ReadmeFacts,
    calibration_readme,
    code_pointer,
    code_readme,
    measurement_readme,
    published_recipe,
    tree_readme,
)

PUBLISHED = (
    "bert-99.9_jpqd-large",
    "bert-99_jpqd-large",
    "bert-99_jpqd-base",
    "bert-99_jpqd-mobilebert",
)


def calibration(**changes: Any) -> CalibrationFacts:
    facts = {"submitter": "Example", "benchmark": "x", "implementation": "openvino-cpu"}
    return CalibrationFacts(**(facts | changes))


def test_the_code_readme_of_published_models(
    matches_golden: Callable[[str, str], None], readme_facts: ReadmeFacts
) -> None:
    matches_golden("texts/code_readme.md", code_readme(readme_facts))


def test_the_code_readme_of_the_demo(
    matches_golden: Callable[[str, str], None], demo_facts: ReadmeFacts
) -> None:
    matches_golden("texts/code_readme_demo.md", code_readme(demo_facts))


def test_the_tree_readme(
    matches_golden: Callable[[str, str], None], readme_facts: ReadmeFacts
) -> None:
    matches_golden("texts/tree_readme.md", tree_readme(readme_facts))


def test_the_readme_that_points_to_the_kit(
    matches_golden: Callable[[str, str], None], pointer_facts: PointerFacts
) -> None:
    matches_golden("texts/code_pointer.md", code_pointer(pointer_facts))


def test_the_measurements_readme_of_server(
    matches_golden: Callable[[str, str], None], measurement_facts: MeasurementReadme
) -> None:
    matches_golden("texts/measurement_server.md", measurement_readme(measurement_facts))


def test_the_calibration_account_of_a_published_model(
    matches_golden: Callable[[str, str], None],
) -> None:
    recipe = published_recipe("bert-99_jpqd-mobilebert")
    text = calibration_readme(calibration(benchmark="bert-99_jpqd-mobilebert", recipe=recipe))
    matches_golden("texts/calibration_mobilebert.md", text)


def test_the_calibration_account_of_a_model_of_our_own(
    matches_golden: Callable[[str, str], None],
) -> None:
    facts = calibration(benchmark="minilm-squad", text="\nQuantized with *300* samples.\n\n")
    matches_golden("texts/calibration_text.md", calibration_readme(facts))


def test_the_published_table_of_2023_comes_out_to_its_last_digit(readme_facts: ReadmeFacts) -> None:
    text = code_readme(readme_facts).replace("|", " ")
    table = [" ".join(line.split()) for line in text.splitlines() if line.startswith("  bert")]
    assert table == [
        "bert-99_reference 90.231 0.993 83.500 dense 100.00 99.93 1.0x 186.09 1.0x",
        "bert-99.9_jpqd-large 90.945 1.001 84.295 77.7 549.95 549.86 5.5x 768.60 4.1x",
        "bert-99_jpqd-mobilebert 90.293 0.994 83.548 34.5 1662.75 1662.61 16.6x 1678.28 9.0x",
    ]


def table_of(text: str) -> list[str]:
    head = next(line for line in text.splitlines() if line.startswith("| model | F1"))
    rows = text.partition(head)[2].partition("\n\n")[0].splitlines()[2:]
    return [" ".join(line.replace("|", " ").split()) for line in rows]


def test_a_share_of_the_reference_has_its_interval_beside_it(own_facts: ReadmeFacts) -> None:
    dense, half, third = own_facts.rows
    rows = (dense, replace(half, f1_interval=(0.9612, 0.9891)), third)
    text = code_readme(replace(own_facts, rows=rows))
    assert "| F1 [%] | of reference F1 | 95 % interval | exact match [%] |" in text
    assert [row.split(" ")[2:6] for row in table_of(text)] == [
        ["1.000", "reference", "68.000", "dense"],
        ["0.975", "0.961", "to", "0.989"],
        ["0.925", "not", "known", "62.000"],
    ]
    widths = {line.count("|") for line in text.splitlines() if line.startswith("| ")}
    ruler = next(line for line in text.splitlines() if line.startswith("|---"))
    assert ruler.count("|") in widths
    assert "2,000 paired bootstrap resamples of the questions" in text
    assert "95 % interval" not in code_readme(own_facts)


def test_models_of_ones_own_are_compared_with_their_dense_baseline(
    own_facts: ReadmeFacts,
) -> None:
    text = code_readme(own_facts)
    assert "| F1 [%] | of reference F1 |" in text
    assert table_of(text) == [
        "dense 80.000 1.000 68.000 dense 15.10 15.00 1.0x 100.00 1.0x",
        "half 78.000 0.975 66.000 50.4 30.30 30.00 2.0x 175.00 1.8x",
        "third 74.000 0.925 62.000 70.6 46.00 45.00 3.0x 240.00 2.4x",
    ]
    assert '"vs reference" compares with dense, measured on the same machine' in text
    assert "the F1 that dense reached on the same data" in text
    assert "90.874" not in text


def test_pruned_models_of_ones_own_are_not_called_published(own_facts: ReadmeFacts) -> None:
    text = code_readme(own_facts)
    assert "**No published JPQD model is in this tree.** `calibration/` says how" in text
    assert "by this kit" not in text
    assert "of the kit" not in text.partition("## What JPQD is")[0]
    assert "- dense (rules of bert-99, dense reference)" in text
    assert "- half (rules of bert-99, pruned, not a published JPQD model)" in text


@pytest.mark.parametrize("write", [code_readme, tree_readme])
def test_a_reference_that_was_not_measured_gives_no_figure(
    own_facts: ReadmeFacts, write: Any
) -> None:
    text = write(replace(own_facts, rows=own_facts.rows[1:2]))
    assert table_of(text) == [
        "half 78.000 no reference 66.000 50.4 30.30 30.00 no reference 175.00 no reference"
    ]
    assert "The dense reference dense was not measured on this machine" in text
    assert "of the F1 that" not in text


def test_other_data_may_be_compared_with_the_reference_and_not_with_what_was_published(
    own_facts: ReadmeFacts,
) -> None:
    text = code_readme(replace(own_facts, dataset="squad-mini"))
    assert table_of(text)[1].startswith("half 78.000 0.975")
    assert "F1 here cannot be compared with published results" in text


def test_the_readme_gives_the_reason_for_its_loadgen(own_facts: ReadmeFacts) -> None:
    text = tree_readme(replace(own_facts, versions={"loadgen": "5.0.15"}))
    assert explains(text, "5.0.15")
    assert not explains(text, "4.1")
    other = tree_readme(replace(own_facts, versions={"loadgen": "4.1"}))
    assert not explains(other, "4.1")


@pytest.mark.parametrize(
    "text",
    [
        "- LoadGen 5.0.15.",
        "LoadGen 5.0.15 was used.\n\nThe sky is blue because of scattering.",
        "LoadGen 5.0.150 was used because of its order.",
        "",
    ],
)
def test_a_version_without_a_reason_is_not_explained(text: str) -> None:
    assert not explains(text, "5.0.15")


def test_a_demo_says_plainly_that_it_may_not_be_submitted(demo_facts: ReadmeFacts) -> None:
    for text in (code_readme(demo_facts), tree_readme(demo_facts)):
        assert "**Not for submission.**" in text
        assert "**This is not the SQuAD v1.1 dev set**" in text
        assert "no improvement over it is claimed" in text
        assert "| 72.812 | other data set |" in text
    assert "**No published JPQD model is in this tree.**" in code_readme(demo_facts)
    assert "PRF002: ten seconds are enough" in code_readme(demo_facts)


def test_a_full_profile_carries_no_such_words(readme_facts: ReadmeFacts) -> None:
    text = code_readme(readme_facts)
    assert "Not for submission" not in text
    assert "No published JPQD model" not in text
    assert "knowingly" not in text


def test_a_run_on_some_processors_says_on_which(measurement_facts: MeasurementReadme) -> None:
    assert "processors that the run" not in measurement_readme(measurement_facts)
    story = replace(measurement_facts.performance, cpuset="0-3,8")
    text = measurement_readme(replace(measurement_facts, performance=story))
    assert text.count("| processors that the run might use | 0-3,8 |") == 1


def test_a_demo_measurement_says_so_too(measurement_facts: MeasurementReadme) -> None:
    facts = replace(measurement_facts, submittable=False, published_jpqd=False)
    text = measurement_readme(facts)
    assert "**Not for submission.**" in text
    assert "not one of the published JPQD models" in text


def test_offline_shows_the_samples_of_its_one_query(
    measurement_facts: MeasurementReadme, server_settings: LoadgenSettings
) -> None:
    settings = replace(
        server_settings,
        samples_per_query=24576,
        target_latency_ns=None,
        target_latency_percentile=None,
    )
    story = replace(measurement_facts.performance, settings=settings)
    facts = replace(measurement_facts, scenario=Scenario.OFFLINE, performance=story, accuracy=story)
    text = measurement_readme(facts)
    assert "| minimum samples in the query | 24576 |" in text
    assert "latency bound" not in text
    assert "270336" not in text


def test_a_scenario_that_was_not_run_is_called_so_and_not_left_empty(
    readme_facts: ReadmeFacts,
) -> None:
    row = replace(readme_facts.rows[1], server=None)
    text = code_readme(replace(readme_facts, rows=(row,)))
    line = next(line for line in text.splitlines() if line.startswith("| bert"))
    assert line == (
        "| bert-99.9_jpqd-large | 90.945 | 1.001 | 84.295 | 77.7 | not run | not run | "
        "no reference | 768.60 | no reference |"
    )


def test_runs_without_a_container_are_reported(
    readme_facts: ReadmeFacts, measurement_facts: MeasurementReadme
) -> None:
    texts = (
        code_readme(replace(readme_facts, image_id="host:0123")),
        measurement_readme(replace(measurement_facts, image_id="host:0123")),
    )
    for text in texts:
        assert "without a container" in text
        assert "made in the image" not in text


def test_a_readme_without_results_is_refused(readme_facts: ReadmeFacts) -> None:
    for write in (code_readme, tree_readme):
        with pytest.raises(StageError, match="without results"):
            write(replace(readme_facts, rows=()))


@pytest.mark.parametrize("field", ["image_id", "machine", "submitter", "versions"])
def test_a_missing_value_is_an_error_and_never_a_gap(readme_facts: ReadmeFacts, field: str) -> None:
    with pytest.raises(StageError, match="could not be written"):
        code_readme(replace(readme_facts, **{field: None}))


@pytest.mark.parametrize("f1", [float("nan"), float("inf"), None])
def test_a_figure_that_is_no_number_is_an_error(
    readme_facts: ReadmeFacts, f1: float | None
) -> None:
    with pytest.raises(StageError, match="code_readme could not be written"):
        code_readme(replace(readme_facts, rows=(replace(readme_facts.rows[0], f1=f1),)))


def test_an_empty_command_or_text_is_an_error(
    readme_facts: ReadmeFacts, measurement_facts: MeasurementReadme
) -> None:
    with pytest.raises(StageError):
        code_readme(replace(readme_facts, accuracy=(replace(readme_facts.accuracy[0], lines=()),)))
    with pytest.raises(StageError):
        measurement_readme(replace(measurement_facts, machine="  "))


@pytest.mark.parametrize("benchmark", PUBLISHED)
def test_every_published_model_has_an_account_with_its_own_figures(benchmark: str) -> None:
    recipe = published_recipe(benchmark)
    text = calibration_readme(calibration(benchmark=benchmark, recipe=recipe))
    assert f"| {recipe.structured_sparsity_percent:.1f} % |" in text
    assert recipe.regularization_factor in text
    assert recipe.start_url in text


def test_the_published_recipes_are_distinguished() -> None:
    figures = {
        name: (recipe.epochs, recipe.regularization_factor, recipe.range_samples)
        for name in PUBLISHED
        if (recipe := published_recipe(name))
    }
    assert figures == {
        "bert-99.9_jpqd-large": (30, "0.120", 32),
        "bert-99_jpqd-large": (30, "0.160", 32),
        "bert-99_jpqd-base": (15, "0.015", 32),
        "bert-99_jpqd-mobilebert": (16, "0.020", 128),
    }
    assert published_recipe("minilm-squad") is None


@pytest.mark.parametrize("with_both", [True, False])
def test_weights_have_one_account_not_two_and_not_none(with_both: bool) -> None:
    recipe = published_recipe(PUBLISHED[0]) if with_both else None
    text = "made by us" if with_both else "  "
    with pytest.raises(StageError, match="Nothing says how the weights of x were made"):
        calibration_readme(calibration(recipe=recipe, text=text))


def test_no_text_has_a_placeholder_a_trailing_blank_or_a_double_gap(
    readme_facts: ReadmeFacts,
    demo_facts: ReadmeFacts,
    pointer_facts: PointerFacts,
    measurement_facts: MeasurementReadme,
) -> None:
    texts = [
        code_readme(readme_facts),
        code_readme(demo_facts),
        tree_readme(demo_facts),
        code_pointer(pointer_facts),
        measurement_readme(measurement_facts),
    ]
    for text in texts:
        assert not [word for word in ("TBD", "TODO", "None", "Undefined", "{{") if word in text]
        assert not [line for line in text.splitlines() if line != line.rstrip()]
        assert "\n\n\n" not in text
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
