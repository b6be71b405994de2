"""The fastest valid results of two trees, whatever their folders are called."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from submission.checks import Report, Verdict, check_tree
from submission.checks.reports.document import Block, Heading, Table, Text
from submission.report.best import best_against_best
from submission.report.compare import comparison
from submission.report.facts import ReportedTree, Row
from tests.fakes.good_tree import both

BIG = {"host_processor_model_name": "Xeon", "host_processors_per_node": "2"} | {
    "host_processor_core_count": "56",
    "host_memory_capacity": "1 TB",
}
SMALL = {**BIG, "host_processors_per_node": "1"}


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return check_tree(both(tmp_path_factory.mktemp("tree")))


def tree(report: Report, label: str, system: Mapping[str, str], **values: float) -> ReportedTree:
    """A tree with an Offline result of bert-99 for each of the models in ``values``."""
    one = next(r for r in report.results if r.mlperf_model == "bert-99")
    results = tuple(replace(one, benchmark=name, value=value) for name, value in values.items())
    found = replace(report, results=results, findings=())
    systems = {one.system: dict(system)}
    return ReportedTree(
        label=label, title=label, path=Path(), report=found, rows=(), systems=systems
    )


def words(blocks: list[Block]) -> list[str]:
    return [block.text for block in blocks if isinstance(block, Text)]


def test_the_fastest_of_each_tree_are_compared_with_their_systems(checked: Report) -> None:
    a = tree(checked, "A", BIG, slow=10.0, fast=150.0)
    b = tree(checked, "B", SMALL, other=100.0)
    blocks = best_against_best(a, b)
    (sentence,) = words(blocks)
    assert sentence == (
        "bert-99: Offline: A is 1.50 times as fast as B; "
        "A has 150.0 samples/s at accuracy 90.20 by fast on node (2 x Xeon (56 cores)), "
        "B has 100.0 samples/s at accuracy 90.20 by other on node (1 x Xeon (56 cores))."
    )
    (differ,) = [block for block in blocks if isinstance(block, Table)]
    assert differ.rows == (("sockets x cores", "2 x 56", "1 x 56"),)
    assert "A is 1.50 times as fast as B" in words(best_against_best(b, a))[0]
    assert "both are equally fast" in words(best_against_best(a, a))[0]


def test_an_invalid_result_is_no_best(checked: Report) -> None:
    a, b = tree(checked, "A", BIG, one=150.0), tree(checked, "B", BIG, other=100.0)
    (result,) = a.report.results
    wrong = replace(result, verdict=Verdict.INVALID)
    a = replace(a, report=replace(a.report, results=(wrong,)))
    (sentence,) = words(best_against_best(a, b))
    assert sentence == (
        "bert-99: Offline: only B has a valid result, "
        "100.0 samples/s at accuracy 90.20 by other on node (2 x Xeon (56 cores))."
    )
    assert words(best_against_best(a, a)) == ["bert-99: no valid result in either tree."]


def test_a_machine_is_described_once(checked: Report) -> None:
    trees = [tree(checked, label, BIG, one=value) for label, value in (("A", 1.0), ("B", 1.05))]
    for n, each in enumerate(trees):
        (offline,) = each.report.results
        server = replace(offline, scenario="Server", unit="Queries/s")
        trees[n] = replace(each, report=replace(each.report, results=(offline, server)))
    sentence, _ = words(best_against_best(trees[0], trees[1]))
    assert sentence.count("2 x Xeon") == 2
    assert "Server: B is 1.050 times as fast as A; A has 1.000 queries/s" in sentence


def test_a_benchmark_of_one_tree_alone_is_named(checked: Report) -> None:
    a, b = tree(checked, "A", BIG, one=150.0), tree(checked, "B", BIG, other=100.0)
    more = replace(b.report.results[0], mlperf_model="retinanet", accuracy="no number")
    b = replace(b, report=replace(b.report, results=(*b.report.results, more)))
    assert "Only B has retinanet." in words(best_against_best(a, b))


def test_the_best_stand_before_the_table_whose_rows_name_systems(row: Row, checked: Report) -> None:
    a = replace(tree(checked, "A", BIG, one=150.0), rows=(row,))
    b = replace(tree(checked, "B", BIG, one=100.0), rows=(replace(row, system="other"),))
    blocks = comparison(a, b)
    heads = [block.text for block in blocks if isinstance(block, Heading)]
    assert heads == ["Best against best", "Side by side, by the names of the folders"]
    table = next(block for block in blocks if isinstance(block, Table))
    assert {line[0] for line in table.rows} == {"model on box (A), other (B)"}
