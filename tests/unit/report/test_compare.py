"""Two trees compared: which is better and by how much, what that is based on, what differs."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from submission.checks import Report, Verdict, check_tree
from submission.checks.findings import Finding
from submission.checks.model import Breach, Waiver
from submission.checks.reports.document import (
    Block,
    Facts,
    Fold,
    Heading,
    Remedies,
    Remedy,
    Table,
    Text,
)
from submission.checks.reports.html_page import as_page
from submission.checks.reports.markdown import as_markdown
from submission.checks.results import OfficialVerdict
from submission.report.build import compared
from submission.report.compare import comparison
from submission.report.facts import ReportedTree, Row
from submission.report.gather import _disturbed
from submission.report.judgement import TreeJudgement, taken
from submission.report.unmatched import Better
from submission.squad.question_scores import QuestionScores
from submission.terms import Scenario
from tests.fakes.good_tree import both

BIG = {"host_processor_model_name": "Xeon", "host_processors_per_node": "2"} | {
    "host_processor_core_count": "56",
    "host_memory_capacity": "1 TB",
}
SIDES = (Better.A, Better.B)
SMALL = {**BIG, "host_processors_per_node": "1"}


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return check_tree(both(tmp_path_factory.mktemp("tree")))


def tree(
    report: Report, label: str, system: Mapping[str, str] = BIG, **values: float
) -> ReportedTree:
    """A tree with an Offline result of bert-99 for each of the models in ``values``."""
    one = next(r for r in report.results if r.mlperf_model == "bert-99")
    results = tuple(replace(one, benchmark=name, value=value) for name, value in values.items())
    found = replace(report, results=results, findings=())
    systems = {one.system: dict(system)}
    return ReportedTree(
        label=label, title=label, path=Path(), report=found, rows=(), systems=systems
    )


def changed(of: ReportedTree, **changes: Any) -> ReportedTree:
    """The tree with every result changed."""
    results = tuple(replace(result, **changes) for result in of.report.results)
    return replace(of, report=replace(of.report, results=results))


def served(of: ReportedTree, value: float) -> ReportedTree:
    """The tree with a Server result beside each other one."""
    more = tuple(
        replace(r, scenario="Server", unit="Queries/s", value=value) for r in of.report.results
    )
    return replace(of, report=replace(of.report, results=(*of.report.results, *more)))


def words(blocks: list[Block]) -> list[str]:
    """The paragraphs among the blocks."""
    return [block.text for block in blocks if isinstance(block, Text)]


def verdict(a: ReportedTree, b: ReportedTree) -> str:
    """The first sentence, and its figures that stand behind the first facts."""
    top, _ = comparison(a, b)
    at = next(n for n, block in enumerate(top) if isinstance(block, Facts))
    return " ".join(
        b.text for b in (top[0], top[at + 1]) if isinstance(b, Text) and b.tone != "note"
    )


def standing(a: ReportedTree, b: ReportedTree) -> dict[str, str]:
    """The facts that are read first."""
    return dict(next(block for block in comparison(a, b)[0] if isinstance(block, Facts)).pairs)


def table(a: ReportedTree, b: ReportedTree) -> list[dict[str, str]]:
    """The rows of the table of results, by column."""
    found = next(block for block in comparison(a, b)[0] if isinstance(block, Table))
    assert found.caption == "Results side by side"
    return [dict(zip(found.head, row, strict=True)) for row in found.rows]


def test_the_verdict_on_the_fastest_comes_first_with_ratios(checked: Report) -> None:
    a = tree(checked, "A", slow=10.0, fast=150.0)
    b = tree(checked, "B", other=100.0)
    assert verdict(a, b) == (
        "bert-99: B is worse than A, slower and as accurate. "
        "Offline 0.67x (150.0 to 100.0 samples/s), F1 1.000x (90.20 to 90.20)."
    )
    assert verdict(b, a).startswith("bert-99: B is better than A, faster and as accurate. ")
    tones = [comparison(*pair)[0][0].tone for pair in ((a, b), (b, a), (a, a))]  # type: ignore[union-attr]
    assert tones == ["lead bad", "lead good", "lead"]


@pytest.mark.parametrize(
    ("rate", "accuracy", "headline"),
    [
        (101.0, "90.2", "B is as fast and as accurate as A"),
        (101.0, "91.2", "B is better than A, as fast and more accurate"),
        (103.0, "91.2", "B is better than A, faster and more accurate"),
        (103.0, "89.2", "B is faster than A, but less accurate"),
        (97.0, "89.2", "B is worse than A, slower and less accurate"),
        (97.0, "no number", "B is worse than A, slower"),
        (100.0, "no number", "B is as fast as A"),
    ],
)
def test_better_is_what_is_ahead_and_nowhere_behind(
    checked: Report, rate: float, accuracy: str, headline: str
) -> None:
    a = tree(checked, "A", one=100.0)
    b = changed(tree(checked, "B", one=rate), accuracy=accuracy)
    assert verdict(a, b).startswith(f"bert-99: {headline}. ")


def test_a_tree_that_is_ahead_in_one_scenario_only_is_not_called_better(checked: Report) -> None:
    a = served(tree(checked, "A", one=100.0), 50.0)
    b = served(tree(checked, "B", one=200.0), 40.0)
    assert verdict(a, b) == (
        "bert-99: neither tree is better in all figures. Offline 2.00x (100.0 to 200.0 samples/s), "
        "Server 0.80x (50.00 to 40.00 queries/s), F1 1.000x (90.20 to 90.20)."
    )
    assert [row["better"] for row in table(a, b)] == ["B", "A", "same"]


def test_of_latencies_the_shorter_is_better(checked: Report) -> None:
    a, b = (
        changed(tree(checked, name, one=value), scenario="SingleStream", unit="Latency (ms)")
        for name, value in (("A", 10.0), ("B", 5.0))
    )
    (line, _) = table(a, b)
    assert (line["figure"], line["B / A"], line["better"]) == ("SingleStream [ms]", "0.50x", "B")
    assert "SingleStream latency 0.50x (10.00 to 5.000 ms)" in verdict(a, b)


def test_an_invalid_result_is_never_the_fastest_and_never_better(checked: Report) -> None:
    a, b = tree(checked, "A", one=100.0), tree(checked, "B", one=900.0)
    wrong = changed(b, verdict=Verdict.INVALID)
    assert verdict(a, wrong) == "bert-99: only A has valid results in Offline."
    assert verdict(wrong, wrong) == "bert-99: neither has a valid result in Offline."
    line = table(a, wrong)[0]
    assert (line["B / A"], line["better"]) == ("9.00x", "not judged: B invalid")
    assert table(wrong, wrong)[0]["better"] == "not judged: A and B invalid"


RULES = ("ACC016", "PRF008")
BY = "this kit's profile demo"


def accepted(of: ReportedTree) -> ReportedTree:
    """The tree with waivers for ``RULES`` in each of its results."""
    breaks = tuple(
        Finding(
            rule=rule,
            breach=Breach(at=f"{result.path}/log", found="10", expected="600"),
            waiver=Waiver(rule=rule, path="*", reason="a demo"),
        )
        for result in of.report.results
        for rule in RULES
    )
    moved = tuple(
        replace(r, path=f"open/X/results/{r.system}/{r.benchmark}/{r.scenario}")
        for r in of.report.results
    )
    return replace(of, waivers=BY, report=replace(of.report, results=moved, findings=breaks))


def test_what_waivers_accept_in_one_tree_alone_is_no_advantage(checked: Report) -> None:
    refused = {"official": OfficialVerdict.REFUSED}
    a = accepted(changed(tree(checked, "A", one=100.0), **refused))
    b = changed(tree(checked, "B", one=90.0), verdict=Verdict.INVALID, reasons=RULES, **refused)
    assert verdict(a, b) == (
        "bert-99: in Offline A and B break the same 2 rules (ACC016, PRF008). A counts as valid "
        f"only since waivers ({BY}) accept them there; for B no waiver is known. "
        "The official checker would list neither's results."
    )
    assert comparison(a, b)[0][0].tone == "lead"  # type: ignore[union-attr]
    assert {line["better"] for line in table(a, b)} == {"not judged: B invalid, A with waivers"}
    assert standing(a, b)["A, by the rules"].startswith(
        f"PASSED only with waivers for 2 errors ({BY}), FAILED without them: 1 of 1"
    )
    worse = changed(b, reasons=("ACC016",), official=OfficialVerdict.OK)
    assert verdict(worse, a) == (
        f"bert-99: in Offline B is valid only by waivers ({BY}) of 2 rules (ACC016, PRF008); "
        "A has no valid result (ACC016). The official checker would list A's results alone."
    )


def test_the_errors_of_both_trees_are_in_view(checked: Report) -> None:
    a = tree(checked, "A", one=100.0)
    error = Finding(rule="PRF008", breach=Breach(at="log", found="10", expected="600"))
    b = replace(a, label="B", report=replace(a.report, findings=(error,)))
    top, _ = comparison(a, b)
    (steps,) = (block for block in top if isinstance(block, Remedies))
    assert steps.title == "To mend in B"
    assert [each.first.rule for each in steps.steps if isinstance(each, Remedy)] == ["PRF008"]
    assert top.index(steps) < next(n for n, b in enumerate(top) if isinstance(b, Table))


def test_the_words_of_the_kit_are_no_difference_between_machines(checked: Report) -> None:
    host = {"cpu_model": "Xeon", "logical_cpus": 8, "memory_bytes": 8 << 30}
    run = {"kit": "1", "harness": {}, "image": {}, "host": host}
    words = ("marks of a container: docker", "signs of a container: docker (/.dockerenv)")
    a, b = (
        replace(
            tree(checked, "A", {**BIG, "hw_notes": said, "cooling": f"air{more}"}, one=1.0),
            runs={"m": {**run, "host": {**host, "container": container}}},
        )
        for said, container, more in zip(
            words, ("docker", "docker (/.dockerenv)"), ("", " (as seen)"), strict=True
        )
    )
    top, folded = comparison(a, b)
    said = [block.text for block in top if isinstance(block, Text)]
    assert "node: the same machine and software." in said
    assert not [block for block in folded if isinstance(block, Fold) and "fields" in block.title]
    bigger = {"m": {**run, "host": {**host, "memory_bytes": 16 << 30, "container": "podman"}}}
    top, folded = comparison(a, replace(b, runs=bigger))
    tables = [block for block in top if isinstance(block, Table)]
    assert tables[-1].rows == (("memory", "8.0 GiB", "16.0 GiB"), ("container", "docker", "podman"))
    # another kit's tree has its description alone
    top, folded = comparison(a, replace(b, runs={}))
    said = [block.text for block in top if isinstance(block, Text)]
    assert any(text.startswith("A holds no run metadata") for text in said)
    assert not any(isinstance(block, Table) and block.caption == "Runs" for block in top)
    fold = next(block for block in folded if isinstance(block, Fold) and "field" in block.title)
    assert ("hw_notes", *words) in fold.blocks[0].rows  # type: ignore[union-attr]


@pytest.mark.parametrize("odd", [["x"], {"x": ["y"]}, 0, True, 10**400])
def test_run_metadata_of_any_json_can_be_compared(odd: Any, checked: Report) -> None:
    names = ("cpu_model", "cpu_generation", "sockets", "memory_bytes", "container", "turbo")
    run = {"kit": odd, "profile": odd, "host": dict.fromkeys(names, odd)}
    plain = {"kit": "1", "host": {"cpu_model": "Xeon"}}
    a, b = (
        replace(tree(checked, label, BIG, one=1.0), runs={"m": each})
        for label, each in (("A", run), ("B", plain))
    )
    top, _ = comparison(a, b)
    tables = [block for block in top if isinstance(block, Table)]
    assert any(str(odd) in row[1] for block in tables for row in block.rows)


def test_a_share_of_the_processors_is_all_of_them_at_most() -> None:
    def cell(share: object) -> Any:
        run = {"harness": {"disturbance": {"others_share": share}}}
        policy = SimpleNamespace(notable_load_share=0.1)
        return SimpleNamespace(metadata=lambda _: run, tree=SimpleNamespace(policy=policy))

    found = [
        dict(_disturbed({Scenario.OFFLINE: cell(share)})).get("Offline")
        for share in (10**400, float("inf"), float("nan"), "0.5", [1], -1, 0.25)
    ]
    assert found == [1.0, 1.0, None, None, None, None, 0.25]


def test_a_scenario_that_only_one_tree_has_is_said_beside_the_verdict(checked: Report) -> None:
    a, b = served(tree(checked, "A", one=100.0), 50.0), tree(checked, "B", one=100.0)
    top, _ = comparison(a, b)
    assert verdict(a, b).startswith("bert-99: B is as fast and as accurate as A. Offline 1.000x")
    assert "bert-99: only A has valid results in Server." in words(top)


def test_models_of_one_name_are_compared_beside_the_fastest(checked: Report) -> None:
    a = tree(checked, "A", slow=10.0, fast=100.0, alone=5.0)
    b = tree(checked, "B", slow=20.0, fast=101.0)
    lines = table(a, b)
    assert [line["model"] for line in lines] == ["fast (fastest bert-99)"] * 2 + ["slow"] * 2
    assert [line["B / A"] for line in lines] == ["1.010x", "1.000x", "2.00x", "1.000x"]
    said = words(comparison(a, b)[0])
    assert "The 2 models of one name in both: Offline 1.010x to 2.00x, F1 1.000x." in said
    assert "Other results of A, not in the table: alone." in said


def test_the_plain_name_of_a_benchmark_is_no_model_of_another_submitter(checked: Report) -> None:
    a = tree(checked, "A", BIG, **{"bert-99": 1.0, "mine": 100.0, "jpqd": 50.0})
    b = changed(
        tree(checked, "B", BIG, **{"bert-99": 7.0, "other": 90.0, "jpqd": 60.0}), submitter="X"
    )
    assert {line["model"] for line in table(a, b)} == {
        "mine (A), other (B) (fastest bert-99)",
        "jpqd",
    }


def test_trees_without_a_common_benchmark_are_not_judged(checked: Report) -> None:
    a = tree(checked, "A", one=1.0)
    b = changed(tree(checked, "B", one=2.0), mlperf_model="retinanet")
    assert verdict(a, b) == "The two trees have no benchmark in common."


def test_figures_over_different_data_sets_have_no_ratio(row: Row, checked: Report) -> None:
    a, b = (tree(checked, name, model=1.0) for name in "AB")
    system = a.report.results[0].system
    own = replace(row, system=system, data="SQuAD")
    a, b = replace(a, rows=(own,)), replace(b, rows=(replace(own, data="mini"),))
    assert {line["better"] for line in table(a, b)} == {"not judged: different data sets"}
    assert "B / A" not in table(a, b)[0]
    assert verdict(a, b).startswith(
        "bert-99: nothing can be compared. Not judged: Offline and F1 (different data sets)."
    )


def test_rates_under_different_bounds_are_not_judged(row: Row, checked: Report) -> None:
    a, b = (served(tree(checked, name, model=1.0), 10.0) for name in "AB")
    own = replace(row, system=a.report.results[0].system)
    assert own.server
    other = replace(own, server=replace(own.server, bound_ms=10_000.0))
    lines = table(replace(a, rows=(own,)), replace(b, rows=(other,)))
    assert [line["better"] for line in lines] == [
        "same",
        "not judged: different latency bounds",
        "same",
    ]


def test_disturbed_runs_are_named_beside_their_ratios(row: Row, checked: Report) -> None:
    a, b = (tree(checked, name, model=1.0) for name in "AB")
    own = replace(row, system=a.report.results[0].system, benchmark="model")
    busy = replace(own, disturbed={"Offline": 0.148, "Server": 0.3})
    said = standing(replace(a, rows=(own,)), replace(b, rows=(busy,)))
    # there is no Server result to compare
    assert "processors during model of B in Offline (15 %): this rate" in said["Disturbed runs"]
    assert said["Do first"].startswith("Measure B again on a quiet machine")
    said = standing(replace(a, rows=(busy,)), replace(b, rows=(busy,)))
    assert "during model of A and B in Offline (15 %): this rate" in said["Disturbed runs"]
    assert "Disturbed runs" not in standing(replace(a, rows=(own,)), replace(b, rows=(own,)))


def test_accuracies_are_the_same_where_their_interval_holds_one(row: Row, checked: Report) -> None:
    right = np.arange(500) % 4 > 0
    worse = right & (np.arange(500) % 50 > 0)
    hardly = right.copy()
    hardly[:8] ^= np.array([1, 0] * 4, np.bool_)
    trees = []
    for name, each in zip("ABC", (right, worse, hardly), strict=True):
        made = changed(tree(checked, name, model=1.0), accuracy=f"{each.mean() * 100}")
        scores = QuestionScores(exact=each, f1=each.astype(np.float64))
        own = replace(row, system=made.report.results[0].system, scores=scores)
        trees.append(replace(made, rows=(replace(own, f1=each.mean() * 100),)))
    a, b, c = trees
    _, line = table(a, b)
    assert line["better"] == "A"
    assert re.fullmatch(r"0\.9[67]\d to 0\.9[89]\d", line["95 % interval"])
    assert table(a, c)[1]["better"] == "same"
    (fold,) = (block for block in comparison(a, b)[1] if isinstance(block, Fold))
    (figures,) = fold.blocks
    assert isinstance(figures, Table)
    assert re.search(r"x \(0\.9[67]\d to 0\.9[89]\d\)$", figures.rows[0][-1])


def test_what_differs_between_machines_and_runs_is_said_once(checked: Report) -> None:
    run = {"kit": "1", "harness": {"versions": {"openvino": "2024.6.0"}}, "image": {"id": "x"}}
    newer = {**run, "harness": {"versions": {"openvino": "2025.4.1"}}}
    a = replace(tree(checked, "A", BIG, one=1.0), runs={"m": run})
    b = replace(tree(checked, "B", SMALL, one=1.0), runs={"m": newer})
    tables = [block for block in comparison(a, b)[0] if isinstance(block, Table)][1:]
    assert [each.rows for each in tables] == [
        (("processors", "2 x Xeon (56 cores)", "1 x Xeon (56 cores)"),),
        (("openvino", "2024.6.0", "2025.4.1"),),
    ]
    said = words(comparison(a, a)[0])
    assert "node: the same machine and software." in said
    assert "The runs were made alike: kit, versions, image and plans are the same." in said


def test_the_rest_is_folded_and_stands_in_the_markdown_too(row: Row, checked: Report) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib comes with `make more`")
    a, b = (tree(checked, name, model=1.0) for name in "AB")
    own = replace(row, system=a.report.results[0].system)
    a, b = (replace(each, rows=(replace(own, tree=each.label),)) for each in (a, b))
    document = compared(a, b)
    folds = [block.title for block in document if isinstance(block, Fold)]
    assert [block.text for block in document if isinstance(block, Heading)][1:] == [
        "What differs between the systems",
        "More",
    ]
    page, text = as_page(document), as_markdown(document)
    assert page.count('<details class="fold">') == len(folds) >= 5
    assert all(f"## {title}\n" in text for title in folds)
    assert "| model | Offline \\[samples/s\\] |" in text


def test_accuracies_of_several_pairs_are_one_range(checked: Report) -> None:
    a = served(tree(checked, "A", one=100.0, other=90.0), 50.0)
    b = served(tree(checked, "B", one=100.0, other=90.0), 50.0)
    # another model is the fastest in Server, and it is more accurate
    results = [
        replace(r, accuracy="91.2", value=60.0)
        if r.benchmark == "other" and r.scenario == "Server"
        else replace(r, accuracy="91.2" if r.benchmark == "other" else r.accuracy)
        for r in b.report.results
    ]
    b = replace(b, report=replace(b.report, results=tuple(results)))
    assert verdict(a, b).endswith(
        "Offline 1.000x (100.0 to 100.0 samples/s), Server 1.20x (50.00 to 60.00 queries/s), "
        "F1 1.000x to 1.011x."
    )


def accurate(of: ReportedTree, row: Row, **f1: float) -> ReportedTree:
    """The tree with rows of these F1 on SQuAD, where 90.874 is the FP32 one."""
    system = of.report.results[0].system
    rows = tuple(replace(row, system=system, benchmark=n, f1=each) for n, each in f1.items())
    return replace(of, rows=rows)


def test_the_fastest_is_one_that_is_accurate_enough_as_on_the_page_of_one_tree(
    row: Row, checked: Report
) -> None:
    a = accurate(tree(checked, "A", half=10.0, most=20.0), row, half=90.5, most=80.0)
    b = accurate(tree(checked, "B", half=5.0, most=30.0), row, half=90.5, most=80.0)
    titles = [(each["model"], each["B / A"]) for each in table(a, b)]
    assert titles[0] == ("half (fastest bert-99)", "0.50x")
    assert ("most", "1.50x") in titles
    neither = [accurate(each, row, half=80.0, most=80.0) for each in (a, b)]
    assert table(*neither)[0]["model"] == "most (fastest bert-99)"


def test_a_model_that_is_invalid_in_one_tree_explains_what_stands_in_for_it(
    checked: Report,
) -> None:
    a = tree(checked, "A", half=10.0, most=20.0)
    (half, most) = a.report.results
    broken = replace(most, verdict=Verdict.INVALID, reasons=("LOG002",))
    b = replace(a, label="B", report=replace(a.report, results=(half, broken)))
    first, headline, *_ = words(comparison(a, b)[0])
    assert first == (
        "most in Offline is invalid in B alone (LOG002); compared with it there is half of B."
    )
    assert headline.startswith("bert-99: B is worse than A, slower")
    assert words(comparison(b, a)[0])[0].startswith("most in Offline is invalid in A alone")
    assert not any("models of one name" in each for each in words(comparison(a, b)[0]))


def test_other_machines_are_named_before_ratios_are_taken_for_a_models(checked: Report) -> None:
    said = standing(tree(checked, "A", BIG, m=2.0), tree(checked, "B", SMALL, m=1.0))
    assert said["Machines"].startswith("A and B ran on different ones (processors differ)")
    assert "Machines" not in standing(tree(checked, "A", m=2.0), tree(checked, "B", m=1.0))


def test_the_better_tree_of_a_figure_is_never_in_the_colour_of_a_fault(checked: Report) -> None:
    a, b = tree(checked, "A", one=100.0), tree(checked, "B", one=90.0)
    blocks, _ = comparison(a, b)
    found = next(block for block in blocks if isinstance(block, Table))
    assert "A" in {row[-1] for row in found.rows}
    assert found.tones["A"] == found.tones["B"] == "good"


def test_a_rejected_tree_is_named_before_its_figures_are_compared(checked: Report) -> None:
    a, b = tree(checked, "A", one=100.0), tree(checked, "B", one=90.0)
    error = Finding(rule="PRF008", breach=Breach(at="run/log:3", found="10", expected="600"))
    broken = replace(b, report=replace(b.report, findings=(error,)))
    assert isinstance(comparison(a, broken)[0][0], Facts)
    assert isinstance(comparison(a, b)[0][0], Text)


def test_what_to_do_first_about_two_trees(checked: Report, row: Row) -> None:
    error = Finding(rule="PRF008", breach=Breach(at="run/log:3", found="10", expected="600"))
    a, b = tree(checked, "A", one=100.0), tree(checked, "B", one=90.0)
    broken = replace(b, report=replace(b.report, findings=(error,)))
    mend = "Set min_duration in user.conf (PRF008, error at 1 place): run/log:3: found 10, expected"
    assert standing(a, broken)["Do first"].startswith(f"Take A, or mend B first. {mend} 600")
    assert standing(broken, broken)["Do first"].startswith(f"B: {mend}")
    assert standing(a, b)["Do first"] == "Take A"
    assert standing(a, a)["Do first"] == "Take either: neither is better"
    less = replace(a, systems={a.report.results[0].system: dict(SMALL)})
    assert standing(less, b)["Do first"].endswith(
        "Take A, but see first how the machines differ, below"
    )
    assert standing(a, changed(b, value=110.0, accuracy="80"))["Do first"] == (
        "Weigh speed against accuracy for bert-99"
    )
    found = [TreeJudgement(headline="", better=each, figures="", left_out="") for each in SIDES]
    assert taken(zip(("bert", "gpt"), found, strict=True)) == "Take A for bert; take B for gpt"
    demo = replace(a, runs={"m": {"submittable": False}})
    assert standing(demo, b)["Do first"].startswith("A: ")
