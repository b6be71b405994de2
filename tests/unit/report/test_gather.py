"""Latencies of single samples are read and thinned; a tree's own profile names its reference."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from submission.errors import UsageError
from submission.files import read_json, write_json
from submission.harness.latencies import Latencies
from submission.report.gather import _reference_choice, _runs, _samples_ms, accepted_waivers
from submission.terms import Mode
from submission.tree.finished import FinishedTree
from submission.workspace.profile import F1Of, ReferenceChoice

PUBLISHED = ReferenceChoice(model="reference", f1_of=F1Of.ROUND)


def saved(folder: Path, latencies_ms: list[float]) -> Path:
    issued = np.arange(1, len(latencies_ms) + 1, dtype=np.int64) * 1_000_000
    done = issued + (np.array(latencies_ms) * 1_000_000).astype(np.int64)
    order = np.arange(len(done), dtype=np.int32)
    Latencies(sample_index=order, issued_ns=issued, done_ns=done).save(folder / "latencies.npz")
    return folder / "latencies.npz"


def test_latencies_are_sorted_milliseconds(tmp_path: Path) -> None:
    assert _samples_ms(saved(tmp_path, [3.0, 1.0, 2.0])) == (1.0, 2.0, 3.0)


def test_many_latencies_are_thinned_with_both_ends_kept(tmp_path: Path) -> None:
    found = _samples_ms(saved(tmp_path, [float(n) for n in range(1, 5001)]))
    assert len(found) == 2000
    assert (found[0], found[-1]) == (1.0, 5000.0)


@pytest.mark.parametrize("content", [None, b"", b"PK no archive"])
def test_a_file_that_cannot_be_read_is_none(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "latencies.npz"
    if content is not None:
        path.write_bytes(content)
    assert _samples_ms(path) == ()


def profile_with(repo: Path, folder: Path, **changes: object) -> Path:
    value = read_json(repo / "measurements/profiles/jpqd.json")
    write_json(folder / "jpqd.json", {**value, **changes})
    return folder / "jpqd.json"


def test_a_tree_is_reported_by_the_reference_of_its_own_profile(repo: Path, tmp_path: Path) -> None:
    path = profile_with(repo, tmp_path, reference={"model": "dense", "f1_of": "reference"})
    assert _reference_choice(path) == ReferenceChoice(model="dense", f1_of=F1Of.REFERENCE)


def test_a_tree_of_others_or_of_another_kit_is_reported_as_the_round_was(
    repo: Path, tmp_path: Path
) -> None:
    assert _reference_choice(None) == PUBLISHED
    assert _reference_choice(profile_with(repo, tmp_path, reference=True)) == PUBLISHED


def test_waivers_are_a_persons_or_the_kits_and_never_the_trees(tmp_path: Path) -> None:
    entry = [{"rule": "MEA003", "path": "*", "reason": "a reason of ten letters"}]
    outside, tree = tmp_path / "mine.json", FinishedTree(root=tmp_path / "tree", round="v3.0")
    tree.root.mkdir()
    inside = {name: tree.root / f"{name}.json" for name in ("demo", "mine")}
    for path in (outside, *inside.values()):
        path.write_text(json.dumps(entry))
    assert [w.rule for w in accepted_waivers(tree, outside)[0]] == ["MEA003"]
    assert accepted_waivers(tree, None) == ((), "")
    known = [w.rule for w in accepted_waivers(tree, inside["demo"])[0]]
    assert "PRF008" in known
    assert "MEA003" not in known
    with pytest.raises(UsageError, match="no profile 'mine'"):
        accepted_waivers(tree, inside["mine"])


class Measured:
    """A result with metadata, as far as the page's table of runs asks for it."""

    def __init__(self, system: str) -> None:
        self.place, self.system = SimpleNamespace(owner="open/Me"), system

    def __str__(self) -> str:
        return "model/Offline"

    def metadata(self, mode: Mode) -> dict[str, str]:
        if mode is Mode.ACCURACY:
            raise UsageError("no metadata", detail="", hint="")
        return {"system": self.system}


def test_runs_of_several_systems_are_told_apart() -> None:
    one, other = Measured("one"), Measured("other")
    assert dict(_runs([one])) == {"model/Offline/performance": {"system": "one"}}  # type: ignore[list-item]
    assert set(dict(_runs([one, other]))) == {  # type: ignore[list-item]
        "one/model/Offline/performance",
        "other/model/Offline/performance",
    }
