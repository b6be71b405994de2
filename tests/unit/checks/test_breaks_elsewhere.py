"""The bad examples of v3.0 in every other round: the same rules find them by the other table.

A good tree of each kind is made once for a round; each example edits it, and it is put back.
"""

import os
import shutil
from pathlib import Path

import pytest

from submission.checks.tree import check_tree
from submission.policy import load_policy, rounds
from tests.fakes.submission_tree import TREES, build
from tests.tree.edits import Break
from tests.tree.elsewhere import named_in
from tests.tree.table import BREAKS

FIRST = "v3.0"
# what an edit raises that looks for something which another round's tree does not have
NOT_THERE = (KeyError, AssertionError, FileNotFoundError, FileExistsError, OSError)

# what another round finds instead of the rules that v3.0 breaks; None: the edit is v3.0's own
Others = dict[str, set[str] | None]
# the folder checks began with v3.0, and so did model_mapping.json
BEFORE: Others = {
    "a link to a file": set(),
    "a link to a folder": set(),
    "51 MB": set(),
    "a hidden file": set(),
    "a hidden folder": set(),
    "a blank in a name": set(),
    "Python's cache": set(),
    "an empty folder": set(),
    "two kinds of odd names at once": set(),
    "code without files": {"MEA012"},
    "a write-up that is there": None,
    "a link for a log": {"ACC001"},
    "a link for a folder of measurements": {"MEA001"},
    "a mapping that is no JSON": set(),
    "a mapping that is a list": set(),
    "a table with another result": None,
    "a table with another accuracy": None,
    "a table of the submitter with another result": None,
    "the digest of the other scenario": None,
    "the digest of the cut log": None,
    "a whole log of 44 kB": {"ACC011", "ACC015"},
    "another LoadGen in the accuracy run": {"LOG014"},
    "LoadGen of another round": None,
}
SINCE_V3_1: Others = {
    "a link to a folder": set(),  # links are no longer refused
    "a link for a folder of measurements": {"MEA001"},
    "another LoadGen in the accuracy run": {"LOG014"},
}
SINCE_V4_0: Others = {
    "24,575 samples": {"CNF003"},  # by benchmark: 10,833 are enough for bert
    # the power log's samples are no longer read one by one
    "a line that is no sample": set(),
    "no power at all": {"PWR005"},
    "one negative sample": {"PWR020"},
    "a ranging run without samples": set(),
}
SINCE_V4_1: Others = {"code without results": set()}
# a language model in place of BERT: other texts and tests, tokens in place of a latency bound
SINCE_V5_0: Others = {
    "a name that is guessed": None,
    "part of a name in closed": None,
    "bert-99.9 on an edge system": None,
    "both categories": None,
    "an edge system in the network division": {"SYS019"},
    "an empty mlperf.conf": {"CNF002"},
    "a table with these results": None,
    "a run whose log goes on late": set(),  # TEST06 has no run of its own
    "a small performance set": {"PRF006", "PRF022"},
    "24,575 samples": {"ACC026", "CNF003", "PRF010", "PRF022"},
    "a schedule that was stretched": {"ACC026", "LOG025"},
    "24,576 samples": {"ACC026", "CNF003"},
    "a negative result": {"ACC026", "PRF017"},
    "an endless result": {"ACC026", "PRF017"},
    "ten times the result": {"ACC026", "PRF018"},
    "a short Offline run": {"ACC026", "PRF025"},
    "a wall clock that saw less": None,
    "an Offline run that ends before its last answer": None,
    "too many late queries": set(),
    "late queries that were left out": set(),
    "a bound of 131 ms in open": set(),
    "a bound of 131 ms in closed": set(),
    "a measured percentile over the bound": set(),
    "an inferred result of a datacenter": {"PRF005", "PRF006"},
    "a verdict that its counts do not give": {"PRF028"},
    "an accuracy run that goes on to a performance run": None,
    "a network SUT without its name": {"ACC018", "PRF015"},
    **dict.fromkeys(
        [
            "an accuracy behind a byte order mark",
            "two accuracies",
            "no digest in open",
            "a digest of 40 digits",
            "a digest in other letters",
            "a short log with its digest",
            "a short log with another digest",
            "a short log with Windows' line ends",
            "a digest that is one",
            "the digest of the other scenario",
            "the digest of the cut log",
            "an accuracy behind a byte order mark in closed",
            "an accuracy behind what a logger writes in closed",
            "two accuracies of which the last one counts",
            "no digest in closed",
            "a whole log of 44 kB in closed",
            "a verification without accuracies",
            "an empty verification",
            "a verification with one accuracy",
            "a log of TEST01 cut in another way",
            "TEST01 without digest",
            "accuracies near each other",
            "accuracies too far apart",
            "a whole log of TEST01",
            "a mismatch that passed",
            "a part of the accuracy log that was verified",
            "a file too many in a test",
        ]
    ),
}
# Server became optional; documentation/ takes the place of calibration/
SINCE_V5_1: Others = {
    "a scenario is left out of open": set(),
    "a required scenario is left out of closed": {"BEN011"},
    "INT8 without calibration": set(),
}
# what belongs to a result lies in its folder; odd files are no longer refused
SINCE_V6_0: Others = {
    **{
        name: {"TRE043"}
        for name in (
            "a link to a file",
            "51 MB",
            "a hidden file",
            "a hidden folder",
            "a blank in a name",
            "Python's cache",
            "an empty folder",
            "two kinds of odd names at once",
            "a link for a folder of measurements",
        )
    },
    "code without files": {"MEA012", "TRE043"},
    "a link for a log": {"ACC001", "TRE043"},
    "a control character": {"TRE018"},
    "INT8 without calibration": {"MEA015"},
    **dict.fromkeys(
        [
            "a write-up that is there",
            "measurements without results",
            "compliance tests without results",
            "a scenario in two spellings",
            "no measurements folder",
            "a measurements folder in another spelling",
            "a description named after another system",
            "a name without implementation",
            "a description of another scenario",
            "a scenario of another category",
            "no compliance tests",
        ]
    ),
}
STEPS: dict[str, Others] = {
    "v3.1": SINCE_V3_1,
    "v4.0": SINCE_V4_0,
    "v4.1": SINCE_V4_1,
    "v5.0": SINCE_V5_0,
    "v5.1": SINCE_V5_1,
    "v6.0": SINCE_V6_0,
}
# so many examples fit a round's trees at least; in later rounds 280
FITTING = {"v2": 350, "v3": 370, "v4": 370, "v5": 300}


