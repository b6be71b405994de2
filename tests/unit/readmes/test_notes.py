"""Notes of a person: at the end of a README, and never to be taken for what the kit measured."""

import pytest

from submission.readmes.notes import faults, split_notes, with_notes

TEXT = "# A README\n\nsamples/s: 4\n"


@pytest.mark.parametrize(
    "notes",
    [
        "The machine stands in a cold room.",
        "- one\n- two\n\n1. three\n\n> quoted: F1 is the harmonic mean of precision and recall",
        "### Cooling\n\n| fan | size |\n|---|---|\n| front | 120 mm |",
        "See <https://example.org/a_b> and <mailto:me@example.org>, a < b, c <- d.",
        "Above\n\n---\n\nbelow: the latency was fine, and Server ran at night.",
        "```bash\nmake run  # as before\n```",
    ],
)
def test_prose_lists_and_tables_of_other_things_are_welcome(notes: str) -> None:
    assert list(faults(notes)) == []
    assert split_notes(with_notes(TEXT, notes)) == (TEXT, f"{notes}\n")


@pytest.mark.parametrize(
    ("notes", "fault"),
    [
        ("## Results", "line 1: a heading above the third level"),
        ("Words.\n# Results", "line 2: a heading above the third level"),
        ("Results\n=======", "line 2: a heading above the third level"),
        ("Results\n---", "line 2: a heading above the third level"),
        ("| model | F1 |\n|---|---|\n| a | 99 |", "line 2: a table of results"),
        ("model | rate\n--- | ---\nminilm | 900 samples/s", "line 2: a table of results"),
        ("> | Server | Offline |\n> |---|---|\n> | 1 | 2 |", "line 2: a table of results"),
        ("<table><tr><td>9000</td></tr></table>", "line 1: HTML"),
        ("<!-- hidden", "line 1: HTML"),
        ("samples/s: 9000", "line 1: an output"),
        ("```text\nF1: 99.9\n```", "line 2: an output"),
    ],
)
def test_what_looks_like_the_kit_is_named(notes: str, fault: str) -> None:
    assert fault in list(faults(notes))


def test_without_notes_a_text_stays_as_it_is() -> None:
    assert with_notes(TEXT, " \n") == TEXT
    assert split_notes(TEXT) == (TEXT, "")
