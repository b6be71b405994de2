"""READMEs against what they would be: line by line, with the profile that made them."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from submission.errors import UsageError
from submission.readmes.notes import with_notes
from submission.review.evidence.rendered import (
    compared,
    compared_parts,
    mended_number,
    named_profile,
    noted,
)
from submission.tree.parts import END, joined_text

TEXT = "# A\n\nOne.\nTwo.\n"
NOTES_FAULT = (
    "notes of the submitter, line 1: a heading above the third level / notes that look like notes"
)
MODEL = "minilm-squad_jpqd-50"


def differing(text: str | None) -> list[str]:
    found = compared("README.md", text, TEXT)
    return [f"{x.what} {x.found} / {x.expected}" for x in found if not x.equal]


@pytest.mark.parametrize("text", [TEXT, TEXT.rstrip("\n"), with_notes(TEXT, "Thanks to all.")])
def test_the_same_words_are_equal(text: str) -> None:
    assert differing(text) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, " no file / a README that the kit writes"),
        ("", "line 2: nothing / One.\\nTwo."),
        (TEXT.replace("One", "1"), "line 3: 1. / One."),
        (f"{TEXT}Three.\n", "line 5: Three. / nothing"),
        ("<!--\n" + TEXT, "line 1: <!-- / nothing"),
        (TEXT.replace("\n", "\r\n"), "line 1: # A\r\\n\r\\nOne.\r\\nTwo.\r / # A\\n\\nOne.\\nTwo."),
        (with_notes(TEXT, "## Results"), NOTES_FAULT),
    ],
)
def test_each_place_that_differs_is_shown(text: str | None, words: str) -> None:
    assert words in differing(text)


def test_of_many_places_a_few_are_shown() -> None:
    text = "\n".join(f"{n}\nsame {n}" for n in range(20))
    found = compared("README.md", text, "\n".join(f"x\nsame {n}" for n in range(20)))
    words = [str(x.found) for x in found if not x.equal]
    assert len(words) == 6
    assert words[-1] == "15 more places that differ"


@pytest.mark.parametrize(
    ("name", "models", "dataset"),
    [
        ("demo", [MODEL], "squad-mini"),
        ("official", ["minilm-squad", MODEL, "minilm-squad_jpqd-70"], "squad"),
        ("official", [MODEL], "squad"),
        ("demo-mine", ["mine"], "squad-mini"),
        ("demo-my-data", [MODEL], "my-data"),
        ("demo-mine-my-data", ["mine"], "my-data"),
        (f"official-{MODEL}-other", [MODEL], "other"),
    ],
)
def test_a_profile_is_found_by_its_name_and_what_ran(
    repo: Path, name: str, models: list[str], dataset: str
) -> None:
    folder = repo / "measurements/profiles"
    found = named_profile(folder, name, models=models, dataset=dataset)
    assert found.name == name
    assert found.dataset == dataset
    assert sorted(b.model for b in found.benchmarks) == sorted(models)


@pytest.mark.parametrize("name", ["none", "demo-other"])
def test_a_name_that_no_profile_can_have_is_refused(repo: Path, name: str) -> None:
    with pytest.raises(UsageError, match=f"profile {name}"):
        named_profile(repo / "measurements/profiles", name, models=["mine"], dataset="squad-mini")


def part(name: str, *, notes: str = "") -> str:
    return with_notes(f"# {name}\n\nThe rate of {name} is 4.\n", notes)


def joined(*parts: str) -> str:
    return joined_text({text: frozenset({"box"}) for text in parts}, "# Both\n", at="README.md")


@pytest.mark.parametrize(
    ("text", "differ"),
    [
        (joined(part("one"), part("two")), []),
        (joined(part("one", notes="Thanks."), part("two")), []),
        (joined(part("one"), part("two"), "Words of a person.\n"), []),
        (joined(part("one"), part("two").replace("4", "9")), ["line 3:"]),
        (joined(part("one"), "Words of a person.\n"), ["line 1:"]),
        (
            joined(part("one"), part("two"), "| model | F1 |\n|---|---|\n| a | 99 |\n"),
            ["notes of the submitter,"],
        ),
    ],
)
def test_a_joined_readme_is_compared_part_by_part(text: str, differ: list[str]) -> None:
    every = [("box", part("one")), ("box", part("two"))]
    found = compared_parts("README.md", text, every)
    assert [each.what for each in found if not each.equal] == differ


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TEXT, []),
        (with_notes(TEXT, "Thanks."), ["open/Us/README.md: 1 line by a person"]),
        (with_notes(joined(part("one"), part("two")), "A.\n\nB."), ["3 lines by a person"]),
        (joined(part("one", notes="Thanks."), part("two")), ["1 line by a person"]),
        (joined(part("one"), part("two")) + END + "\n", ["open/Us/README.md: "]),
    ],
)
def test_notes_are_listed_wherever_they_stand(text: str, said: list[str], tmp_path: Path) -> None:
    path = tmp_path / "open/Us/README.md"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    cell = SimpleNamespace(place=SimpleNamespace(owner="open/Us"))
    tree = SimpleNamespace(
        cells=[cell], root=tmp_path, inside=lambda p: p.relative_to(tmp_path).as_posix()
    )
    found = noted(tree)  # type: ignore[arg-type]
    assert len(found) == len(said)
    assert all(words in line for words, line in zip(said, found, strict=True))


def test_a_number_that_invalid_runs_changed_is_theirs() -> None:
    mends = [{"setting": "target_qps", "after": 130.0}, {"setting": "target_qps", "after": 150.0}]
    assert mended_number({"mended": mends}, "target_qps", 5.0) == 150.0
    assert mended_number({"mended": mends}, "min_query_count", 100) == 100
    assert mended_number({"mended": mends}, "target_qps", None) is None
    assert mended_number({}, "target_qps", 5.0) == 5.0
    found = {"found_rate": {"target_qps": 77.0}}
    assert mended_number(found, "target_qps", 5.0) == 77.0
    assert mended_number(found, "target_qps", None) == 77.0, "in place of a share of the probe"
    assert mended_number(found, "min_query_count", 100) == 100
    assert mended_number({**found, "mended": mends}, "target_qps", None) == 150.0
