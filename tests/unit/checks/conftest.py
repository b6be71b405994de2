"""Published submissions, unpacked once, where they lie beside the checkout."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from submission.checks.results import Report
from submission.checks.tree import check_tree
from submission.tree.archive import unpack
from tests.published.counting import Tally, counting


@pytest.fixture(scope="session")
def published() -> Path:
    """The folder of the published archives and of the official checker's answers."""
    folder = Path(__file__).parents[3].parent / "shared" / "published"
    if not (folder / "official_v3.0.csv").is_file():
        pytest.skip("no folder shared/published beside the checkout: nothing is compared with it")
    return folder


@pytest.fixture(scope="session")
def published_tree(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The fifteen published submissions in one tree; 200 MB, so removed when the tests are over."""
    root = tmp_path_factory.mktemp("published")
    for archive in sorted(published.glob("v3.0_*.tar.xz")):
        unpack(archive, root)
    yield root
    shutil.rmtree(root)


@pytest.fixture(scope="session")
def published_check(published_tree: Path) -> tuple[Report, Tally]:
    """The report on them, and what was tried meanwhile."""
    with counting() as tally:
        return check_tree(published_tree, jobs=1), tally


@pytest.fixture(scope="session")
def published_report(published_check: tuple[Report, Tally]) -> Report:
    return published_check[0]
