"""Templates to text: nothing undefined, nothing empty, nothing that breaks the Markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import jinja2

from submission.errors import StageError
from submission.files import packaged
from submission.wording import code_span

TEMPLATES = Path(__file__).parent / "templates"
# an underscore within a word means nothing in Markdown, and names are full of them
SPECIAL = re.compile(r"([\\`*{}\[\]<>#|!~&]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))")
LIST_SIGN = re.compile(r"^(\d*)([-+=.)])(?=\s|$|=)")
BACKTICKS = re.compile(r"`+")
SHORTEST_FENCE = 3


class EmptyValueError(ValueError):
    """A template would have printed a value that is not there."""


def render(template: str, facts: object) -> str:
    """The text of ``templates/<template>.j2`` with the fields of ``facts`` as its names.

    ``facts`` is a dataclass or a mapping. Raises StageError if the template does not exist, asks
    for a name that the facts do not have, or would print ``None``, NaN or an infinity.
    """
    try:
        return _environment().get_template(f"{template}.j2").render(_names(facts))
    except jinja2.TemplateNotFound as error:
        raise _failure(template, f"there is no template {error}") from error
    except (jinja2.TemplateError, EmptyValueError, TypeError, ValueError) as error:
        raise _failure(template, str(error).splitlines()[0]) from error


def _failure(template: str, why: str) -> StageError:
    return StageError(
        f"The text {template} could not be written",
        detail=why,
        hint="a text is never written with a gap: look for the run, manifest or setting it names",
    )


def _names(facts: object) -> dict[str, Any]:
    if isinstance(facts, Mapping):
        return {str(name): value for name, value in facts.items()}
    if is_dataclass(facts):
        return {field.name: getattr(facts, field.name) for field in fields(facts)} | {
            "facts": facts
        }
    raise TypeError(f"facts must be a dataclass or a mapping, not {type(facts).__name__}")


def _source(name: str) -> str | None:
    """The text of a template, in a folder or in the single file of the kit; None: there is none."""
    found = packaged(TEMPLATES / name)
    return found.read_text(encoding="utf-8") if found.is_file() else None


def _environment() -> jinja2.Environment:
    # Markdown, not HTML: what comes from data goes through the filters md, code and block
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_source),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_not_empty,
    )
    environment.filters.update(
        md=md, code=code, block=block, fixed=fixed, grouped=grouped, short=short
    )
    return environment


def _not_empty(value: Any) -> Any:
    if value is None:
        raise EmptyValueError("a value is missing (None)")
    return value


def md(value: object) -> str:
    """``value`` as one line of Markdown text that says just that: special signs are escaped."""
    text = " ".join(str(_not_empty(value)).split())
    if not text:
        raise EmptyValueError("a text is empty")
    return LIST_SIGN.sub(r"\1\\\2", SPECIAL.sub(r"\\\1", text))


def code(value: object) -> str:
    """``value`` as inline code, also in a table."""
    text = " ".join(str(_not_empty(value)).split())
    if not text:
        raise EmptyValueError("a text is empty")
    return code_span(text).replace("|", "\\|")


def block(value: object, language: str = "") -> str:
    """``value`` as a fenced block that no line of it can end."""
    text = str(_not_empty(value)).strip("\n")
    if not text.strip():
        raise EmptyValueError("a block is empty")
    fence = "`" * max(SHORTEST_FENCE, _longest_run(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def fixed(value: float, digits: int) -> str:
    """A finite number with a fixed count of digits after the point."""
    return f"{_finite(value):.{digits}f}"


def short(value: float) -> str:
    """A finite number with no more digits than it needs, six at most after the point."""
    text = f"{_finite(value):.6f}"
    return text.rstrip("0").rstrip(".")


def grouped(value: float) -> str:
    """A finite whole number with commas between the thousands."""
    return f"{_finite(value):,.0f}"


def _finite(value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise EmptyValueError(f"not a number: {value!r}")
    if not -float("inf") < value < float("inf"):
        raise EmptyValueError(f"not a finite number: {value}")
    return value


def _longest_run(text: str) -> int:
    return max((len(run) for run in BACKTICKS.findall(text)), default=0)
