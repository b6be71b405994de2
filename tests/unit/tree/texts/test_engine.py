"""Templates: nothing undefined, nothing empty, and data that stays data."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from submission.errors import StageError
from submission.tree.texts import ReadmeFacts, code_readme
from submission.tree.texts.engine import TEMPLATES, block, code, fixed, grouped, md, render, short

FACTS = {"benchmark": "b", "submitter": "s", "implementation": "i", "text": "x"}
FILTERED = re.compile(r"\|\s*(md|code|block|fixed|grouped|short)\b")


def test_a_template_that_does_not_exist_is_reported() -> None:
    with pytest.raises(StageError) as stop:
        render("no_such", {})
    assert "no_such" in stop.value.what
    assert "no_such.j2" in stop.value.detail


def test_a_name_that_the_facts_do_not_have_is_reported() -> None:
    with pytest.raises(StageError) as stop:
        render("calibration_text", {"about": "x"})
    assert "'benchmark' is undefined" in stop.value.detail


def test_none_is_never_printed() -> None:
    with pytest.raises(StageError) as stop:
        render(
            "calibration_text",
            {"benchmark": "b", "submitter": "s", "implementation": None, "text": "x"},
        )
    assert "a value is missing" in stop.value.detail


def test_facts_are_a_dataclass_or_a_mapping() -> None:
    with pytest.raises(StageError) as stop:
        render("calibration_text", 7)
    assert "not int" in stop.value.detail


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("bert-99_jpqd-large", "bert-99_jpqd-large"),
        ("a|b", "a\\|b"),
        ("*x* _y_ `z`", "\\*x\\* \\_y\\_ \\`z\\`"),
        ("[a](http://b) <i>&amp;", "\\[a\\](http://b) \\<i\\>\\&amp;"),
        ("# head\n## more", "\\# head \\#\\# more"),
        ("- item", "\\- item"),
        ("1. first", "1\\. first"),
        ("2 x Xeon", "2 x Xeon"),
        ("---", "---"),
        ("===", "\\==="),
        ("back\\slash", "back\\\\slash"),
        (7, "7"),
    ],
)
def test_text_from_data_says_just_that(value: int | str, text: str) -> None:
    assert md(value) == text


@pytest.mark.parametrize("value", ["", " \n", None])
def test_an_empty_text_is_refused(value: str | None) -> None:
    for write in (md, code, block):
        with pytest.raises(ValueError, match=r"empty|missing"):
            write(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [("a_b*c", "`a_b*c`"), ("a`b", "`` a`b ``"), ("a|b", "`a\\|b`"), ("a\nb", "`a b`")],
)
def test_inline_code_ends_where_it_should(value: str, text: str) -> None:
    assert code(value) == text


def test_no_line_of_a_block_can_end_it() -> None:
    assert block("a\n```\nb\n", "text") == "````text\na\n```\nb\n````"
    assert block("\nx\n") == "```\nx\n```"


def test_numbers_are_finite_and_have_the_digits_asked_for() -> None:
    assert fixed(90.94478332426705, 3) == "90.945"
    assert grouped(10833) == "10,833"
    assert [short(x) for x in (99.0, 99.9, 130, 0.999 * 100)] == ["99", "99.9", "130", "99.9"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), None, "7", True])
def test_what_is_no_finite_number_is_refused(value: bool | float | str | None) -> None:
    writers: tuple[Callable[[Any], str], ...] = (lambda x: fixed(x, 2), grouped, short)
    for write in writers:
        with pytest.raises(ValueError, match="not a"):
            write(value)


def test_every_value_in_a_markdown_template_goes_through_a_filter() -> None:
    """Exceptions are numbers that the types make safe, and macros."""
    safe = re.compile(
        r"parts\.|item\.lines|seeds?\b|\.qsl_rng_seed|_rng_seed|min_duration_ms|min_query_count|"
        r"samples_per_query|performance_sample_count|recipe\.(epochs|warmup|range_samples|start_url)|"
        r'^"|text\.strip|mode \| capitalize|"dense"|"not run"'
    )
    bare = [
        f"{path.name}: {value}"
        for path in sorted(TEMPLATES.glob("*.j2"))
        for value in re.findall(r"\{\{-?\s*(.*?)\s*-?\}\}", path.read_text(encoding="utf-8"))
        if not path.stem.endswith("_conf") and not FILTERED.search(value) and not safe.search(value)
    ]
    assert bare == []


def test_hostile_data_cannot_break_the_table_or_the_page(readme_facts: ReadmeFacts) -> None:
    row = replace(readme_facts.rows[0], benchmark="a|b`<script>", about="# x\n\n- y ``` {{ z }}")
    text = code_readme(replace(readme_facts, rows=(row,), submitter="*Me* [x](y)\n# head"))
    table = [line for line in text.splitlines() if line.startswith("| a")]
    assert len(re.findall(r"(?<!\\)\|", table[0])) == 11
    assert "\n# head" not in text
    assert "\n- y" not in text
    assert "<script>" not in text.replace("\\<script\\>", "")
    assert text.count("\n```") % 2 == 0
