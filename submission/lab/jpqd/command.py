"""``train-jpqd``: from a configuration to a model's folder."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

from submission.artifacts.lockfile import only_one
from submission.artifacts.manifest import load_manifest
from submission.artifacts.progress import Tell, silent
from submission.artifacts.sources import Reach
from submission.artifacts.verify import verify
from submission.errors import StageError, UsageError, words_of
from submission.files import sha256_of, write_json
from submission.lab.jpqd.config import JpqdConfig, load_config
from submission.lab.jpqd.dev_set import score_ir
from submission.lab.jpqd.product import DATASET, Provenance, write_model
from submission.lab.jpqd.sources import DEV_SET, Sources, bring
from submission.lab.jpqd.target import check_target, target_of
from submission.lab.jpqd.workplace import Fingerprint, Workplace

Say = Callable[[str], None]
DEFAULT = Path("models/minilm-squad_jpqd-50/jpqd.json")
GROUP = ("torch", "transformers")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``train-jpqd [--config FILE] [--fresh|--adopt] [--export-only] …``."""
    add = parser.add_argument
    add("--config", type=Path, default=DEFAULT, metavar="FILE", help="default: %(default)s")
    add("--manifests", type=Path, default=Path("models"), metavar="DIR", help="of base and data")
    add("--workspace", type=Path, default=Path("out"), metavar="DIR", help="default: %(default)s")
    add(
        "--output",
        type=Path,
        metavar="DIR",
        help="the model's folder (default: the configuration's own, or WORKSPACE/trained/<model>)",
    )
    add("--name", metavar="NAME", help="the model's name in place of the configuration's")
    add("--mirror", metavar="DIR|URL", help="asked before every other source")
    add("--offline", action="store_true", help="nothing over the network")
    add("--threads", type=int, default=1, metavar="N", help="CPU threads (default: %(default)s)")
    begin = parser.add_mutually_exclusive_group()
    begin.add_argument("--fresh", action="store_true", help="forget what was begun")
    begin.add_argument(
        "--adopt", action="store_true", help="take a state that lies there for this training's"
    )
    add("--export-only", action="store_true", help="do not train: the training is finished")
    parser.set_defaults(rank=0, processes=1)  # of torch's launcher, whose environment tells them


def run(args: argparse.Namespace, *, say: Say, warn: Say, tell: Tell = silent) -> int:
    """Train (or go on), export, compare, score, and write the model's folder."""
    config = load_config(args.config, name=args.name)
    if args.threads < 1:
        raise UsageError("a training needs a thread", detail=f"--threads {args.threads}", hint="1")
    target = args.output or target_of(
        config, source=args.config, manifests=args.manifests, workspace=args.workspace
    )
    check_target(config, target, manifests=args.manifests)
    training = _training_module()
    place = Workplace(args.workspace / "jpqd" / config.model)
    with _alone(place, args):
        return _made(config, training, place, target, args, say=say, warn=warn, tell=tell)


def _alone(place: Workplace, args: argparse.Namespace) -> AbstractContextManager[None]:
    """Within, no other command trains or exports there; the launcher's processes are one."""
    if args.rank:
        return nullcontext()
    return only_one(place.path / "train.lock", what=f"the training of {place.path.name}")


def _made(
    config: JpqdConfig,
    training: Any,
    place: Workplace,
    target: Path,
    args: argparse.Namespace,
    *,
    say: Say,
    warn: Say,
    tell: Tell,
) -> int:
    dev_set = None if args.rank else _dev_set(args, warn)
    reach = Reach(mirror=args.mirror, offline=args.offline)
    sources = bring(
        config, manifests=args.manifests, workspace=args.workspace, reach=reach, tell=tell
    )
    _claim(place, config, sources, training, args)
    say_step = place.teller(warn, how=_how(training, place, args, warn))
    with _three_lines(place):
        trained = training.train(
            config,
            sources,
            place.path,
            say_step,
            only_export=args.export_only,
            threads=args.threads,
        )
    if trained is None:
        return 0  # one of several processes, and not the one that writes
    write_json(place.path / "curve.json", list(trained.curve))
    account = _account(config, sources, training, trained, place)
    provenance = Provenance(
        training={"command": _command(args), **account},
        accuracy=None if dev_set is None else _accuracy(trained.xml, dev_set, warn),
        base=sources.base.manifest,
        data=sources.data.manifest,
    )
    write_model(config, trained.xml, provenance, work=place.path / "model", target=target)
    return _tell(trained, provenance, target, say)


