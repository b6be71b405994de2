"""The result of a training campaign: F1 against sparsity, as JSON, as a page, and as a figure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from submission.errors import StageError
from submission.files import read_json, write_json, write_text
from submission.lab.plot import Spot, SpotLine, spots_svg
from submission.lab.sweep.file import TrainingCampaign, TrainingCell
from submission.pipeline.stage import Reporter
from submission.report.facts import FIT_SHARE
from submission.wording import counted, listed_words
from submission.workspace.schema import validate

#: factors that move a training along the curve; the others make curves of their own
ALONG = ("pruning.sparsity", "pruning.regularization")
SCHEMA = "training_curve"


@dataclass(frozen=True, kw_only=True)
class TrainedCell:
    """A training and its score: F1 in percent, its share of the dense F1 with a 95 % interval.

    ``share`` and its ends are None where the dense model has no right answer.
    """

    cell: TrainingCell
    sparsity_percent: float
    f1: float
    exact_match: float
    questions: int
    dense_f1: float
    share: float | None
    low: float | None
    high: float | None
    minutes: float | None
    folder: str

    @property
    def series(self) -> str:
        """The factors that do not move it along the curve, in words."""
        words = [f"{key} {value}" for key, value in self.cell.factors.items() if key not in ALONG]
        return ", ".join(words) or "as the base"


def read_trained(cell: TrainingCell, score: Path) -> TrainedCell:
    """The score that came back; StageError if it is not one."""
    try:
        value = read_json(score)
        against = value["against"]
        return TrainedCell(
            cell=cell,
            sparsity_percent=float(value["structured_sparsity_percent"]),
            f1=float(value["f1"]),
            exact_match=float(value["exact_match"]),
            questions=int(value["questions"]),
            dense_f1=float(against["f1"]),
            share=against["share"],
            low=against["low"],
            high=against["high"],
            minutes=value.get("minutes"),
            folder=score.parent.name,
        )
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise StageError(
            f"the score of {cell.name} cannot be read",
            detail=f"{score}: {type(error).__name__}: {error}",
            hint="remove its folder and run the campaign again; no training is repeated for it",
        ) from error


@dataclass(frozen=True, kw_only=True)
class DrawCurve:
    """A stage here: JSON, page and figure of the trainings that are done.

    ``scores`` are the files of those, ``lacking`` the names of the others, ``results`` the page,
    the JSON and the figure.
    """

    campaign: TrainingCampaign
    scores: Sequence[tuple[TrainingCell, Path]]
    lacking: tuple[str, ...]
    results: tuple[Path, ...]

    name = "curve"
    owner = ""
    needs: tuple[str, ...] = ()
    revision = 1

    def settings(self) -> Mapping[str, Any]:
        """Which trainings it is of, and which it lacks."""
        return {
            "cells": {cell.name: dict(cell.factors) for cell, _ in self.scores},
            "lacking": list(self.lacking),
            "dense": self.campaign.dense,
            "dataset": self.campaign.dataset,
        }

    def inputs(self) -> tuple[Path, ...]:
        """The scores of the trainings that are done."""
        return tuple(path for _, path in self.scores)

    def outputs(self) -> tuple[Path, ...]:
        return self.results

    def probe(self) -> str | None:
        """Its files say it all: nothing else is looked at."""
        return None

    def run(self, report: Reporter) -> None:
        """Read every score and write the three files; raises StageError."""
        trained = sorted(
            (read_trained(cell, path) for cell, path in self.scores),
            key=lambda each: (each.sparsity_percent, each.cell.name),
        )
        page, table, figure = self.results
        value = curve_json(self.campaign, trained, self.lacking)
        validate(value, SCHEMA, what="the curve")
        write_json(table, value)
        write_text(figure, curve_svg(self.campaign, trained))
        write_text(page, curve_page(self.campaign, trained, self.lacking, figure.name))
        report.figure(f"F1 of {counted(len(trained), 'training')}: {_span(trained)}")


def _span(trained: Sequence[TrainedCell]) -> str:
    first, last = trained[0], trained[-1]
    return (
        f"{first.f1:.2f} at {first.sparsity_percent:.1f} % to "
        f"{last.f1:.2f} at {last.sparsity_percent:.1f} %"
    )


def curve_json(
    campaign: TrainingCampaign, trained: Sequence[TrainedCell], lacking: Sequence[str]
) -> dict[str, Any]:
    """The curve by ``training_curve.schema.json``."""
    return {
        "version": 1,
        "campaign": campaign.name,
        "dataset": campaign.dataset,
        "dense": {"model": campaign.dense, "f1": sorted({each.dense_f1 for each in trained})},
        "trainings": [
            {
                "name": each.cell.name,
                "seed": each.cell.seed,
                "factors": dict(each.cell.factors),
                "structured_sparsity_percent": each.sparsity_percent,
                "f1": each.f1,
                "exact_match": each.exact_match,
                "questions": each.questions,
                "share_of_dense_f1": each.share,
                "low": each.low,
                "high": each.high,
                "minutes": each.minutes,
                "folder": each.folder,
            }
            for each in trained
        ],
        "lacking": list(lacking),
    }


def curve_svg(campaign: TrainingCampaign, trained: Sequence[TrainedCell]) -> str:
    """F1 over sparsity, with intervals, the dense model at 0 %, and a line at 99 % of its F1."""
    dense = fmean(each.dense_f1 for each in trained)
    series = defaultdict(list)
    for each in trained:
        series[each.series].append(each)
    lines = [
        SpotLine(name=name, spots=[_spot(one) for one in found], path=_means(found))
        for name, found in series.items()
    ]
    base = SpotLine(name=f"{campaign.dense} (dense)", spots=[Spot(x=0.0, y=dense)], path=())
    return spots_svg(
        f"{campaign.name}: F1 on {campaign.dataset} against structured sparsity",
        ("structured sparsity [%]", "F1 [%]"),
        [base, *lines],
        level=(FIT_SHARE * dense, f"{FIT_SHARE:.0%} of the dense F1"),
    )


def _spot(one: TrainedCell) -> Spot:
    ends = (one.low, one.high)
    low, high = (None if each is None else each * one.dense_f1 for each in ends)
    return Spot(x=one.sparsity_percent, y=one.f1, low=low, high=high)


def _means(found: Sequence[TrainedCell]) -> list[tuple[float, float]]:
    """The line goes through the mean over the seeds of each configuration."""
    by_factors = defaultdict(list)
    for each in found:
        by_factors[tuple(each.cell.factors.items())].append(each)
    return sorted(
        (fmean(one.sparsity_percent for one in same), fmean(one.f1 for one in same))
        for same in by_factors.values()
    )


def curve_page(
    campaign: TrainingCampaign, trained: Sequence[TrainedCell], lacking: Sequence[str], figure: str
) -> str:
    """The curve as a page of Markdown."""
    keys = list(dict.fromkeys(key for each in trained for key in each.cell.factors))
    head = [*keys, "seed", "sparsity", "F1", "exact match", "of the dense F1 (95 % interval)"]
    rows = [[_cell(each.cell.factors.get(key)) for key in keys] + _row(each) for each in trained]
    dense = [f"{each:.2f}" for each in sorted({each.dense_f1 for each in trained})]
    intro = (
        f"{counted(len(trained), 'training')} from `{campaign.base.name}` of "
        f"`{campaign.base.parent.name}`, scored on all {trained[0].questions:,} questions of "
        f"{campaign.dataset}. The dense baseline {campaign.dense} has an F1 of "
        f"{listed_words(dense)} there; intervals are those of a paired bootstrap over the "
        "questions."
    )
    lines = [
        f"# {campaign.name}: F1 against sparsity",
        "",
        intro,
        "",
        f"![F1 against structured sparsity]({figure})",
        "",
        _table_row([*head, "minutes", "folder"]),
        _table_row(["---"] * (len(head) + 2)),
        *map(_table_row, rows),
    ]
    if lacking:
        lines += ["", f"Not done yet, or failed: {', '.join(lacking)}."]
    return "\n".join([*lines, ""])


def _row(one: TrainedCell) -> list[str]:
    share = "none" if one.share is None else f"{one.share:.1%} ({one.low:.1%} to {one.high:.1%})"
    return [
        str(one.cell.seed),
        f"{one.sparsity_percent:.1f} %",
        f"{one.f1:.2f}",
        f"{one.exact_match:.2f}",
        share,
        "" if one.minutes is None else f"{one.minutes:g}",
        one.folder,
    ]


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _table_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
