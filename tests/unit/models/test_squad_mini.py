import copy
import importlib.util
import json
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "models" / "squad-mini"


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("squad_mini_build", FOLDER / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def committed() -> Any:
    return json.loads((FOLDER / "mini-v1.1.json").read_text(encoding="utf-8"))


@pytest.fixture
def dataset(committed: Any) -> Any:
    return copy.deepcopy(committed)


def first_question(dataset: Any) -> Any:
    return dataset["data"][0]["paragraphs"][0]["qas"][0]


def test_the_committed_file_is_sound_and_what_the_source_gives(builder: ModuleType) -> None:
    assert builder.check(FOLDER / "mini-v1.1.json", FOLDER / "source") == []


def test_a_moved_offset_is_named(builder: ModuleType, dataset: Any) -> None:
    question = first_question(dataset)
    question["answers"][0]["answer_start"] += 1
    (problem,) = builder.verify(dataset)
    assert f"article 'Rocks', paragraph 1, question '{question['question']}'" in problem
    assert "is not at character" in problem


def test_an_offset_before_the_text_is_named(builder: ModuleType, dataset: Any) -> None:
    first_question(dataset)["answers"][0]["answer_start"] = -5
    (problem,) = builder.verify(dataset)
    assert "is not at character -5" in problem


def test_a_duplicate_id_is_named_with_both_places(builder: ModuleType, dataset: Any) -> None:
    first, second = dataset["data"][0]["paragraphs"][0]["qas"][:2]
    second["id"] = first["id"]
    (problem,) = builder.verify(dataset)
    assert first["id"] in problem
    assert first["question"] in problem
    assert second["question"] in problem


def test_an_answer_that_is_not_in_the_paragraph_is_named(builder: ModuleType, dataset: Any) -> None:
    question = first_question(dataset)
    question["answers"][0]["text"] = "seventeen families"
    (problem,) = builder.verify(dataset)
    assert "answer 'seventeen families' is not in the paragraph" in problem
    assert question["question"] in problem


@pytest.mark.parametrize("count", [0, 4])
def test_a_wrong_number_of_answers_is_named(builder: ModuleType, dataset: Any, count: int) -> None:
    question = first_question(dataset)
    question["answers"] = question["answers"][:1] * count
    (problem,) = builder.verify(dataset)
    assert f"{count} answers" in problem


def test_a_set_that_is_too_small_is_refused(builder: ModuleType, dataset: Any) -> None:
    del dataset["data"][1:]
    paragraphs, questions = builder.verify(dataset)
    assert "4 paragraphs, at least 60" in paragraphs
    assert "at least 300" in questions


def test_an_edit_of_the_source_makes_the_committed_file_stale(
    builder: ModuleType, tmp_path: Path
) -> None:
    shutil.copytree(FOLDER / "source", tmp_path / "source")
    (tmp_path / "source" / "99-more.md").write_text("# More\n\nA dog sat.\n\n- Who sat? | A dog\n")
    (problem,) = builder.check(FOLDER / "mini-v1.1.json", tmp_path / "source")
    assert "is not what" in problem


TEXT = "# Two bells\n\nA bell rang.\nThen the old bell fell silent; the label stayed.\n\n"


@pytest.mark.parametrize(
    ("line", "start"),
    [
        ("- What rang? | bell {1}", 2),
        ("- What fell? | bell {2}", 26),
        ("- What fell? | old bell", 22),
    ],
)
def test_the_source_says_which_occurrence(builder: ModuleType, line: str, start: int) -> None:
    article = builder.parse_article(TEXT + line, "x.md")
    answer = article["paragraphs"][0]["qas"][0]["answers"][0]
    assert article["title"] == "Two_bells"
    assert answer["answer_start"] == start


def test_a_repeated_variant_means_the_place_of_the_first_answer(builder: ModuleType) -> None:
    article = builder.parse_article(TEXT + "- What fell? | the old bell | bell", "x.md")
    answers = article["paragraphs"][0]["qas"][0]["answers"]
    assert [answer["answer_start"] for answer in answers] == [18, 26]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("- What rang? | bell", "occurs 2 times"),
        ("- What rang? | bell {3}", "is not in the paragraph"),
        ("- What rang? | gong", "is not in the paragraph"),
        ("- What rang?", "no answer"),
    ],
)
def test_a_bad_line_of_the_source_is_named(builder: ModuleType, line: str, words: str) -> None:
    with pytest.raises(
        builder.SourceError, match=r"article 'Two_bells', paragraph 1, question 'What rang\?'"
    ) as caught:
        builder.parse_article(TEXT + line, "x.md")
    assert words in str(caught.value)


def test_the_command_says_what_is_wrong_and_fails(
    builder: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    missing = str(tmp_path / "none.json")
    monkeypatch.setattr("sys.argv", ["build.py", "--check", "--output", missing])
    assert builder.main() == 1
    assert "none.json is missing" in capsys.readouterr().err
