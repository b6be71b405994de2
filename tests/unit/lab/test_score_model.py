"""``score-model``: two models on the same questions, with the interval of their ratio."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from submission.artifacts.locate import joined_xml
from submission.cli import main
from submission.cli.lab import score_model
from submission.errors import UsageError
from submission.lab.jpqd.dev_set import DevScore
from submission.squad.question_scores import QuestionScores
from submission.workspace.resolve import resolve
from tests.fitting import assert_fits

RIGHT = {
    "dense": np.arange(400) % 4 > 0,
    "half": np.arange(400) % 4 > 1,
    "nothing": np.zeros(400, np.bool_),
}


def scored(model: str, *_: object, **__: object) -> DevScore:
    right = RIGHT[model]
    single = QuestionScores(exact=right, f1=right.astype(np.float64))
    exact, f1 = single.means()
    return DevScore(f1=f1, exact_match=exact, questions=400, windows=446, single=single)


@pytest.fixture
def said(
    repo: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> list[str]:
    """What is printed, for a model against another, a model alone, and against a useless one."""
    monkeypatch.setenv("WORKSPACE", str(tmp_path))
    monkeypatch.setenv("BERT_DATA_DIR", str(repo / "models/squad-mini"))
    monkeypatch.setattr(score_model, "joined_xml", lambda _, name: name)
    monkeypatch.setattr(score_model, "manifest_of", lambda _, name: name)
    monkeypatch.setattr(score_model, "ir_file", lambda xml, _: xml)
    monkeypatch.setattr(score_model, "score_ir", scored)
    found = []
    for words in (["half", "--against", "dense"], ["half"], ["half", "--against", "nothing"]):
        assert main(["score-model", *words, "--dataset", "squad-mini"]) == 0
        found.append(capsys.readouterr().out)
    return found


def test_a_model_is_scored_against_another(said: list[str]) -> None:
    own, other, how, share = said[0].splitlines()
    assert own == "F1 50.0000, exact match 50.0000 (400 questions)"
    assert other == "F1 75.0000, exact match 75.0000 (400 questions)"
    assert how.startswith("all 446 windows")
    found = re.fullmatch(
        r"share of its F1: 0\.6667, 95 % interval (0\.\d{4}) to (0\.\d{4}) "
        r"\(paired bootstrap over the questions, 2,000 resamples\)",
        share,
    )
    assert found is not None
    assert 0.58 < float(found[1]) < 0.6667 < float(found[2]) < 0.75


def test_alone_or_against_nothing_there_is_no_interval(said: list[str]) -> None:
    assert len(said[1].splitlines()) == 2
    last = said[2].splitlines()[-1]
    assert last == "share of its F1: none, since it answers nothing rightly"


def test_an_embedded_model_that_no_run_has_joined_is_joined(repo: Path, tmp_path: Path) -> None:
    arguments = {"workspace": str(tmp_path)}
    workspace = resolve(repo, environment={}, arguments=arguments)
    xml = joined_xml(workspace, "minilm-squad_jpqd-50")
    assert xml == workspace.joined_folder("minilm-squad_jpqd-50") / "openvino_model.xml"
    assert xml.with_suffix(".bin").stat().st_size == 17_493_829
    assert joined_xml(workspace, "minilm-squad_jpqd-50") == xml


def test_fetched_parts_that_were_not_joined_are_named(repo: Path, tmp_path: Path) -> None:
    workspace = resolve(repo, environment={}, arguments={"workspace": str(tmp_path)})
    parts = workspace.parts_folder("bert-99_jpqd-base")
    parts.mkdir(parents=True)
    (parts / "openvino_model.xml").write_text("<net/>")
    with pytest.raises(UsageError, match="weights of bert-99_jpqd-base are not whole") as caught:
        joined_xml(workspace, "bert-99_jpqd-base")
    assert caught.value.hint == "run tools/fetch_models.py bert-99_jpqd-base first"


def test_the_scores_as_json_fit_their_schema(
    said: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    del said
    for other, share in (("dense", 2 / 3), ("nothing", None)):
        words = ["score-model", "half", "--against", other, "--dataset", "squad-mini", "--json"]
        assert main(words) == 0
        value = json.loads(capsys.readouterr().out)
        assert_fits(value, "score_model")
        assert value["f1"] == 50.0
        assert value["against"]["share"] == (None if share is None else pytest.approx(share))
        assert (value["against"]["low"] is None) == (share is None)
    assert main(["score-model", "half", "--dataset", "squad-mini", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["against"] is None
