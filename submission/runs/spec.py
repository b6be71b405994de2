"""The RunSpec of a run and the files that the harness reads: for stages, reviewers and benches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submission.artifacts.manifest import Manifest
from submission.errors import StageError
from submission.files import read_json, write_bytes, write_json
from submission.harness.files import SPEC_FILE
from submission.loadgen.names import MLPERF_CONF, USER_CONF
from submission.loadgen.settings import user_conf
from submission.policy.model import BenchmarkTerms, Policy
from submission.terms import LoadgenSettings, RunId, RunSpec, SutPlan

# no sample of any model here takes longer; a run without an answer for so long is stuck
WATCHDOG_S = 180.0


@dataclass(frozen=True, kw_only=True)
class HarnessFiles:
    """What the harness is given: the model's folder, the features file, the run's own folder.

    Paths are those that the harness sees: in its container, or the host's own.
    """

    model: str
    features: str
    out: str


def terms_for(policy: Policy, name: str, manifest: Manifest) -> BenchmarkTerms:
    """The round's rules for a model, by its manifest, else by its name.

    Raises StageError if the round has no such benchmark.
    """
    benchmark = manifest.mlperf_model or policy.resolve(name).benchmark
    rules = policy.benchmarks.get(benchmark)
    if rules is None:
        raise StageError(
            f"round {policy.round} has no benchmark {benchmark!r}",
            detail=f"the benchmark of {name}, by its manifest or its name",
            hint="choose another round, or correct mlperf_model in the manifest",
        )
    return rules


def run_spec(
    manifest: Manifest,
    rules: BenchmarkTerms,
    files: HarnessFiles,
    *,
    run: RunId,
    settings: LoadgenSettings,
    plan: SutPlan,
    profile: str,
    extra: Mapping[str, Any] | None = None,
) -> RunSpec:
    """The RunSpec of a run of the model in ``manifest``; ``extra`` is added to its own extras."""
    return RunSpec(
        run=run,
        loadgen_model=rules.loadgen_model,
        model_xml=f"{files.model}/{manifest.role('topology').name}",
        features=files.features,
        mlperf_conf=f"{files.out}/{MLPERF_CONF}",
        user_conf=f"{files.out}/{USER_CONF}",
        out=files.out,
        settings=settings,
        plan=plan,
        model_inputs=manifest.input_names(),
        model_outputs=manifest.output_names(),
        profile=profile,
        watchdog_s=WATCHDOG_S,
        extra={"trailing_pad": manifest.trailing_pad, **(extra or {})},
    )


def write_run(
    spec: RunSpec, folder: Path, mlperf_conf: bytes, *, about: str, own_conf: bytes | None = None
) -> Path:
    """Write the RunSpec and LoadGen's two files to ``folder``; returns the RunSpec's path.

    ``user.conf`` is ``own_conf``, or written from the settings with ``about`` in its first line.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if own_conf is None:
        own_conf = user_conf(
            spec.settings,
            scenario=spec.run.scenario,
            loadgen_model=spec.loadgen_model,
            about=about,
        ).encode()
    write_bytes(folder / MLPERF_CONF, mlperf_conf)
    write_bytes(folder / USER_CONF, own_conf)
    write_json(folder / SPEC_FILE, spec.to_json())
    return folder / SPEC_FILE


def launched_settings(folder: Path) -> LoadgenSettings:
    """The settings that the run of ``folder`` was launched with; StageError without its spec."""
    path = folder / SPEC_FILE
    try:
        return LoadgenSettings(**read_json(path)["settings"])
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise StageError(
            "the settings of a run cannot be read",
            detail=f"{path}: {error}",
            hint="run it again",
        ) from error
