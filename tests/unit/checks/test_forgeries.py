"""Consistent forgeries of recorded and published submissions: found, or listed with the reason."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from submission.checks.book import BOOK
from submission.checks.findings import Finding
from submission.checks.model import Severity
from submission.checks.tree import check_tree
from submission.policy import load_policy
from tests.fakes.submission_tree import SubmissionTree
from tests.published.forgeries import FORGERIES as PUBLISHED
from tests.published.pages import forgeries_page
from tests.recorded.forgeries import FORGERIES, Forgery
from tests.recorded.varieties import VARIETIES

pytestmark = pytest.mark.slow

LEAST = 35
BASES = {variety.name: variety for variety in VARIETIES}


def test_there_are_as_many_forgeries_as_were_asked_for() -> None:
    names = [forgery.name for forgery in FORGERIES]
    assert len(names) == len(set(names)) >= LEAST
    for forgery in (*FORGERIES, *PUBLISHED):
        assert bool(forgery.rules) is not bool(forgery.why_not)
        assert set(forgery.rules.split()) <= set(BOOK)


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.name)
def test_a_forgery_is_found_or_the_reason_is_known(forgery: Forgery, tmp_path: Path) -> None:
    variety = BASES[forgery.variety]
    tree = variety.build(tmp_path)
    forgery.forge(tree)
    found = {finding.rule for finding in findings(tmp_path, variety.round)}
    assert found == set(forgery.rules.split())


@pytest.mark.parametrize("forgery", PUBLISHED, ids=lambda forgery: forgery.name)
def test_a_forgery_of_a_published_submission_is_found(
    forgery: Forgery, published_tree: Path, tmp_path: Path
) -> None:
    shutil.copytree(published_tree / forgery.variety, tmp_path / forgery.variety)
    known = findings(tmp_path, "v3.0")
    forgery.forge(SubmissionTree(tmp_path, load_policy("v3.0")))
    found = {finding.rule for finding in findings(tmp_path, "v3.0") - known}
    assert found == set(forgery.rules.split())


def findings(root: Path, version: str) -> set[Finding]:
    """The errors and warnings on a tree."""
    report = check_tree(root, version=version)
    return {finding for finding in report.findings if finding.severity is not Severity.NOTE}


def test_the_page_of_the_forgeries_is_current(matches_golden: Callable[[str, str], None]) -> None:
    matches_golden("../../measurements/forgeries.md", forgeries_page())
