"""Every file has one place, and no order with a fault becomes a tree."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from submission.errors import StageError
from submission.policy import load_policy
from submission.terms import Scenario
from submission.tree.order import KitFile, ModelPart, Placement, TreeOrder
from submission.tree.plan import tree_plan
from tests.fitting import assert_fits

LIMIT_BYTES = 50 << 20
ROOT = "open/Example"
SYSTEM = "1-node-OpenVINO-INT8"


def targets(order: TreeOrder) -> list[str]:
    return [placement.target for placement in tree_plan(order, max_file_bytes=LIMIT_BYTES)]


def content(order: TreeOrder, target: str) -> bytes:
    found = {p.target: p.source for p in tree_plan(order, max_file_bytes=LIMIT_BYTES)}
    source = found[f"{ROOT}/{target}"]
    assert isinstance(source, bytes)
    return source


def first(order: TreeOrder, **changes: Any) -> TreeOrder:
    """The order with changes in its first benchmark."""
    head, *rest = order.benchmarks
    return replace(order, benchmarks=(replace(head, **changes), *rest))


def test_a_benchmark_and_scenario_has_exactly_the_files_that_the_round_wants(
    order: TreeOrder,
) -> None:
    one = replace(first(order, runs=dict(list(order.benchmarks[0].runs.items())[:1])))
    one = replace(one, benchmarks=one.benchmarks[:1])
    results = f"{ROOT}/results/{SYSTEM}/bert-99_small/Offline"
    measurements = f"{ROOT}/measurements/{SYSTEM}/bert-99_small/Offline"
    code = f"{ROOT}/code/bert-99_small/openvino-cpu"
    assert targets(one) == sorted(
        [
            f"{ROOT}/README.md",
            f"{ROOT}/model_mapping.json",
            f"{ROOT}/systems/{SYSTEM}.json",
            f"{ROOT}/calibration/bert-99_small/openvino-cpu/README.md",
            f"{code}/README.md",
            f"{code}/docker/entrypoint",
            f"{code}/model/openvino_model.bin_p00",
            f"{results}/accuracy/accuracy.txt",
            f"{results}/accuracy/mlperf_log_accuracy.json",
            f"{results}/accuracy/mlperf_log_detail.txt",
            f"{results}/accuracy/mlperf_log_summary.txt",
            f"{results}/performance/run_1/mlperf_log_detail.txt",
            f"{results}/performance/run_1/mlperf_log_summary.txt",
            f"{measurements}/{SYSTEM}_openvino-cpu_Offline.json",
            f"{measurements}/README.md",
            f"{measurements}/user.conf",
            f"{measurements}/mlperf.conf",
            f"{measurements}/run_metadata_performance.json",
            f"{measurements}/run_metadata_accuracy.json",
        ]
    )


def test_each_folder_holds_what_the_rounds_policy_lists(order: TreeOrder) -> None:
    lists = load_policy("v3.0").files
    names: dict[str, set[str]] = {}
    for target in targets(order):
        folder, _, name = target.rpartition("/")
        names.setdefault(folder, set()).add(name)
    cell = f"{SYSTEM}/bert-99_small/Server"
    assert names[f"{ROOT}/results/{cell}/accuracy"] == set(lists.accuracy)
    assert names[f"{ROOT}/results/{cell}/performance/run_1"] == set(lists.performance)
    assert set(lists.measurements) <= names[f"{ROOT}/measurements/{cell}"]


def test_the_kits_sources_are_carried_once_and_every_model_in_its_own_folder(
    order: TreeOrder,
) -> None:
    placed = targets(order)
    assert [t for t in placed if t.endswith("docker/entrypoint")] == [
        f"{ROOT}/code/bert-99_small/openvino-cpu/docker/entrypoint"
    ]
    assert len([t for t in placed if t.endswith("model/openvino_model.bin_p00")]) == 2


def test_the_mapping_names_the_rules_of_every_benchmark(order: TreeOrder) -> None:
    assert json.loads(content(order, "model_mapping.json")) == {
        "bert-99_small": "bert-99",
        "bert-99_other": "bert-99",
    }


def test_the_measurement_json_has_the_five_fields_in_the_usual_order(order: TreeOrder) -> None:
    name = f"measurements/{SYSTEM}/bert-99_small/Server/{SYSTEM}_openvino-cpu_Server.json"
    assert list(json.loads(content(order, name))) == [
        "input_data_types",
        "retraining",
        "starting_weights_filename",
        "weight_data_types",
        "weight_transformations",
    ]


def test_what_the_layout_writes_itself_fits_its_schemas(order: TreeOrder) -> None:
    name = f"measurements/{SYSTEM}/bert-99_small/Server/{SYSTEM}_openvino-cpu_Server.json"
    assert_fits(json.loads(content(order, name)), "measurement")
    mapping = json.loads(content(order, "model_mapping.json"))
    assert_fits(mapping, "model_mapping")


def test_logs_of_the_two_runs_are_not_mixed_up(order: TreeOrder) -> None:
    folder = f"results/{SYSTEM}/bert-99_small/Server"
    assert content(order, f"{folder}/performance/run_1/mlperf_log_detail.txt") == b"detail\n"
    assert content(order, f"{folder}/accuracy/mlperf_log_detail.txt") == b"detail a\n"


def test_the_conf_laid_out_is_that_of_the_performance_run(order: TreeOrder) -> None:
    folder = f"measurements/{SYSTEM}/bert-99_small/Server"
    assert content(order, f"{folder}/user.conf") == b"bert.*.x = 1\n"
    assert b"accuracy" in content(order, f"{folder}/run_metadata_accuracy.json")


def test_latencies_of_single_samples_lie_beside_the_settings_of_their_run(order: TreeOrder) -> None:
    scenario, runs = next(iter(order.benchmarks[0].runs.items()))
    reported = replace(runs, performance=replace(runs.performance, latencies=b"npz"))
    order = first(order, runs={**order.benchmarks[0].runs, scenario: reported})
    folder = f"measurements/{SYSTEM}/bert-99_small/{scenario}"
    assert content(order, f"{folder}/latencies_performance.npz") == b"npz"
    assert [t.rpartition("/")[2] for t in targets(order)].count("latencies_performance.npz") == 1


def test_scores_of_single_questions_lie_beside_the_settings_of_their_run(order: TreeOrder) -> None:
    scenario, runs = next(iter(order.benchmarks[0].runs.items()))
    scored = replace(runs, accuracy=replace(runs.accuracy, question_scores=b"npz"))
    order = first(order, runs={**order.benchmarks[0].runs, scenario: scored})
    folder = f"measurements/{SYSTEM}/bert-99_small/{scenario}"
    assert content(order, f"{folder}/scores_accuracy.npz") == b"npz"


def test_the_calibration_account_lies_where_the_order_says(order: TreeOrder) -> None:
    assert order.names.calibration_readme("bert-99_small") in targets(order)


def test_the_plan_is_sorted_whatever_the_order_of_the_benchmarks(order: TreeOrder) -> None:
    turned = replace(order, benchmarks=order.benchmarks[::-1], kit=())
    assert targets(turned) == sorted(targets(turned)) == targets(replace(order, kit=()))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("/etc/passwd", "has an empty name"),
        ("a//b", "has an empty name"),
        ("../other", "starts with a dot"),
        (".gitkeep", "starts with a dot"),
        ("docker/.hadolint.yaml", "starts with a dot"),
        ("a b.txt", "with a blank"),
        ("a\tb", "with a blank"),
        ("line\nbreak", "with a blank"),
        ("submission/__pycache__/x.pyc", "lies in __pycache__"),
        ("ümlaut", "not plain ASCII"),
        ("back\\slash", "not plain ASCII"),
        ("a" * 256, "longer than 255"),
        ("README.md", "is placed twice"),
        ("readme.MD", "differs from"),
        ("Model/manifest.json", "only in case"),
        ("model", "is a file and a folder"),
    ],
)
def test_a_name_that_breaks_the_rules_is_refused(
    order: TreeOrder, script: Path, name: str, why: str
) -> None:
    with pytest.raises(StageError) as stop:
        targets(replace(order, kit=(KitFile(name=name, source=script),)))
    assert why in stop.value.detail
    assert "\n" not in stop.value.detail


@pytest.mark.parametrize("submitter", ["", ".", "..", "My Company", "a/../b", "/abs"])
def test_a_submitter_that_is_no_folder_name_is_refused(order: TreeOrder, submitter: str) -> None:
    with pytest.raises(StageError, match="names that the rules forbid"):
        targets(replace(order, names=replace(order.names, submitter=submitter)))


def test_a_benchmark_named_twice_is_refused(order: TreeOrder) -> None:
    with pytest.raises(StageError) as stop:
        targets(replace(order, benchmarks=(order.benchmarks[0],) * 2))
    assert "is placed twice" in stop.value.detail


def test_an_absolute_target_is_refused_by_its_name() -> None:
    from submission.tree.names import broken_name

    assert broken_name("/open/x") == "is absolute"
    assert broken_name("/".join(["folder"] * 200)) == "is longer than 1024 characters"
    assert broken_name("open/Example/systems/a-1_b.2+c.json") is None


@pytest.mark.parametrize(("extra", "fine"), [(0, True), (1, False)])
def test_a_file_may_have_the_rounds_size_and_not_a_byte_more(
    order: TreeOrder, part: Path, extra: int, fine: bool
) -> None:
    sizes: dict[Path | bytes, int] = {part: LIMIT_BYTES + extra}

    def plan() -> list[Placement]:
        return tree_plan(
            order, max_file_bytes=LIMIT_BYTES, size_of=lambda source: sizes.get(source, 1)
        )

    if fine:
        assert plan()
        return
    with pytest.raises(StageError, match="larger than 52428800 bytes") as stop:
        plan()
    assert "model/openvino_model.bin_p00 (52428801 bytes)" in stop.value.detail


def test_a_missing_source_is_named(order: TreeOrder, tmp_path: Path) -> None:
    gone = ModelPart(name="openvino_model.xml", source=tmp_path / "gone.xml")
    with pytest.raises(StageError, match="are missing") as stop:
        targets(first(order, model_files=(gone,)))
    assert str(tmp_path / "gone.xml") in stop.value.detail


def test_a_folder_in_place_of_a_source_is_missing_too(order: TreeOrder, tmp_path: Path) -> None:
    folder = ModelPart(name="openvino_model.xml", source=tmp_path)
    with pytest.raises(StageError, match="are missing"):
        targets(first(order, model_files=(folder,)))


@pytest.mark.parametrize("name", ["accuracy_txt", "accuracy_json"])
def test_an_accuracy_run_that_was_not_scored_is_refused(order: TreeOrder, name: str) -> None:
    runs = order.benchmarks[0].runs[Scenario.OFFLINE]
    unscored = replace(runs, accuracy=replace(runs.accuracy, **{name: None}))
    with pytest.raises(StageError, match=r"has no (accuracy\.txt|mlperf_log_accuracy\.json)"):
        targets(first(order, runs={Scenario.OFFLINE: unscored}))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"runs": {}}, "the list of runs"),
        ({"mlperf_model": " "}, "the MLPerf model"),
        ({"code_readme": "\n"}, "the code README"),
        ({"calibration_text": ""}, "the calibration text"),
    ],
)
def test_what_the_rules_want_of_a_benchmark_may_not_be_empty(
    order: TreeOrder, change: dict[str, dict[str, Any]] | dict[str, str], what: str
) -> None:
    with pytest.raises(StageError) as stop:
        targets(first(order, **change))
    assert stop.value.detail == f"bert-99_small: {what}"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"benchmarks": ()}, "the list of benchmarks"),
        ({"system_json": {}}, "the system description"),
        ({"readme": " "}, "the tree's README"),
    ],
)
def test_what_the_rules_want_of_a_tree_may_not_be_empty(
    order: TreeOrder,
    change: dict[str, dict[str, Any]] | dict[str, str] | dict[str, tuple[()]],
    what: str,
) -> None:
    with pytest.raises(StageError) as stop:
        targets(replace(order, **change))
    assert what in stop.value.detail


def test_an_empty_measurement_field_is_named(order: TreeOrder) -> None:
    fields = replace(order.benchmarks[0].fields, weight_transformations=" ")
    with pytest.raises(StageError) as stop:
        targets(first(order, fields=fields))
    assert stop.value.detail == "bert-99_small: weight_transformations"


def test_an_empty_measurements_readme_is_named(order: TreeOrder) -> None:
    runs = replace(order.benchmarks[0].runs[Scenario.SERVER], readme="\n")
    with pytest.raises(StageError) as stop:
        targets(first(order, runs={Scenario.SERVER: runs}))
    assert stop.value.detail == "bert-99_small/Server: the README"


def test_a_placement_of_bytes_needs_no_disk(order: TreeOrder) -> None:
    contents = [
        placement
        for placement in tree_plan(order, max_file_bytes=LIMIT_BYTES)
        if isinstance(placement.source, bytes)
    ]
    assert Placement(target=f"{ROOT}/README.md", source=b"# Example\n") in contents