def _how(
    training: Any, place: Workplace, args: argparse.Namespace, warn: Say
) -> dict[str, Any] | None:
    """What will do the steps, None where none are done; says what is not as it was before."""
    if args.export_only:
        return None
    how = {
        "device": training.device(),
        "threads": args.threads,
        "processes": args.processes,
        "code": _code(),
    }
    if not args.rank and (other := place.other_run(how)):
        warn(f"{place.path}: its state was made with another {', '.join(other)}, or nobody knows")
    return how


def _command(args: argparse.Namespace) -> str:
    """What trains this model again, for its manifest."""
    name = f" --name {args.name}" if args.name else ""
    return f"python tools/train_jpqd.py --config {args.config.as_posix()}{name}"


def _training_module() -> Any:
    """What needs torch; raises UsageError where it is not installed."""
    try:
        for name in GROUP:
            import_module(name)
    except (ImportError, OSError) as error:  # OSError: a library of theirs that does not load
        raise UsageError(
            "training needs packages that are not installed",
            detail=f"import {getattr(error, 'name', None) or 'torch'}: {error}",
            hint="make train adds them to .venv (requirements-train.txt, requirements-torch.txt)",
        ) from error
    return import_module("submission.lab.jpqd.training")


def _claim(
    place: Workplace, config: JpqdConfig, sources: Sources, training: Any, args: argparse.Namespace
) -> None:
    """Make the folder this training's: a matter of the process that holds its lock alone."""
    if args.rank:
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
    if args.fresh:
        place.clear()
    if args.adopt:
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
    """Within, what torch or OpenVINO raises (memory, devices) is told as every other error."""
    try:
        yield
    except RuntimeError as error:
        raise StageError(
            "the training was ended by an error of its libraries",
            detail=words_of(error),
            hint="of memory: a smaller batch; of devices: no more processes than GPUs; "
            f"{place.path} keeps the last state",
        ) from error


def _code() -> str:
    """One SHA-256 of the modules that train."""
    modules = sorted(Path(__file__).parent.glob("*.py"))
    return sha256("".join(map(sha256_of, modules)).encode()).hexdigest()


def _dev_set(args: argparse.Namespace, warn: Say) -> tuple[Path, Path, Path] | None:
    """Data, vocabulary and features of the dev set; None, said aloud, unless it lies there whole.

    Asked before a training: the folder that is written afterwards tells no accuracy without it.
    """
    folder = args.workspace / "data" / DEV_SET
    try:
        manifest = load_manifest(args.manifests / DEV_SET)
        lacking = any(finding.failed for finding in verify(manifest, folder))
    except UsageError as error:
        warn(str(error))
        lacking = True
    if lacking:
        warn(
            f"{DATASET} is not in {folder} (make data brings it): the model's manifest will tell "
            "no accuracy of it"
        )
        return None
    data, vocab = (folder / manifest.role(role).name for role in ("data", "vocab"))
    return data, vocab, args.workspace / "features" / DEV_SET / "features.npz"


def _accuracy(xml: Path, dev_set: tuple[Path, Path, Path], warn: Say) -> dict[str, Any]:
    score = score_ir(xml, *dev_set, warn)
    return {
        "f1": score.f1,
        "exact_match": score.exact_match,
        "dataset": DATASET,
        "how": score.how,
    }


def _tell(trained: Any, provenance: Provenance, target: Path, say: Say) -> int:
    score, apart = trained.score, trained.difference
    say(f"held out: F1 {score.f1:.2f}, exact match {score.exact_match:.2f} ({score.questions})")
    say(f"OpenVINO against PyTorch: mean {apart.mean:.3f}, largest {apart.largest:.3f}")
    if provenance.accuracy:
        f1, exact = provenance.accuracy["f1"], provenance.accuracy["exact_match"]
        say(f"{DATASET}: F1 {f1:.4f}, exact match {exact:.4f}")
    say(f"structured sparsity: {load_manifest(target).structured_sparsity_percent:.2f} %")
    say(f"wrote {target}")
    return 0
