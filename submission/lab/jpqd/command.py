"""``train-jpqd``: from a configuration to a model's folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

from submission.artifacts.lockfile import only_one
from submission.artifacts.manifest import load_manifest
from submission.artifacts.progress import ReportStep, silent
from submission.artifacts.verify import verify
from submission.errors import StageError, UsageError, words_of
from submission.files import sha256_of, write_json
from submission.ir.names import IrFile
from submission.lab.jpqd.config import JpqdConfig, load_config
from submission.lab.jpqd.dev_set import score_ir
from submission.lab.jpqd.product import DATASET, Provenance, write_model
from submission.lab.jpqd.sources import DEV_SET, Sources, bring_sources
from submission.lab.jpqd.target import check_target, target_of
from submission.lab.jpqd.workplace import Fingerprint, Workplace
from submission.terms import Say
from submission.workspace.folders import Workspace

DEFAULT = Path("models/minilm-squad_jpqd-50/jpqd.json")
GROUP = ("torch", "transformers")


@dataclass(frozen=True, kw_only=True)
class TrainingRequest:
    """What ``train-jpqd`` is asked: the configuration, where the model goes, and how to train.

    ``rank`` is the place of this process among the ``processes`` that torch's launcher started.
    """

    workspace: Workspace
    config: Path = DEFAULT
    output: Path | None = None
    name: str | None = None
    threads: int = 1
    fresh: bool = False
    adopt: bool = False
    export_only: bool = False
    rank: int = 0
    processes: int = 1


def make_model(
    request: TrainingRequest, *, say: Say, warn: Say, report: ReportStep = silent
) -> None:
    """Train (or resume), export, compare, score, and write the model's folder."""
    config, target = checked_request(request)
    training = training_module("training")
    place = Workplace(request.workspace.training_folder(config.model))
    with _alone(place, request):
        _made(config, training, place, target, request, say=say, warn=warn, report=report)


def checked_request(request: TrainingRequest) -> tuple[JpqdConfig, Path]:
    """The configuration and the model's folder; needs no torch.

    Raises UsageError for a configuration that cannot be used, or a folder of another model.
    """
    config = load_config(request.config, name=request.name)
    demand_thread(request.threads)
    workspace = request.workspace
    target = request.output or target_of(config, source=request.config, workspace=workspace)
    check_target(config, target, manifests=workspace.manifests)
    return config, target


def _alone(place: Workplace, request: TrainingRequest) -> AbstractContextManager[None]:
    """Within, no other command trains or exports there; the launcher's processes are one."""
    if request.rank:
        return nullcontext()
    return only_one(place.path / "train.lock", what=f"the training of {place.path.name}")


def _made(
    config: JpqdConfig,
    training: Any,
    place: Workplace,
    target: Path,
    request: TrainingRequest,
    *,
    say: Say,
    warn: Say,
    report: ReportStep,
) -> None:
    dev_set = None if request.rank else _dev_set(request.workspace, warn)
    sources = bring_sources(config, request.workspace, report=report)
    _claim(place, config, sources, training, request)
    say_step = place.step_reporter(warn, how=_how(training, place, request, warn))
    with _three_lines(place):
        trained = training.train(
            config,
            sources,
            place.path,
            say_step,
            only_export=request.export_only,
            threads=request.threads,
        )
    if trained is None:
        return  # one of several processes, and not the one that writes
    write_json(place.path / "curve.json", list(trained.curve))
    account = _account(config, sources, training, trained, place)
    provenance = Provenance(
        training={"command": _command(request), **account},
        accuracy=None if dev_set is None else _accuracy(trained.xml, dev_set, warn),
        base=sources.base.manifest,
        data=sources.data.manifest,
    )
    write_model(config, trained.xml, provenance, work=place.path / "model", target=target)
    _say_outcome(trained, provenance, target, say)


def _how(
    training: Any, place: Workplace, request: TrainingRequest, warn: Say
) -> dict[str, Any] | None:
    """What will do the steps, None if none are done; warns of what changed since the last run."""
    if request.export_only:
        return None
    how = {
        "device": training.device(),
        "threads": request.threads,
        "processes": request.processes,
        "code": _code(),
    }
    if not request.rank and (other := place.other_run(how)):
        warn(f"{place.path}: its state was made with another or an unknown {', '.join(other)}")
    return how


def _command(request: TrainingRequest) -> str:
    """What trains this model again, for its manifest."""
    name = f" --name {request.name}" if request.name else ""
    return f"python tools/train_jpqd.py --config {request.config.as_posix()}{name}"


def demand_thread(threads: int) -> None:
    """Raise UsageError for fewer threads than one."""
    if threads < 1:
        raise UsageError(
            "a training needs at least one thread",
            detail=f"--threads {threads}",
            hint="give 1 or more",
        )


