"""A tree of other results is moved aside, and that is said before."""

from __future__ import annotations

from pathlib import Path

import pytest

from submission.files import write_json
from submission.runs.context import Context
from submission.stages.base import submission_names
from submission.stages.trees import displaced_words, held, set_aside
from submission.terms import Mode
from submission.tree.grammar import RUN_METADATA, Area
from submission.workspace.resolve import resolve

SYSTEM = "1-node-OpenVINO-INT8"


def context_of(repo: Path, out: Path, **settings: str) -> Context:
    environment = {"WORKSPACE": str(out), "RUNNER": "host", **settings}
    workspace = resolve(repo, environment=environment, arguments={})
    return Context(workspace=workspace, connect=pytest.fail)


def laid_out(context: Context) -> Path:
    """The tree of the context's profile, as far as this module reads it, and its archive."""
    names, tree = submission_names(context), context.workspace.tree_folder()
    for benchmark in context.profile.benchmarks:
        for scenario in benchmark.scenarios:
            cell = names.cell(benchmark.model, scenario)
            folder = tree / names.layout.of_cell(Area.MEASUREMENTS, cell)
            write_json(folder / RUN_METADATA[Mode.PERFORMANCE], {"profile": context.profile.name})
    archive = context.workspace.archive_file()
    for name in (archive.name, f"{archive.name}.sha256", f"{archive.name}.sig", f"{tree.name}.sig"):
        archive.with_name(name).write_text(context.profile.name)
    return tree


def test_a_tree_of_the_same_results_keeps_its_place(repo: Path, tmp_path: Path) -> None:
    context = context_of(repo, tmp_path)
    assert displaced_words(context) == ""
    tree = laid_out(context)
    assert len(held(tree, submission_names(context).layout).cells) == 2
    assert (displaced_words(context), set_aside(context)) == ("", None)
    assert tree.is_dir()


def test_a_second_model_moves_the_first_ones_tree_and_archive(repo: Path, tmp_path: Path) -> None:
    first = context_of(repo, tmp_path)
    laid_out(first)
    second = context_of(repo, tmp_path, MODEL="minilm-squad")
    kept = tmp_path / f"trees/Demo-{SYSTEM}-demo"
    words = displaced_words(second)
    assert words.startswith(f"the tree in {tmp_path}/submission is of demo (Demo); it moves to")
    assert f"`mlperf-kit join {kept}/submission {tmp_path}/submission -o DIR`" in words
    assert set_aside(second) == kept / "submission"
    assert sorted(path.name for path in kept.iterdir()) == [
        "Demo-open-v3.0.tar.gz",
        "Demo-open-v3.0.tar.gz.sha256",
        "Demo-open-v3.0.tar.gz.sig",
        "submission",
        "submission.sig",
    ]
    assert not (tmp_path / "submission").exists()
    laid_out(second)
    assert set_aside(first) == tmp_path / f"trees/Demo-{SYSTEM}-demo-minilm-squad/submission"


def test_the_archive_goes_with_the_tree_of_another_submitter(repo: Path, tmp_path: Path) -> None:
    laid_out(context_of(repo, tmp_path))
    other = context_of(repo, tmp_path, SUBMITTER="Me")
    assert "join" not in displaced_words(other)
    kept = set_aside(other)
    assert kept is not None
    assert (kept.parent / "Demo-open-v3.0.tar.gz").is_file()
    assert not (tmp_path / "Demo-open-v3.0.tar.gz").exists()


def test_fewer_results_of_one_profile_replace_no_more(repo: Path, tmp_path: Path) -> None:
    laid_out(context_of(repo, tmp_path, PROFILE="official"))
    one = context_of(repo, tmp_path, PROFILE="official", MODEL="minilm-squad")
    kept = set_aside(one)
    assert kept is not None
    assert len(held(kept, submission_names(one).layout).cells) == 6
    laid_out(one)
    whole = context_of(repo, tmp_path, PROFILE="official")
    assert set_aside(whole) is None  # which has those of the one model, too
    assert kept.is_dir()


def test_an_earlier_tree_that_was_kept_is_replaced_by_the_same_results(
    repo: Path, tmp_path: Path
) -> None:
    demo, other = context_of(repo, tmp_path), context_of(repo, tmp_path, SUBMITTER="Me")
    for _ in range(2):
        laid_out(demo)
        assert set_aside(other) == tmp_path / f"trees/Demo-{SYSTEM}-demo/submission"
    assert len(list((tmp_path / "trees").iterdir())) == 1


def test_more_results_under_the_same_name_are_kept_beside(repo: Path, tmp_path: Path) -> None:
    one = context_of(repo, tmp_path, PROFILE="official", MODEL="minilm-squad")
    other = context_of(repo, tmp_path)
    laid_out(context_of(repo, tmp_path, PROFILE="official"))
    set_aside(other)
    laid_out(one)
    set_aside(other)
    counts = [
        len(held(folder / "submission", submission_names(one).layout).cells)
        for folder in (tmp_path / "trees").iterdir()
    ]
    assert sorted(counts) == [2, 6]


def test_metadata_that_cannot_be_read_says_nothing(repo: Path, tmp_path: Path) -> None:
    context = context_of(repo, tmp_path)
    tree = laid_out(context)
    for path in tree.rglob("*.json"):
        path.write_text("{")
    assert held(tree, submission_names(context).layout).cells == frozenset()
