"""Scores an accuracy run: F1, accuracy.txt, and the log truncated as the round demands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submission.errors import StageError
from submission.files import read_json, replacing_folder, write_json, write_text
from submission.harness.digests import refuse_changed
from submission.harness.files import REPORT_FILE
from submission.loadgen.names import ACCURACY_FILE, SCORE_FILE
from submission.loadgen.squad_text import accuracy_text
from submission.loadgen.truncate import truncate_log
from submission.pipeline.stage import Reporter
from submission.squad.dataset import load_dataset
from submission.squad.feature_file import load_features
from submission.squad.score import Score, score_run
from submission.stages.base import StageBase
from submission.stages.features import dataset_file
from submission.terms import Mode, RunId, Scenario

SCORE = "score.json"
PREDICTIONS = "predictions.json"
QUESTION_SCORES = "question_scores.npz"


@dataclass(frozen=True)
class ScoreRun(StageBase):
    """F1 and exact match of one accuracy run; the full log stays in the run's folder."""

    benchmark: str = ""
    scenario: Scenario = Scenario.OFFLINE

    @property
    def name(self) -> str:
        """``score[<benchmark>/<scenario>]``."""
        return f"score[{self.benchmark}/{self.scenario}]"

    @property
    def needs(self) -> tuple[str, ...]:
        """The accuracy run of the same scenario."""
        return (f"measure[{self._run}]",)

    def settings(self) -> Mapping[str, Any]:
        """How long a log may be, and how a longer one is cut."""
        log = self.context.policy.accuracy_log
        return {
            "max_bytes": log.max_bytes,
            "head": log.head_bytes,
            "tail": log.tail_bytes,
            "ellipsis": log.ellipsis,
            "scores": "of each question",
        }

    def inputs(self) -> tuple[Path, ...]:
        """The full log, the features, the reference answers."""
        return (self._log, self.context.features_file(), dataset_file(self.context, "data"))

    def outputs(self) -> tuple[Path, ...]:
        """A folder with accuracy.txt, the truncated log, the predictions and their scores."""
        return (self._folder,)

    def run(self, report: Reporter) -> None:
        """Score and truncate; raises StageError for synthetic weights and damaged logs."""
        if self.context.manifest(self.benchmark).synthetic:
            raise StageError(
                f"{self.benchmark} has synthetic weights: its answers mean nothing",
                detail="its manifest sets made_up",
                hint="fetch the real weights to score it; synthetic ones are for timing only",
            )
        with replacing_folder(self._folder) as work:
            score = self._write(work)
        report.figure(f"F1 {score.f1:.4f}, exact match {score.exact_match:.4f}")

    def _write(self, work: Path) -> Score:
        recorded = read_json(self._log.with_name(REPORT_FILE)).get("digests", {})
        refuse_changed(self._log.parent, recorded, str(self._run))
        limits = self.context.policy.accuracy_log
        dataset = load_dataset(dataset_file(self.context, "data"))
        score = score_run(dataset, load_features(self.context.features_file()), self._log)
        cut = truncate_log(
            self._log,
            work / ACCURACY_FILE,
            limit_bytes=limits.max_bytes,
            head_bytes=limits.head_bytes,
            tail_bytes=limits.tail_bytes,
            ellipsis=limits.ellipsis,
        )
        text = accuracy_text(exact_match=score.exact_match, f1=score.f1, log_sha256=cut.sha256)
        write_text(work / SCORE_FILE, text)
        write_json(work / PREDICTIONS, dict(score.predictions))
        score.questions.save(work / QUESTION_SCORES)
        write_json(
            work / SCORE,
            {"f1": score.f1, "exact_match": score.exact_match, "log_sha256": cut.sha256},
        )
        return score

    @property
    def _run(self) -> RunId:
        return RunId(benchmark=self.benchmark, scenario=self.scenario, mode=Mode.ACCURACY)

    @property
    def _log(self) -> Path:
        return self.context.workspace.run_folder(self._run) / ACCURACY_FILE

    @property
    def _folder(self) -> Path:
        return self.context.workspace.score_folder(self.benchmark, self.scenario)