def training_module(name: str) -> Any:
    """A module of this package that needs torch; raises UsageError where it is not installed."""
    try:
        for needed in GROUP:
            import_module(needed)
    except (ImportError, OSError) as error:  # OSError: a library of theirs that does not load
        raise UsageError(
            "training needs packages that are not installed",
            detail=f"import {getattr(error, 'name', None) or 'torch'}: {error}",
            hint="make train adds them to .venv (requirements-train.txt, requirements-torch.txt); "
            "without a checkout: pip install 'mlperf-submission-kit[train]'",
        ) from error
    return import_module(f"submission.lab.jpqd.{name}")


def _claim(
    place: Workplace, config: JpqdConfig, sources: Sources, training: Any, request: TrainingRequest
) -> None:
    """Make the folder this training's: a matter of the process that holds its lock alone."""
    if request.rank:
        return  # one whose first process was refused must not clear what another one does
    fingerprint: Fingerprint = {
        "config": asdict(config),
        "files": {
            f"{part}/{name}": digest
            for part, digests in sources.digests().items()
            for name, digest in digests.items()
        },
        "versions": training.versions(),
    }
    if request.fresh:
        place.clear()
    if request.adopt:
        training.adopt_states(place.path, config)
        place.adopt(fingerprint)
    place.claim(fingerprint)


def _account(
    config: JpqdConfig, sources: Sources, training: Any, trained: Any, place: Workplace
) -> dict[str, Any]:
    """What the manifest's ``training`` says beside the command."""
    best = max(trained.curve, key=lambda point: point["f1"], default=None)
    seconds, runs = place.seconds(), place.runs()
    return {
        **sources.digests(),
        "seed": config.seed,
        "steps": trained.steps,
        **({} if best is None else {"best_step": int(best["step"])}),
        "questions": trained.questions,
        "windows": trained.windows,
        **({} if seconds is None else {"minutes": round(seconds / 60, 1)}),
        "held_out": asdict(trained.score),
        "openvino_against_torch": asdict(trained.difference),
        "curve": [{**point, "step": int(point["step"])} for point in trained.curve],
        **({"runs": runs} if runs else {}),
        "versions": training.versions(),
    }


@contextmanager
def _three_lines(place: Workplace) -> Iterator[None]:
    """Turn errors of torch and OpenVINO (memory, devices) into a StageError."""
    try:
        yield
    except RuntimeError as error:
        raise StageError(
            "a library failed during the training",
            detail=words_of(error),
            hint="out of memory: use a smaller batch; devices: no more processes than GPUs; "
            f"{place.path} keeps the last state",
        ) from error


def _code() -> str:
    """One SHA-256 of the modules that train."""
    modules = sorted(Path(__file__).parent.glob("*.py"))
    return sha256("".join(map(sha256_of, modules)).encode()).hexdigest()


def _dev_set(workspace: Workspace, warn: Say) -> tuple[Path, Path, Path] | None:
    """Data, vocabulary and features of the dev set; None, with a warning, unless it is complete.

    Called before training: without it, the model's folder will name no accuracy.
    """
    folder = workspace.data_folder(DEV_SET)
    try:
        manifest = load_manifest(workspace.manifests / DEV_SET)
        lacking = any(finding.failed for finding in verify(manifest, folder))
    except UsageError as error:
        warn(str(error))
        lacking = True
    if lacking:
        warn(
            f"{DATASET} is not in {folder} (make data brings it): the model's manifest will name "
            "no accuracy"
        )
        return None
    data, vocab = (folder / manifest.role(role).name for role in ("data", "vocab"))
    return data, vocab, workspace.features_file(DEV_SET)


def _accuracy(xml: Path, dev_set: tuple[Path, Path, Path], warn: Say) -> dict[str, Any]:
    score = score_ir(IrFile(xml=xml), *dev_set, warn)
    return {
        "f1": score.f1,
        "exact_match": score.exact_match,
        "dataset": DATASET,
        "how": score.how,
    }


def _say_outcome(trained: Any, provenance: Provenance, target: Path, say: Say) -> None:
    score, apart = trained.score, trained.difference
    say(f"held out: F1 {score.f1:.2f}, exact match {score.exact_match:.2f} ({score.questions})")
    say(f"OpenVINO against PyTorch: mean {apart.mean:.3f}, largest {apart.largest:.3f}")
    if provenance.accuracy:
        f1, exact = provenance.accuracy["f1"], provenance.accuracy["exact_match"]
        say(f"{DATASET}: F1 {f1:.4f}, exact match {exact:.4f}")
    say(f"structured sparsity: {load_manifest(target).structured_sparsity_percent:.2f} %")
    say(f"wrote {target}")
