"""One LoadGen run: one process in one container, its logs kept only if the run is VALID."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from submission.container.order import Mount, Order, Outcome
from submission.errors import StageError
from submission.files import read_json, recover_folder, replace_folder, write_json, write_text
from submission.pipeline.stage import Tell
from submission.render import user_conf
from submission.settings.resolve import Runner
from submission.stages.conf import round_conf
from submission.stages.context import StageBase
from submission.stages.metadata import run_metadata
from submission.stages.spec import Places, loadgen_settings, run_spec, sut_plan
from submission.stages.telling import line_tell
from submission.terms import RunId, RunSpec

# where the published image has them
MODELS = "/opt/workdir/models/bert"
DATA = "/opt/workdir/datasets/squad"
FEATURES = "/opt/workdir/features"
OUT = "/out"
CONTAINER = Places(models=MODELS, data=DATA, features=FEATURES, out=OUT)
LOGS = ("mlperf_log_summary.txt", "mlperf_log_detail.txt")
ACCURACY_LOG = "mlperf_log_accuracy.json"
METADATA = "run_metadata.json"
# what is said of a finished run; the log holds the rest
TOLD = (
    "result_validity",
    "result_samples_per_second",
    "result_scheduled_samples_per_sec",
    "result_completed_samples_per_sec",
    "result_99.00_percentile_latency_ns",
)


@dataclass(frozen=True)
class Measure(StageBase):
    """The logs of one VALID run, with the configuration and metadata that explain them."""

    run_id: RunId | None = None

    @property
    def name(self) -> str:
        """``measure[<benchmark>/<scenario>/<mode>]``, with the profile's own folder."""
        return f"measure[{self._run}]"

    @property
    def needs(self) -> tuple[str, ...]:
        """The image, the model, and the features."""
        how = "adopt" if self.context.settings.model_dir else "rejoin"
        dataset = self.context.settings.profile.dataset
        return (f"{how}[{self._run.benchmark}]", f"features[{dataset}]", "image")

    def settings(self) -> Mapping[str, Any]:
        """LoadGen's settings, the plan, and where it runs; not the words of the profile."""
        settings = self.context.settings
        manifest = self.context.manifest(self._run.benchmark)
        wish = self.context.benchmark(self._run.benchmark).plans[self._run.scenario]
        return {
            "profile": settings.profile.name,
            "submittable": settings.profile.submittable,
            "loadgen": asdict(loadgen_settings(self.context, self._run)),
            "plan": asdict(sut_plan(wish, manifest.max_seq_length or 384)),
            "runner": settings.runner,
            "cpuset": settings.cpuset,
            "memory_bytes": settings.memory_bytes,
        }

    def inputs(self) -> tuple[Path, ...]:
        """Image id, model files and features."""
        folder = self.context.model_folder(self._run.benchmark)
        names = [file.name for file in self.context.manifest(self._run.benchmark).files]
        files = tuple(folder / name for name in names)
        return (self.context.image_file(), self.context.features_file(), *files)

    def outputs(self) -> tuple[Path, ...]:
        """The folder of the run."""
        return (self._folder,)

    def run(self, tell: Tell) -> None:
        """Run LoadGen in a fresh process; a run that is not VALID is kept apart."""
        recover_folder(self._folder)
        work = self._folder.with_name(self._folder.name + ".part")
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        places = self._places(work)
        spec = run_spec(self.context, self._run, places)
        self._write_configuration(work, spec)
        order = self._order(work, spec)
        outcome = self.context.engine.run(order, line_tell(tell, work / "harness.log"))
        if outcome.exit_code != 0:
            raise self._failure(work, outcome)
        write_json(work / METADATA, run_metadata(self.context, self._run, order, outcome, work))
        replace_folder(work, self._folder)
        tell.line(result_words(read_json(self._folder / "harness.json")))

    @property
    def _run(self) -> RunId:
        assert self.run_id is not None
        return self.run_id

    @property
    def _folder(self) -> Path:
        return self.context.run_folder(self._run)

    def _places(self, work: Path) -> Places:
        if self.context.settings.runner is Runner.DOCKER:
            return CONTAINER
        models = self.context.model_folder(self._run.benchmark).parent
        return Places(
            models=str(models),
            data=str(self.context.data_folder()),
            features=str(self.context.features_file().parent),
            out=str(work),
        )

    def _write_configuration(self, work: Path, spec: RunSpec) -> None:
        write_json(work / "run_spec.json", spec.to_json())
        write_text(work / "mlperf.conf", round_conf(self.context, self._run.benchmark))
        about = f"{self._run}, profile {self.context.settings.profile.name}"
        text = user_conf(
            spec.settings,
            scenario=self._run.scenario,
            loadgen_model=spec.loadgen_model,
            about=about,
        )
        write_text(work / "user.conf", text)

    def _order(self, work: Path, spec: RunSpec) -> Order:
        settings = self.context.settings
        models = self.context.model_folder(self._run.benchmark).parent
        return Order(
            image=read_json(self.context.image_file())["id"],
            command=("python", "-m", "submission.harness", f"{spec.out}/run_spec.json"),
            mounts=(
                Mount(source=models, target=MODELS),
                Mount(source=self.context.data_folder(), target=DATA),
                Mount(source=self.context.features_file().parent, target=FEATURES),
                Mount(source=work, target=OUT, read_only=False),
            ),
            user=f"{os.getuid()}:{os.getgid()}",
            cpuset=settings.cpuset,
            memory_bytes=settings.memory_bytes,
            labels=self.context.labels,
        )

    def _failure(self, work: Path, outcome: Outcome) -> StageError:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        words = str(self._run).replace("/", "-")
        kept = self.context.out("failed", self.context.settings.profile.name, f"{words}-{stamp}")
        replace_folder(work, kept)
        return failure_words(self._run, outcome, kept)


def failure_words(run: RunId, outcome: Outcome, kept: Path) -> StageError:
    """Why a run failed: the harness' own three lines, or what became of its container."""
    if outcome.oom_killed:
        return StageError(
            f"{run}: the container was killed for memory",
            detail=f"exit code {outcome.exit_code}; what it left is in {kept}",
            hint="give it more memory (MEMORY_BYTES), or a larger bucket_step in the profile",
        )
    try:
        error = read_json(kept / "error.json")
        what, detail, hint = error["what"], error["detail"], error["hint"]
    except (OSError, ValueError, KeyError, TypeError):
        last = outcome.tail[-1] if outcome.tail else "it printed nothing"
        return StageError(
            f"{run}: the harness died with exit code {outcome.exit_code}",
            detail=f"last line: {last}; what it left is in {kept}",
            hint="run it again; if it dies again, please report it with that folder",
        )
    return StageError(f"{run}: {what}", detail=f"{detail}; kept in {kept}", hint=hint)


def result_words(harness: Mapping[str, Any]) -> str:
    """The run's result in a few words, from the harness' own record."""
    found = [f"{key} {harness['results'][key]}" for key in TOLD if key in harness["results"]]
    return ", ".join(found) or f"answered {harness['answered']} samples"
