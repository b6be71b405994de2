"""The bad examples of v3.0 in other rounds: the same rules find them by the other table."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from submission.checks.findings import Finding
from submission.checks.tree import check_tree
from submission.policy import load_policy
from tests.fakes.submission_tree import build
from tests.tree.edits import Break
from tests.tree.table import BREAKS

# what another round finds instead of the rules that v3.0 breaks; None: the edit is v3.0's own
SINCE_V3_1: dict[str, set[str] | None] = {
    "a link to a folder": set(),  # links are no longer refused
    "a link for a folder of measurements": {"MEA001"},
    "a seed of another round": None,
    "LoadGen with another source": None,
    "LoadGen without a source": None,
    "LoadGen with one more source": None,
    "a schedule that was stretched": set(),  # the digests of its schedules are not known
    "another LoadGen in the accuracy run": {"LOG014"},
}
ELSEWHERE: dict[str, dict[str, set[str] | None]] = {
    "v2.1": {},
    "v3.1": SINCE_V3_1,
    "v4.1": {
        **SINCE_V3_1,
        "code without results": set(),
        "24,575 samples": {"CNF003"},  # by benchmark: 10,833 are enough for bert
        # the power log's samples are no longer read one by one
        "a line that is no sample": set(),
        "no power at all": {"PWR005"},
        "one negative sample": set(),
        "a ranging run without samples": set(),
    },
}


def applies(case: Break, version: str) -> bool:
    """Whether the kind of tree that the example edits is the same one in the round."""
    policy = load_policy(version)
    if case.version != "v3.0" or (case.kind == "network" and "network" not in policy.divisions):
        return False
    return case.kind != "open" or policy.official.reads_model_mapping


CASES = [
    (version, case)
    for version, others in ELSEWHERE.items()
    for case in BREAKS
    if applies(case, version) and others.get(case.name, case.ids) is not None
]


@pytest.fixture(scope="module")
def found_in_good(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], set[Finding]]:
    known: dict[tuple[str, str], set[Finding]] = {}

    def found(kind: str, version: str) -> set[Finding]:
        if (kind, version) not in known:
            root = tmp_path_factory.mktemp(kind)
            build(kind, root, load_policy(version))
            known[kind, version] = set(check_tree(root, version=version).findings)
        return known[kind, version]

    return found


def test_every_example_that_differs_is_one_of_the_table() -> None:
    names = {case.name for case in BREAKS}
    assert {name for others in ELSEWHERE.values() for name in others} <= names


@pytest.mark.slow
@pytest.mark.parametrize(
    ("version", "case"), CASES, ids=[f"{version}: {case.name}" for version, case in CASES]
)
def test_a_bad_example_is_found_in_another_round(
    version: str, case: Break, tmp_path: Path, found_in_good: Callable[[str, str], set[Finding]]
) -> None:
    if case.needs_user and os.geteuid() == 0:
        pytest.skip("root may read everything")
    case.apply(build(case.kind, tmp_path, load_policy(version)))
    report = check_tree(tmp_path, version=version, waivers=case.waivers)
    known = found_in_good(case.kind, version)
    raised = {finding.rule for finding in set(report.findings) - known}
    wanted = ELSEWHERE[version].get(case.name, case.ids)
    assert wanted is not None
    assert raised - ({finding.rule for finding in known} - wanted) == wanted
