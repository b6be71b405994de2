"""What READMEs are rendered from, wherever it is read: in a workspace or in a finished tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from submission.artifacts.manifest import Manifest
from submission.loadgen.squad_text import SquadAccuracy
from submission.policy.model import Policy
from submission.runs.spec import terms_for
from submission.squad.question_scores import QuestionScores
from submission.terms import LoadgenSettings, RunId, Scenario
from submission.tree.order import SubmissionNames
from submission.workspace.profile import Profile


class ReadmeSource(Protocol):
    """The facts of one submission. Each method raises a KitError for what cannot be read."""

    @property
    def names(self) -> SubmissionNames:
        """The names and paths of the tree."""

    @property
    def profile(self) -> Profile:
        """What was run: benchmarks, data set and waivers."""

    @property
    def policy(self) -> Policy:
        """What the round fixes."""

    @property
    def image(self) -> str:
        """The name of the image that the runs were made in."""

    @property
    def system(self) -> Mapping[str, str]:
        """The description of the system."""

    def manifest(self, name: str) -> Manifest:
        """The manifest of a model as it ran, or of a data set."""

    def calibration(self, model: str) -> str | None:
        """The text of its makers on how a model came about (calibration.md)."""

    def metadata(self, run: RunId) -> Mapping[str, Any]:
        """The metadata of a run."""

    def log(self, run: RunId) -> Mapping[str, Any]:
        """The values of a run's detail log."""

    def settings(self, run: RunId) -> LoadgenSettings:
        """What LoadGen was asked for."""

    def accuracy(self, benchmark: str, scenario: Scenario) -> SquadAccuracy:
        """The score of an accuracy run."""

    def question_scores(self, benchmark: str, scenario: Scenario) -> QuestionScores | None:
        """What each question scored in an accuracy run; None in the tree of an earlier kit."""

    def question_count(self) -> int:
        """The questions of the data set."""

    def data_is_carried(self) -> bool:
        """Whether the tree holds the data set's files."""


def mapped_model(source: ReadmeSource, model: str) -> str:
    """The round's benchmark whose rules a model follows."""
    return terms_for(source.policy, model, source.manifest(model)).name
