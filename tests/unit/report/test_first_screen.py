"""What is read first on the page of a tree and of a comparison, word for word."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from submission.checks import Report, Verdict, Waiver, check_tree
from submission.checks.reports.document import Block, Document, Heading
from submission.checks.reports.markdown import as_markdown
from submission.report.build import compared, report
from submission.report.facts import ReportedTree, Row
from tests.fakes.good_tree import CLOSED, both

pytest.importorskip("matplotlib", reason="matplotlib comes with `make more`")

RUN = {
    "profile": "official",
    "submittable": True,
    "runner": "container",
    "image": {"id": "sha256:1"},
    "started": "2026-11-28T01:00:00+00:00",
    "ended": "2026-11-28T01:10:00+00:00",
    "cpuset": "0",
    "host": {"logical_cpus": 2},
    "harness": {},
}
SYSTEMS = {"node": {"host_processor_model_name": "EPYC", "host_processor_core_count": "2"}}


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Report:
    root = both(tmp_path_factory.mktemp("tree"))
    (root / CLOSED / "accuracy" / "accuracy.txt").write_text("nothing\n")
    return check_tree(root)


def official(found: Report, row: Row) -> ReportedTree:
    """A dense baseline and two pruned models, one of them too inaccurate; a run was disturbed."""
    dense = replace(row, benchmark="mini", label="mini", system="node", offline=100.0, f1=80.0)
    dense = replace(dense, fp32_f1=None, compared_with="mini", sparsity_percent=0.0)
    half = replace(dense, benchmark="mini_50", label="mini_50", f1=79.6, sparsity_percent=50.0)
    fast = replace(half, benchmark="mini_70", label="mini_70", f1=76.0, offline=300.0)
    assert fast.server is not None
    rows = (
        replace(dense, disturbed={"Server": 0.149}),
        replace(half, offline=150.0),
        replace(fast, server=replace(fast.server, scheduled=500.0)),
    )
    return ReportedTree(
        label="Kit",
        title="open/Kit",
        path=Path(),
        report=found,
        rows=rows,
        systems=SYSTEMS,
        runs={"node/mini": RUN},
        measured="2026-11-28",
    )


def until(document: Document, heading: str) -> Iterator[Block]:
    for block in document:
        if isinstance(block, Heading) and block.text == heading:
            return
        yield block


def good(found: Report) -> Report:
    results = tuple(replace(r, verdict=Verdict.VALID, reasons=()) for r in found.results)
    kept = tuple(finding for finding in found.findings if not finding.rejects)
    return replace(found, results=results, findings=kept)


def waived(found: Report) -> Report:
    lifted = tuple(
        replace(f, waiver=Waiver(rule=f.rule, path="*", reason="a demo")) if f.rejects else f
        for f in found.findings
    )
    return replace(good(found), findings=lifted)


@pytest.mark.parametrize("state", ["good", "broken", "waived"])
def test_the_first_screen_of_a_tree(
    state: str, broken: Report, row: Row, matches_golden: Callable[[str, str], None]
) -> None:
    found = {"good": good, "broken": lambda each: each, "waived": waived}[state](broken)
    tree = official(found, row)
    if state == "waived":
        demo = {**RUN, "profile": "demo", "submittable": False}
        tree = replace(tree, waivers="this kit's profile demo", runs={"node/mini": demo})
    matches_golden(
        f"report/{state}.md", as_markdown(tuple(until(report((tree,), None), "Results")))
    )


def test_the_first_screen_of_a_comparison(
    broken: Report, row: Row, matches_golden: Callable[[str, str], None]
) -> None:
    a, b = official(waived(broken), row), official(broken, row)
    a = replace(a, label="A", title="A = open/Kit (new)", waivers="this kit's profile demo")
    b = replace(b, label="B", title="B = open/Kit (old)")
    matches_golden("report/compare.md", as_markdown(tuple(until(compared(a, b), "More"))))
