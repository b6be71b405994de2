"""Base, teacher and data by manifest, and the questions in the order that a training needs."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from submission.artifacts.manifest import load_manifest
from submission.artifacts.progress import Step
from submission.artifacts.verify import verify, verify_parts
from submission.errors import StageError, UsageError
from submission.lab.jpqd.config import JpqdConfig, load_config
from submission.lab.jpqd.corpus import Question
from submission.lab.jpqd.sources import (
    Source,
    bring_sources,
    divide,
    read_questions,
    refuse_dev_contexts,
    refuse_dev_set,
)
from submission.workspace.folders import Workspace
from submission.workspace.resolve import resolve


@pytest.fixture(scope="module")
def data(repo: Path) -> Source:
    folder = repo / "models" / "squad-train"
    return Source(manifest=load_manifest(folder), folder=folder / "parts")


def offline(manifests: Path, workspace: Path) -> Workspace:
    arguments = {"workspace": str(workspace), "offline": True}
    return resolve(manifests.parent, environment={}, arguments=arguments, manifests=manifests)


def fetched_by(config: JpqdConfig, manifests: Path, workspace: Path) -> Any:
    return bring_sources(config, offline(manifests, workspace))


def test_what_is_committed_is_what_the_manifests_say(repo: Path, data: Source) -> None:
    assert verify(data.manifest, data.folder) == []
    base = load_manifest(repo / "models" / "minilm-squad-float")
    found = verify_parts(base, base.path.parent / "parts")
    assert [finding.path.name for finding in found] == ["vocab.txt"]  # it lies in squad-mini


@pytest.mark.slow
def test_a_limit_takes_questions_evenly_from_every_file(data: Source) -> None:
    some = read_questions(data, limit=200)
    assert len(some) == 200
    assert [n.split("_")[0] for n in dict.fromkeys(q.source for q in some)] == [
        "new",
        "amazon",
        "reddit",
        "qamr",
        "qamr",
    ]


def test_the_dev_set_is_refused_by_its_digest_before_anything_is_fetched(
    repo: Path, tmp_path: Path
) -> None:
    config = load_config(repo / "models" / "minilm-squad_jpqd-50" / "jpqd.json")
    with pytest.raises(UsageError, match="may not be trained on the data that scores it"):
        fetched_by(replace(config, data="squad"), repo / "models", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_copy_of_the_dev_set_under_another_name_is_refused(repo: Path, data: Source) -> None:
    dev_set = load_manifest(repo / "models" / "squad").role("data")
    digests = {"mine.json": dev_set.checksums.sha256}
    with pytest.raises(UsageError, match="data that scores it") as caught:
        refuse_dev_set(digests, dev_set, data.manifest)
    assert "squad-train: mine.json is dev-v1.1.json" in caught.value.detail


def test_a_text_of_the_dev_set_in_another_file_ends_the_training(tmp_path: Path) -> None:
    dev_set = tmp_path / "dev.json"
    asked = {"question": "?", "answers": [{"text": "seen", "answer_start": 0}]}
    text = {"context": "seen  before", "qas": [asked]}
    dev_set.write_text(json.dumps({"data": [{"paragraphs": [text]}]}))
    new, old = (
        Question(text="?", context=context, start=0, stop=1, answers=("0",), source="mine.json")
        for context in ("never seen", "Seen before")
    )
    refuse_dev_contexts([new], dev_set)
    refuse_dev_contexts([new, old], None)
    with pytest.raises(StageError, match="holds texts of the dev set") as caught:
        refuse_dev_contexts([new, old], dev_set)
    assert "mine.json" in caught.value.detail


def test_no_context_is_both_learned_from_and_held_out() -> None:
    asked = [
        Question(text="?", context=str(n // 2), start=0, stop=1, answers=("0",), source=source)
        for n in range(400)
        for source in ("a.json", "b.tsv")
    ]
    found = divide(asked, share=0.2)
    assert {q.source for q in found.selecting} == {"a.json"}
    assert found.selecting
    assert not {q.context for q in found.training} & {q.context for q in found.selecting}


def test_without_a_manifest_of_the_dev_set_a_note_says_that_nothing_is_compared_with_it(
    repo: Path, tmp_path: Path
) -> None:
    config = load_config(repo / "models" / "minilm-squad_jpqd-50" / "jpqd.json")
    for name in (config.base, config.data):
        bare = shutil.ignore_patterns("parts")
        shutil.copytree(repo / "models" / name, tmp_path / name, ignore=bare)
    reported: list[Step] = []
    with pytest.raises(StageError):  # the reported ones come first, and these have no parts
        bring_sources(config, offline(tmp_path, tmp_path / "out"), report=reported.append)
    assert reported[0].name == "squad"
    assert "not compared with it" in reported[0].words


def test_a_base_without_a_manifest_is_named(repo: Path, tmp_path: Path) -> None:
    config = load_config(repo / "models" / "minilm-squad_jpqd-50" / "jpqd.json")
    with pytest.raises(UsageError, match="there is no manifest of minilm-squad-float"):
        fetched_by(config, tmp_path, tmp_path)