def others(version: str) -> Others:
    """What differs in a round, by the rounds since which it does."""
    found = dict(BEFORE) if version < FIRST else {}
    for since, step in STEPS.items():
        found |= step if since <= version else {}
    return found


class Bench:
    """A good tree that is edited, checked and put back."""

    def __init__(self, kind: str, version: str, root: Path, first: str = FIRST) -> None:
        self.version, self.root = version, root
        policy = load_policy(version)
        self.tree = build(kind, root, policy)
        if first == FIRST:
            self.tree.named = named_in(policy)
        self.runs = dict(self.tree.runs)
        self.found = set(check_tree(root, version=version).findings)
        self.state = self._state()
        self.content = {path: path.read_bytes() for path in self.state if path.is_file()}

    def raised(self, case: Break) -> set[str] | None:
        """The rules that an example raises; None where it does not fit the tree."""
        try:
            case.apply(self.tree)
            report = check_tree(self.root, version=self.version, waivers=case.waivers)
        except NOT_THERE:
            return None
        finally:
            self._put_back()
        return {finding.rule for finding in set(report.findings) - self.found}

    def _state(self) -> dict[Path, tuple[int, int, int]]:
        found = {}
        for folder, folders, files in os.walk(self.root):
            for name in (*folders, *files):
                path = Path(folder, name)
                stat = path.lstat()
                times = 0 if path.is_dir() and not path.is_symlink() else stat.st_mtime_ns
                found[path] = (stat.st_mode, times, 0 if times == 0 else stat.st_size)
        return found

    def _put_back(self) -> None:
        self.tree.runs = dict(self.runs)
        now = self._state()
        for path, state in sorted(now.items(), reverse=True):
            if self.state.get(path) != state and path not in self.content:
                _remove(path)
        for path, state in self.state.items():
            if now.get(path) == state:
                continue
            if path not in self.content:
                path.mkdir(exist_ok=True)
                continue
            if path.is_symlink() or not path.is_file():
                _remove(path)
            path.write_bytes(self.content[path])
            os.utime(path, ns=(state[1], state[1]))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


BENCHES = [
    (version, kind)
    for version in rounds()
    for kind in TREES
    if version != FIRST and (kind != "network" or kind in load_policy(version).divisions)
]
FITTED: dict[str, int] = {}


def test_every_example_that_differs_is_one_of_the_table() -> None:
    names = {case.name for case in BREAKS}
    assert {name for each in (BEFORE, *STEPS.values()) for name in each} <= names


@pytest.mark.slow
@pytest.mark.parametrize(("version", "kind"), BENCHES)
def test_the_bad_examples_are_found_in_another_round(
    version: str, kind: str, tmp_path: Path
) -> None:
    bench, other, wrong = Bench(kind, version, tmp_path), others(version), {}
    known = {finding.rule for finding in bench.found}
    for case in BREAKS:
        wanted = other.get(case.name, case.ids)
        if (case.version, case.kind) != (FIRST, kind) or case.needs_user or wanted is None:
            continue
        raised = bench.raised(case)
        if raised is None:
            continue
        FITTED[version] = FITTED.get(version, 0) + 1
        if raised - (known - wanted) != wanted:
            wrong[case.name] = (sorted(wanted), sorted(raised))
    assert wrong == {}
    assert set(check_tree(tmp_path, version=version).findings) == bench.found, "not put back"


BY_RESULT, SDXL = "v6.0", "stable-diffusion-xl"
LATER = [
    (version, kind)
    for version in rounds()
    for kind in dict.fromkeys(case.kind for case in BREAKS if case.version == BY_RESULT)
    if version > BY_RESULT
    and (kind != "pictures" or load_policy(version).benchmarks[SDXL].accuracy_files)
]


@pytest.mark.slow
@pytest.mark.parametrize(("version", "kind"), LATER)
def test_the_bad_examples_of_the_newest_layout_are_found_in_later_rounds(
    version: str, kind: str, tmp_path: Path
) -> None:
    bench, wrong = Bench(kind, version, tmp_path, BY_RESULT), {}
    known = {finding.rule for finding in bench.found}
    for case in BREAKS:
        if (case.version, case.kind) == (BY_RESULT, kind):
            raised = bench.raised(case)
            if raised is None or raised - (known - case.ids) != case.ids:
                wrong[case.name] = (sorted(case.ids), raised)
    assert wrong == {}


@pytest.mark.slow
@pytest.mark.parametrize("version", sorted({version for version, _ in BENCHES}))
def test_most_examples_fit_every_round(version: str) -> None:
    if version not in FITTED:
        pytest.skip("the examples of this round were not tried in this process")
    assert FITTED[version] >= FITTING.get(version[:2], 280)
