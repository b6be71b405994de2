"""A person's IR and questions become a model and a data set, or are refused with the cause."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from submission.artifacts.bring import fetch_parts
from submission.artifacts.manifest import CALIBRATION, ManifestKind, load_manifest
from submission.artifacts.own_data import OwnData, add_data
from submission.artifacts.own_model import OwnModel, add_model, blanks
from submission.artifacts.rejoin import rejoin
from submission.cli import main
from submission.errors import StageError, UsageError
from submission.runs.context import Context
from submission.stages.preflight import find_gaps, refuse_gaps
from submission.workspace.folders import Workspace
from submission.workspace.resolve import resolve
from tests.fakes.ir_variants import write_variant
from tests.fakes.tiny_model import write_model

ROOT = Path(__file__).parents[3]
VOCAB = ROOT / "models" / "squad-mini" / "vocab.txt"
CONTEXT = "The mill was built in 1850 by Anna."
OTHER_PATHS = {"no file": "other.xml", "a folder": ".", "the weights": "mine.bin"}
NAMED = {"input_ids": "a", "attention_mask": "b", "token_type_ids": "c"}


def wish(xml: Path, **said: Any) -> OwnModel:
    return OwnModel(**{"xml": xml, "sparsity_percent": 0.0, **said})


def question(**changes: Any) -> dict[str, Any]:
    answers = [{"text": "Anna", "answer_start": CONTEXT.index("Anna")}]
    return {"id": "q1", "question": "Who built it?", "answers": answers, **changes}


def squad(folder: Path, *questions: dict[str, Any], version: str = "1.1") -> Path:
    paragraph = {"context": CONTEXT, "qas": list(questions or [question()])}
    path = folder / "mine.json"
    value = {"version": version, "data": [{"title": "t", "paragraphs": [paragraph]}]}
    path.write_text(json.dumps(value))
    return path


def test_an_ir_becomes_a_model(tmp_path: Path) -> None:
    xml = write_model(tmp_path / "mine.xml", two_outputs=True)
    model = add_model(tmp_path / "models", wish(xml))
    assert (model.name, model.kind, model.mlperf_model) == ("mine", ManifestKind.MODEL, "bert-99")
    assert set(model.input_names()) == set(NAMED)
    assert model.output_names() == {"start_logits": "start_logits", "end_logits": "end_logits"}
    assert model.measurement["input_data_types"] == "INT64"
    assert (model.weight_data_types, model.structured_sparsity_percent) == ("fp32", 0.0)
    rejoin(model, model.path.parent / "parts", tmp_path / "joined")
    assert (tmp_path / "joined" / "openvino_model.bin").read_bytes() == xml.with_suffix(
        ".bin"
    ).read_bytes()
    assert blanks((model.path.parent / CALIBRATION).read_text()) == 2
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["mine"]


def test_what_a_person_says_stands_in_the_manifest(tmp_path: Path) -> None:
    xml = write_model(tmp_path / "mine.xml", names=("a", "b", "c"))
    said = {"origin": "by us", "licence": "MIT", "retraining": "Yes", "starting_weights": "w.bin"}
    model = add_model(tmp_path / "models", wish(xml, name="other", inputs=NAMED, **said))
    assert (model.name, model.origin, model.licence) == ("other", "by us", "MIT")
    assert model.input_names() == NAMED
    assert blanks(model.path.read_text()) == 0


def broken(name: str, folder: Path) -> Path:
    xml = write_model(folder / "mine.xml")
    binary = xml.with_suffix(".bin")
    if name == "not an IR":
        xml.write_text("<html>not found</html>")
    elif name == "no weights":
        binary.unlink()
    elif name == "short weights":
        binary.write_bytes(binary.read_bytes()[:-500])
    elif name == "long weights":
        binary.write_bytes(binary.read_bytes() + bytes(500))
    elif name in OTHER_PATHS:
        return folder / OTHER_PATHS[name]
    elif name == "unnamed inputs":
        write_model(folder / "there.xml", names=("a", "b", "c"))
        return folder / "there.xml"
    else:
        write_variant(name, xml)
    return xml


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("not an IR", "is not an IR"),
        ("no weights", "are missing"),
        ("short weights", "is not an IR that can be read"),
        ("long weights", "does not belong to"),
        ("no file", "there is no file"),
        ("a folder", "is a folder"),
        ("the weights", "mine.bin holds the weights of an IR"),
        ("unnamed inputs", "--inputs input_ids=NAME"),
        ("hidden only", "feature extraction"),
        ("two pairs", "--outputs start_logits=NAME"),
    ],
)
def test_a_file_that_is_no_such_model_is_refused(name: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        add_model(tmp_path / "models", wish(broken(name, tmp_path)))
    assert words in str(caught.value)
    assert not list((tmp_path / "models").glob("*"))


def test_outputs_without_names_are_known_by_their_place(tmp_path: Path) -> None:
    write_variant("unnamed outputs", tmp_path / "mine.xml")
    model = add_model(tmp_path / "models", wish(tmp_path / "mine.xml"))
    assert model.output_names() == {"start_logits": "s", "end_logits": "e"}


def test_a_name_that_is_taken_is_refused(tmp_path: Path) -> None:
    xml = write_model(tmp_path / "mine.xml")
    add_model(tmp_path / "models", wish(xml))
    with pytest.raises(UsageError, match="is taken"):
        add_model(tmp_path / "models", wish(xml))
    with pytest.raises(UsageError, match="cannot be the name"):
        add_model(tmp_path / "models", wish(xml, name="a b"))


def test_sparsity_that_cannot_be_counted_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        add_model(tmp_path, wish(write_model(tmp_path / "m.xml"), sparsity_percent=None))
    assert "--sparsity PERCENT" in caught.value.hint


def test_questions_become_a_data_set(tmp_path: Path) -> None:
    data = add_data(tmp_path / "models", OwnData(file=squad(tmp_path), vocab=VOCAB))
    assert (data.name, data.kind, data.samples) == ("mine", ManifestKind.DATASET, 1)
    assert data.role("data").checksums.sha256
    assert (data.path.parent / data.role("vocab").name).read_bytes() == VOCAB.read_bytes()


@pytest.mark.parametrize(
    ("questions", "version", "words"),
    [
        ([question(answers=[{"text": "Anna", "answer_start": 3}])], "1.1", "does not stand at"),
        ([question(), question()], "1.1", "also that of question 1"),
        ([question(answers=[], is_impossible=True)], "v2.0", "unanswerable"),
        ([question(answers=[])], "1.1", "no reference answer"),
        ([question()], "v2.0", 'not "1.1"'),
        ([question(answers=[{"text": "", "answer_start": 0}])], "1.1", '"text" is blank'),
        ([question(answers=[{"text": " ", "answer_start": 4}])], "1.1", '"text" is blank'),
        ([question(answers=[{"text": "Anna"}])], "1.1", '"answer_start" is missing'),
        ([question(answers=[{"text": "Anna", "answer_start": "0"}])], "1.1", "not a whole number"),
        ([question(answers=[{"text": "Anna", "answer_start": 0.0}])], "1.1", "not a whole number"),
        ([question(answers=[{"text": "Anna", "answer_start": -9}])], "1.1", "does not stand at"),
        ([question(answers={"text": ["Anna"], "answer_start": [0]})], "1.1", "not a list"),
        ([question(question=" ")], "1.1", '"question" is blank'),
        ([question(question="\ud800?")], "1.1", "half of a surrogate pair at character 0"),
        ([question(id=1)], "1.1", '"id" is a whole number'),
    ],
)
def test_questions_of_another_form_are_refused(
    questions: list[dict[str, Any]], version: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as caught:
        add_data(
            tmp_path / "m", OwnData(file=squad(tmp_path, *questions, version=version), vocab=VOCAB)
        )
    assert words in str(caught.value)
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Anna", f"it stands at {CONTEXT.index('Anna')} of the context"),
        ("Berta", "it stands nowhere in the context"),
    ],
)
def test_a_wrong_offset_is_answered_with_the_right_one(
    text: str, hint: str, tmp_path: Path
) -> None:
    wrong = squad(tmp_path, question(answers=[{"text": text, "answer_start": 3}]))
    with pytest.raises(UsageError) as caught:
        add_data(tmp_path / "m", OwnData(file=wrong, vocab=VOCAB))
    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE html><html>",
        b"id,question,answer\n1,Who?,Bob\n",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 12\n",
        b'{"id": "1"}\n{"id": "2"}\n',
        b'{"version": "1.1", "data": [],}',
        '{"version": "1.1", "data": ["\u00fc"]}'.encode("latin-1"),
        gzip.compress(b"{}"),
    ],
)
def test_files_in_place_of_questions_are_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_bytes(content)
    with pytest.raises(UsageError, match="the data set is not JSON"):
        add_data(tmp_path / "m", OwnData(file=file, vocab=VOCAB))
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize(
    "changed",
    [
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: text.replace(" ", "\r\n", 1).encode(),
        lambda text: text.replace('"version"', '"author": "me", "version"').encode(),
        lambda text: text.replace('"id"', '"is_impossible": false, "id"').encode(),
    ],
)
def test_questions_as_people_write_them_are_taken(
    changed: Callable[[str], bytes], tmp_path: Path
) -> None:
    file = squad(tmp_path)
    file.write_bytes(changed(file.read_text()))
    assert add_data(tmp_path / "m", OwnData(file=file, vocab=VOCAB)).samples == 1


@pytest.fixture
def own(tmp_path: Path) -> Callable[..., Workspace]:
    """A workspace with the model and data set ``mine-model`` and ``mine``."""
    manifests = tmp_path / "models"
    add_model(manifests, wish(write_model(tmp_path / "x.xml"), name="mine-model"))
    add_data(manifests, OwnData(file=squad(tmp_path), vocab=VOCAB))

    def make(**settings: str) -> Workspace:
        arguments = {"workspace": str(tmp_path / "out"), **settings}
        return resolve(ROOT, environment={}, arguments=arguments, manifests=manifests)

    return make


def test_a_profile_follows_from_model_and_data(own: Callable[..., Workspace]) -> None:
    profile = own(model="mine-model", dataset="mine").profile
    assert (profile.name, profile.base) == ("demo-mine-model-mine", "demo")
    assert [benchmark.model for benchmark in profile.benchmarks] == ["mine-model"]
    assert profile.dataset == profile.own_dataset == "mine"
    assert profile.benchmarks[0].probed
    assert not any("embedded" in waiver.reason for waiver in profile.waivers)
    assert all(n.performance_sample_count is None for n in profile.benchmarks[0].runs.values())


def test_a_model_of_the_profile_keeps_its_runs() -> None:
    workspace = resolve(
        ROOT, environment={}, arguments={"profile": "official", "model": "minilm-squad"}
    )
    assert workspace.profile.name == "official"
    assert [benchmark.model for benchmark in workspace.profile.benchmarks] == ["minilm-squad"]


def test_questions_that_are_refused_leave_no_model(tmp_path: Path) -> None:
    xml = write_model(tmp_path / "mine.xml")
    bad = squad(tmp_path, question(), question())
    arguments = ["add-model", str(xml), "--manifests", str(tmp_path / "models"), "--sparsity", "0"]
    assert main([*arguments, "--data", str(bad)]) == 2
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize(("key", "variable"), [("model", "MODEL"), ("dataset", "DATA")])
def test_an_unknown_name_is_refused(key: str, variable: str, own: Callable[..., Workspace]) -> None:
    with pytest.raises(UsageError, match=f"{variable}=mime names nothing") as caught:
        _ = own(**{key: "mime"}).profile
    # each by its own kind only
    known = {"model": "known: mine-model;", "dataset": 'did you mean "mine"?'}
    assert caught.value.hint.startswith(known[key])


def test_a_name_of_the_other_kind_is_refused(own: Callable[..., Workspace]) -> None:
    with pytest.raises(UsageError, match="MODEL=mine names no model") as caught:
        _ = own(model="mine", dataset="mine-model").profile
    assert caught.value.hint == "swap the two: MODEL=mine-model DATA=mine"
    with pytest.raises(UsageError, match="DATA=mine-model names no data set") as caught:
        _ = own(model="mine-model", dataset="mine-model").profile
    assert caught.value.hint == "known: mine"


def test_the_commands_say_what_comes_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    xml = write_model(tmp_path / "mine.xml")
    arguments = ["add-model", str(xml), "--manifests", str(tmp_path / "models"), "--sparsity", "0"]
    assert main([*arguments, "--name", "m", "--data", str(squad(tmp_path))]) == 0
    printed = capsys.readouterr().out
    assert "next: make submission MODEL=m DATA=mine" in printed
    assert "private: the questions stay out of trees" in printed
    assert load_manifest(tmp_path / "models" / "m").private
    data = ["add-data", str(squad(tmp_path)), "--manifests", str(tmp_path / "models")]
    assert main([*data, "--name", "open", "--publish"]) == 0
    assert not load_manifest(tmp_path / "models" / "open").private
    assert "go into trees" in capsys.readouterr().out
    assert "to fill in before a submission: 4" in printed
    assert main([*arguments, "--inputs", "input_ids"]) == 2
    assert "is no ROLE=NAME" in capsys.readouterr().err


def added(folder: Path, *arguments: str) -> int:
    xml = write_model(folder / "x.xml")
    own = ["add-model", str(xml), "--manifests", str(folder / "models"), "--sparsity", "0"]
    return main([*own, *arguments])


def test_questions_that_are_called_as_the_model_get_another_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert added(tmp_path, "--name", "mine", "--data", str(squad(tmp_path))) == 0
    printed = capsys.readouterr().out
    assert "the model is called mine, so its questions become mine-data" in printed
    assert "next: make submission MODEL=mine DATA=mine-data" in printed
    assert added(tmp_path, "--name", "second", "--data", str(squad(tmp_path))) == 0
    assert "mine-data holds these questions already" in capsys.readouterr().out


def test_the_same_questions_are_used_again_and_others_of_their_name_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = squad(tmp_path)
    assert added(tmp_path, "--name", "first", "--data", str(data)) == 0
    assert added(tmp_path, "--name", "second", "--data", str(data)) == 0
    assert "next: make submission MODEL=second DATA=mine" in capsys.readouterr().out
    squad(tmp_path, question(id="other"))
    assert added(tmp_path, "--name", "third", "--data", str(data)) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "DATA=mine without --data" in said
    assert f"add_data.py {data} --name N" in said
    assert not (tmp_path / "models" / "third").exists()


def test_the_model_is_looked_at_before_its_questions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = squad(tmp_path)
    assert added(tmp_path, "--name", "first", "--data", str(data)) == 0
    squad(tmp_path, question(id="other"))
    page = tmp_path / "page.xml"
    page.write_text("<html>not found</html>")
    own = ["add-model", str(page), "--manifests", str(tmp_path / "models"), "--data", str(data)]
    assert main(own) == 2
    assert "is not an IR" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["yes", "NO", "Yes"])
def test_retraining_is_yes_or_no(word: str, tmp_path: Path) -> None:
    xml = write_model(tmp_path / "mine.xml")
    model = add_model(tmp_path / "models", wish(xml, retraining=word))
    assert model.measurement["retraining"] == word.capitalize()
    with pytest.raises(UsageError, match="retraining is Yes or No, not 'maybe'"):
        add_model(tmp_path / "models", wish(xml, name="other", retraining="maybe"))


def test_private_questions_that_are_not_here_are_asked_for(
    own: Callable[..., Workspace], tmp_path: Path
) -> None:
    workspace = own(model="mine-model", dataset="mine")
    context = Context(workspace=workspace, connect=pytest.fail)
    refuse_gaps(find_gaps(context))
    folder = tmp_path / "models" / "mine"
    (folder / "questions.json").unlink()  # as in a tree, which never holds them
    said = f"ask the submitter for questions.json and vocab.txt, and put them .* into {folder}"
    with pytest.raises(UsageError) as refused:
        refuse_gaps(find_gaps(context))
    assert "the questions of mine are private, and not here" in refused.value.detail
    assert re.search(said, refused.value.hint)
    with pytest.raises(StageError, match="the questions of mine are private") as failed:
        fetch_parts(workspace, load_manifest(folder))
    assert re.search(said, failed.value.hint)


def test_a_private_model_is_looked_for_in_the_tree_that_has_it(
    own: Callable[..., Workspace], tmp_path: Path
) -> None:
    folder = tmp_path / "models" / "mine-model"
    (folder / "parts").rename(tmp_path / "model")  # as a tree has them
    with pytest.raises(StageError, match="the files of mine-model are private") as failed:
        fetch_parts(own(), load_manifest(folder))
    assert "in the folder model/ of the model's code: name that folder with MIRROR=" in str(
        failed.value.hint
    )
    fetch_parts(own(mirror=str(tmp_path / "model")), load_manifest(folder))


def test_nobody_is_told_to_remove_a_model_of_the_kit(tmp_path: Path) -> None:
    xml = write_model(tmp_path / "mine.xml")
    models = tmp_path / "models"
    path = add_model(models, wish(xml)).path
    with pytest.raises(UsageError) as error:
        add_model(models, wish(xml))
    assert error.value.hint.endswith("MODEL=my-model), or remove that folder first")
    value = json.loads(path.read_text())
    del value["private"]
    path.write_text(json.dumps(value))
    with pytest.raises(UsageError) as error:
        add_model(models, wish(xml))
    assert error.value.hint == "give another one: --name my-model (with make: MODEL=my-model)"
