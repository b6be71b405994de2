"""What one JPQD training does, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submission.errors import UsageError
from submission.files import read_json
from submission.workspace.schema import validate

MARKS = 3  # [CLS] and two [SEP]
COMMENTS = {"$schema", "version", "about"}


@dataclass(frozen=True, kw_only=True)
class Distillation:
    """``weight`` of the teacher's logits against the labels; ``hidden``: factor of the states."""

    weight: float
    temperature: float
    hidden: float


@dataclass(frozen=True, kw_only=True)
class Pruning:
    """When and how far structures go; ``begin`` and ``end``: shares of the steps before a restart.

    One of two knobs: ``sparsity`` of the gated weights, or ``regularization``, the factor of the
    scores' sigmoids in the loss (what survives is then left to training, as in the published
    models). ``score_rate``: learning rate of the scores. ``ranking_batches``: batches that give
    the scores to begin with, in order of their use; ``start`` is added to these, and is the
    score of all where no batch ranks them. FFN widths stay multiples of ``multiple``.
    """

    begin: float
    end: float
    sparsity: float | None
    regularization: float | None
    score_rate: float
    ranking_batches: int
    heads: bool
    multiple: int
    start: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Rounding:
    """How values become 8 bits.

    ``half_range``: weights keep to half of their codes (the overflow fix); activation ranges reach
    from ``percentile`` to its complement, as seen over ``batches`` batches.
    """

    half_range: bool
    percentile: float
    batches: int


@dataclass(frozen=True, kw_only=True)
class Restart:
    """More ``steps`` after the training: the learning rate rises again, to a peak of its own.

    Loshchilov and Hutter 2017, "SGDR"; the smaller network of a high sparsity learns on where the
    first descent has left it.
    """

    steps: int
    learning_rate: float


@dataclass(frozen=True, kw_only=True)
class JpqdConfig:
    """A whole training; ``steps`` or ``epochs`` says how long.

    ``batch``: windows that one device takes at a time; a step takes ``batch`` times ``devices``,
    one after the other where there are fewer devices. ``first_layers``: blocks of the base that
    are taken, all of them by default.

    ``model`` is made, from ``base``, with ``teacher``, on ``data``: each a name of a manifest.
    Shares are of the first descent, ``warmup`` of each; ``restart`` comes after it. ``questions``
    bounds how many are read, evenly from all of them; None reads every one.
    """

    model: str
    base: str
    teacher: str
    data: str
    seed: int
    max_length: int
    overlap: int
    batch: int
    steps: int | None
    epochs: float | None
    learning_rate: float
    warmup: float
    weight_decay: float
    dropout: float
    freeze_embeddings: bool
    autocast: str | None
    held_out: float
    evaluations: int
    checkpoint_every: int
    distillation: Distillation
    pruning: Pruning
    rounding: Rounding
    devices: int = 1
    first_layers: int | None = None
    questions: int | None = None
    restart: Restart | None = None

    @property
    def step_size(self) -> int:
        """Windows a step learns from, on however many devices it runs."""
        return self.batch * self.devices

    def total_steps(self, windows: int) -> int:
        """Optimizer steps over ``windows`` training windows."""
        if self.steps is not None:
            return self.steps
        return max(1, round((self.epochs or 1.0) * -(-windows // self.step_size)))


def load_config(path: Path, *, name: str | None = None, dropout: float | None = None) -> JpqdConfig:
    """Read and check a configuration; raises UsageError for one that does not fit the schema.

    ``name`` (of the model that is made) and ``dropout`` stand in place of the file's own.
    """
    value = read_config(path)
    given = {"model": name, "dropout": dropout}
    if isinstance(value, dict):
        value |= {key: own for key, own in given.items() if own is not None}
    return parse_config(value, what=str(path))


def read_config(path: Path) -> Any:
    """What the file of a configuration holds, not yet checked; raises UsageError."""
    try:
        return read_json(path)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise UsageError(
            "the JPQD configuration cannot be read",
            detail=f"{path}: {why}",
            hint="see models/minilm-squad_jpqd-50/jpqd.json for one that works",
        ) from error


def parse_config(data: Mapping[str, Any], *, what: str = "the configuration") -> JpqdConfig:
    """A configuration from its JSON object; ``what`` names it where it is wrong (UsageError)."""
    validate(data, "jpqd", what=what)
    plain = {key: value for key, value in data.items() if key not in COMMENTS}
    pruning = {"sparsity": None, "regularization": None, **plain.pop("pruning")}
    _one_of(plain, ("steps", "epochs"), what)
    _one_of(pruning, ("sparsity", "regularization"), what)
    if pruning["begin"] >= pruning["end"]:
        raise UsageError(
            f"{what}: pruning ends before it begins",
            detail=f"begin {pruning['begin']}, end {pruning['end']}",
            hint="both are shares of the steps before any restart, and begin is the smaller",
        )
    if question_tokens(plain["max_length"], plain["overlap"]) < 1:
        raise UsageError(
            f"{what}: the windows overlap too much to leave room for a question",
            detail=f"max_length {plain['max_length']}, overlap {plain['overlap']}",
            hint="make overlap a third of max_length, as the published recipes do",
        )
    restart = plain.pop("restart", None)
    return JpqdConfig(
        restart=None if restart is None else Restart(**restart),
        distillation=Distillation(**plain.pop("distillation")),
        pruning=Pruning(**pruning),
        rounding=Rounding(**plain.pop("rounding")),
        **{"steps": None, "epochs": None, **plain},
    )


def question_tokens(max_length: int, overlap: int) -> int:
    """Tokens that a window can give to its question.

    Beside it fit [CLS], two [SEP] and more context than the next window shares.
    """
    return max_length - MARKS - (overlap + 1)


def _one_of(values: Mapping[str, Any], names: tuple[str, str], what: str) -> None:
    given = [name for name in names if values.get(name) is not None]
    if len(given) != 1:
        raise UsageError(
            f"{what} needs exactly one of {names[0]} and {names[1]}",
            detail="it has both" if given else "it has neither",
            hint="keep the one that you mean",
        )
