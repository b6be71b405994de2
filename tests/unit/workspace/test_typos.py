"""Names in the environment that look like settings, and values of another form."""

from __future__ import annotations

from pathlib import Path

import pytest

from submission.errors import UsageError
from submission.workspace.resolve import mistyped_variables, resolve


@pytest.mark.parametrize(
    ("name", "meant"), [("SUBMITER", "SUBMITTER"), ("PROFIL", "PROFILE"), ("WORKSPCE", "WORKSPACE")]
)
def test_a_mistyped_name_is_reported(name: str, meant: str) -> None:
    (words,) = mistyped_variables({name: "x", "PATH": "/bin"})
    assert name in words
    assert f"{meant} is meant?" in words


@pytest.mark.parametrize("name", ["SUBMITTER", "MODELS", "PATH", "IMAGES_DIR", "DATABASE", "HOME"])
def test_other_names_are_left_alone(name: str) -> None:
    assert not mistyped_variables({name: "x"})


def test_no_regular_expression_is_shown() -> None:
    with pytest.raises(UsageError) as caught:
        resolve(Path(), environment={"SUBMITTER": "Me Inc"}, arguments={})
    assert "letters, digits, points, dashes and underscores" in caught.value.detail
    assert "^" not in str(caught.value)
