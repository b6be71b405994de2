"""A README of several systems gives each system's text back, byte for byte."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from submission.errors import StageError
from submission.tree.parts import joined_text, parts_of

LINES = st.sampled_from(
    ["# T", "## S", "###### low", "#no", "", "text", "```", "````bash", "~~~", "# in a fence"]
)
TEXTS = st.lists(LINES, max_size=12).map("\n".join)
NAMES = st.frozensets(st.sampled_from(["a", "b", "c -->", "node, two", '"']), min_size=1)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(TEXTS, NAMES, min_size=2, max_size=4))
def test_the_parts_of_a_joined_text_are_those_that_were_joined(
    parts: dict[str, frozenset[str]],
) -> None:
    text = joined_text(parts, "# Head\n\nwords\n", at="README.md")
    assert parts_of(text, {"x"}, at="README.md") == parts
    assert joined_text(dict(reversed(parts.items())), "# Head\n\nwords\n", at="README.md") == text


def test_a_single_text_is_left_as_it_is() -> None:
    parts = parts_of("# T\r\n\n\n", {"a", "b"}, at="README.md")
    assert parts == {"# T\r\n\n\n": frozenset({"a", "b"})}
    assert joined_text(parts, "# Head", at="README.md") == "# T\r\n\n\n"


def test_headings_are_lower_in_the_joined_text_and_comments_in_code_are_not() -> None:
    parts = {"# T\n```bash\n# comment\n```\n": frozenset({"a"}), "# U\n": frozenset({"b"})}
    lines = joined_text(parts, "# Head", at="README.md").split("\n")
    assert [line for line in lines if line.startswith("#")] == [
        "# Head",
        "## T",
        "# comment",
        "## U",
    ]


def test_what_a_person_writes_between_the_parts_is_kept() -> None:
    parts = {"# T\n": frozenset({"a"}), "# U\n": frozenset({"b"})}
    text = joined_text(parts, "# Head", at="README.md") + "\nBoth stand in one rack.\n"
    again = parts_of(text, {"a", "b"}, at="README.md")
    assert again == {**parts, "Both stand in one rack.\n": frozenset({"a", "b"})}


@pytest.mark.parametrize(
    "text",
    [
        "<!-- mlperf-kit end -->",
        '<!-- mlperf-kit systems ["a"] -->\n\n\ntext',
        '<!-- mlperf-kit systems ["a"] -->\n<!-- mlperf-kit head -->\n<!-- mlperf-kit end -->',
        "<!-- mlperf-kit systems a -->\n<!-- mlperf-kit end -->",
        "<!-- mlperf-kit systems [1] -->\n<!-- mlperf-kit end -->",
    ],
)
def test_marks_that_do_not_fit_together_are_refused(text: str) -> None:
    with pytest.raises(StageError, match="several systems cannot be read") as refused:
        parts_of(text, {"a"}, at="open/Kit/README.md")
    assert "open/Kit/README.md, line" in refused.value.detail


def test_a_text_that_holds_a_mark_is_refused() -> None:
    parts = {"<!-- mlperf-kit end -->\n": frozenset({"a"}), "x": frozenset({"b"})}
    with pytest.raises(StageError, match="several systems"):
        joined_text(parts, "# Head", at="README.md")
