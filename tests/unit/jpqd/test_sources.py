"""Base, teacher and data by manifest, and the questions in the order that a training needs."""

import pytest

from submission.errors import UsageError
from submission.jpqd.config import load_config
from submission.jpqd.corpus import Question
from submission.jpqd.sources import Source, bring, divide, read_questions
from submission.weights.manifest import load_manifest
from submission.weights.sources import Reach
from submission.weights.verify import verify, verify_parts


@pytest.fixture(scope="module")
def data(repo):
    folder = repo / "models" / "squad-train"
    return Source(manifest=load_manifest(folder), folder=folder / "parts")


def test_what_is_committed_is_what_the_manifests_say(repo, data):
    assert verify(data.manifest, data.folder) == []
    base = load_manifest(repo / "models" / "minilm-squad-float")
    found = verify_parts(base, base.path.parent / "parts")
    assert [finding.path.name for finding in found] == ["vocab.txt"]  # it lies in squad-mini


def test_a_limit_takes_questions_evenly_from_every_file(data):
    some = read_questions(data, limit=200)
    assert len(some) == 200
    assert [n.split("_")[0] for n in dict.fromkeys(q.source for q in some)] == [
        "new",
        "amazon",
        "reddit",
        "qamr",
        "qamr",
    ]


def test_no_context_is_both_learned_from_and_held_out():
    asked = [
        Question(text="?", context=str(n // 2), start=0, stop=1, answers=("0",), source=source)
        for n in range(400)
        for source in ("a.json", "b.tsv")
    ]
    found = divide(asked, share=0.2)
    assert {q.source for q in found.selecting} == {"a.json"}
    assert found.selecting
    assert not {q.context for q in found.training} & {q.context for q in found.selecting}


def test_a_base_without_a_manifest_is_named(repo, tmp_path):
    config = load_config(repo / "models" / "minilm-squad_jpqd-50" / "jpqd.json")
    with pytest.raises(UsageError, match="there is no manifest of minilm-squad-float"):
        bring(config, manifests=tmp_path, workspace=tmp_path, reach=Reach(offline=True))
