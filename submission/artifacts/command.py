"""The commands of this room: their arguments, and what they do with them.

``write`` takes a line for standard output, ``tell`` the steps of long work; both belong to the
caller (``submission.cli.weights``). Every ``run_…`` returns an exit code: 0 good, 1 findings;
other ends are KitErrors.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from submission.artifacts.fetch import fetch, plan_fetch
from submission.artifacts.manifest import MANIFEST, Kind, Manifest, load_manifest
from submission.artifacts.progress import Tell, silent
from submission.artifacts.rejoin import rejoin
from submission.artifacts.sources import Reach
from submission.artifacts.split import PART_BYTES, split_all
from submission.artifacts.telling import bytes_text
from submission.artifacts.verify import Fault, Finding, verify, verify_parts
from submission.errors import UsageError
from submission.squad.prepare import prepare_features
from submission.workspace.suggestion import did_you_mean

Write = Callable[[str], None]
DEFAULT_DATASET = "squad"
_ROLES = {".xml": "topology", ".bin": "weights", ".mapping": "mapping", ".onnx": "weights"}


def add_fetch_models_arguments(parser: argparse.ArgumentParser) -> None:
    """``fetch-models [MODEL …] [--all] …``."""
    _add_names(parser, "MODEL")
    _add_fetching(parser)
    parser.add_argument("--parts-only", action="store_true", help="do not rejoin the parts")
    _add_remove(parser)


def run_fetch_models(args: argparse.Namespace, write: Write, tell: Tell = silent) -> int:
    """Bring the parts into ``<workspace>/parts/`` and join them in ``<workspace>/models/``."""
    for manifest in chosen_manifests(args, Kind.MODEL):
        parts = args.workspace / "parts" / manifest.name
        if args.dry_run:
            _write_plan(manifest, parts, write)
            continue
        _fetch(manifest, parts, args, write, tell)
        if manifest.is_onnx:
            write(f"{manifest.name}: tools/convert_reference.py makes its IR")
        elif not args.parts_only:
            _rejoin(manifest, parts, args, write, tell)
    return 0


def add_fetch_data_arguments(parser: argparse.ArgumentParser) -> None:
    """``fetch-data [DATASET …] [--all] …``."""
    _add_names(parser, "DATASET")
    _add_fetching(parser)


def run_fetch_data(args: argparse.Namespace, write: Write, tell: Tell = silent) -> int:
    """Bring data sets into ``<workspace>/data/``; SQuAD v1.1 if none is named.

    Their features are prepared in ``<workspace>/features/``, where ``run`` looks for them.
    """
    args.names = args.names or ([] if args.all else [DEFAULT_DATASET])
    for manifest in chosen_manifests(args, Kind.DATASET):
        target = args.workspace / "data" / manifest.name
        if args.dry_run:
            _write_plan(manifest, target, write)
        else:
            _fetch(manifest, target, args, write, tell)
            _prepare(manifest, target, args, write)
    return 0


def add_rejoin_models_arguments(parser: argparse.ArgumentParser) -> None:
    """``rejoin-models [MODEL …] [--all] [--parts DIR]``."""
    _add_names(parser, "MODEL")
    parser.add_argument(
        "--parts", type=Path, metavar="DIR", help="folder of the parts, for one model"
    )
    _add_remove(parser)


def run_rejoin_models(args: argparse.Namespace, write: Write, tell: Tell = silent) -> int:
    """Join parts that are there already."""
    chosen = chosen_manifests(args, Kind.MODEL)
    _one_for_folder(chosen, args.parts, "--parts")
    for manifest in chosen:
        parts = args.parts or args.workspace / "parts" / manifest.name
        _rejoin(manifest, parts, args, write, tell)
    return 0


def add_verify_models_arguments(parser: argparse.ArgumentParser) -> None:
    """``verify-models [MODEL …] [--all] [--folder DIR]``."""
    _add_names(parser, "MODEL or DATASET")
    parser.add_argument(
        "--folder", type=Path, metavar="DIR", help="a folder of your own, for one model"
    )


def run_verify_models(args: argparse.Namespace, write: Write, tell: Tell = silent) -> int:
    """Judge files and parts that are there; changes nothing. 1 if anything is wrong."""
    chosen = chosen_manifests(args, None)
    _one_for_folder(chosen, args.folder, "--folder")
    failed = False
    for manifest in chosen:
        findings = _judge(manifest, args, tell)
        for finding in findings:
            write(f"{finding.path}: {finding}")
        bad = any(finding.failed for finding in findings)
        write(f"{manifest.name}: {'NOT right' if bad else 'right'}")
        failed = failed or bad
    return 1 if failed else 0


def add_split_model_arguments(parser: argparse.ArgumentParser) -> None:
    """``split-model FILE … --target DIR --name NAME …``."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument(
        "--target", required=True, type=Path, metavar="DIR", help="gets parts/ and manifest.json"
    )
    parser.add_argument("--name", required=True, help="the model's name")
    parser.add_argument("--licence", required=True, help="the model's licence")
    parser.add_argument("--origin", required=True, help="who made it, from what")
    parser.add_argument(
        "--part-bytes", type=int, default=PART_BYTES, metavar="N", help="default: %(default)s"
    )


def run_split_model(args: argparse.Namespace, write: Write, tell: Tell = silent) -> int:
    """Split files as the published submission does, and write their manifest."""
    about = {
        "name": args.name,
        "kind": str(Kind.MODEL),
        "licence": args.licence,
        "origin": args.origin,
    }
    paths = [(path, _ROLES.get(path.suffix)) for path in args.files]
    manifest = split_all(paths, args.target, about, part_bytes=args.part_bytes, tell=tell)
    for file in manifest.files:
        write(f"{file.name}: {bytes_text(file.size_bytes or 0)} in {len(file.parts)} part(s)")
    write(f"wrote {manifest.path}")
    return 0


def _add_names(parser: argparse.ArgumentParser, word: str) -> None:
    parser.add_argument("names", nargs="*", metavar=word)
    parser.add_argument("--all", action="store_true", help="every one that has a manifest")
    parser.add_argument(
        "--manifests",
        type=Path,
        default=Path("models"),
        metavar="DIR",
        help="folder of folders with a manifest.json (default: %(default)s)",
    )
    parser.add_argument(
        "--workspace", type=Path, default=Path("out"), metavar="DIR", help="default: %(default)s"
    )


def _add_fetching(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mirror", metavar="DIR|URL", help="asked before every other source")
    parser.add_argument("--offline", action="store_true", help="nothing over the network")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be fetched")
    parser.add_argument(
        "--jobs", type=int, default=4, metavar="N", help="parts at a time (default: %(default)s)"
    )


def _add_remove(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--remove-parts", action="store_true", help="delete the parts of files that were joined"
    )


def chosen_manifests(args: argparse.Namespace, kind: Kind | None) -> list[Manifest]:
    """The manifests that were named, or all of a kind; raises UsageError for unknown names."""
    folders = sorted(p.parent for p in args.manifests.glob(f"*/{MANIFEST}"))
    if args.all:
        every = [load_manifest(folder) for folder in folders]
        return [manifest for manifest in every if kind in {None, manifest.kind}]
    known = [folder.name for folder in folders]
    for name in args.names:
        if name not in known:
            raise UsageError(
                f"there is no manifest of {name}",
                detail=f"{args.manifests / name / MANIFEST} does not exist",
                hint=did_you_mean(name, known),
            )
    if not args.names:
        raise UsageError(
            "nothing was named",
            detail=f"{args.manifests} has {', '.join(known) or 'no manifest'}",
            hint="name one or more of them, or give --all",
        )
    return [_of_kind(load_manifest(args.manifests / name), kind) for name in args.names]


def _of_kind(manifest: Manifest, kind: Kind | None) -> Manifest:
    if kind not in {None, manifest.kind}:
        raise UsageError(
            f"{manifest.name} is not a {kind}",
            detail=f"{manifest.path} describes a {manifest.kind}",
            hint="models come by fetch-models, data sets by fetch-data",
        )
    return manifest


def _one_for_folder(chosen: Sequence[Manifest], folder: Path | None, option: str) -> None:
    if folder is not None and len(chosen) != 1:
        raise UsageError(
            f"{option} is for one model",
            detail=f"{len(chosen)} were named",
            hint="name one, or leave the option out",
        )


def _write_plan(manifest: Manifest, target: Path, write: Write) -> None:
    plan = plan_fetch(manifest, target)
    for part in plan.kept:
        write(f"keep   {manifest.name}/{part.name}  (right)")
    for part in plan.missing:
        size = "size not public" if part.size_bytes is None else bytes_text(part.size_bytes)
        write(f"fetch  {manifest.name}/{part.name}  ({size})")
    write(
        f"{manifest.name}: {bytes_text(plan.missing_bytes)} to fetch into {target}, "
        f"{bytes_text(plan.free_bytes)} free"
        + (": TOO LITTLE" if plan.missing_bytes > plan.free_bytes else "")
    )


def _fetch(
    manifest: Manifest, target: Path, args: argparse.Namespace, write: Write, tell: Tell
) -> None:
    reach = Reach(mirror=args.mirror, offline=args.offline)
    done = fetch(manifest, target, reach=reach, jobs=args.jobs, tell=tell)
    write(
        f"{manifest.name}: {len(done.fetched)} part(s) fetched, {len(done.kept)} kept in {target}"
    )


def _prepare(manifest: Manifest, target: Path, args: argparse.Namespace, write: Write) -> None:
    if not {"data", "vocab"} <= {file.role for file in manifest.files}:
        return  # not questions and a vocabulary
    data, vocab = (target / manifest.role(role).name for role in ("data", "vocab"))
    features = args.workspace / "features" / manifest.name / "features.npz"
    done = prepare_features(data, vocab, features)
    how = "made" if done.made else "there already"
    write(f"{manifest.name}: {len(done.features)} features {how} in {features}")


def _rejoin(
    manifest: Manifest, parts: Path, args: argparse.Namespace, write: Write, tell: Tell
) -> None:
    target = args.workspace / "models" / manifest.name
    done = rejoin(manifest, parts, target, remove_parts=args.remove_parts, tell=tell)
    removed = f", {len(done.removed)} part(s) removed" if done.removed else ""
    write(
        f"{manifest.name}: {len(done.made)} file(s) made, "
        f"{len(done.kept)} right already in {target}{removed}"
    )


def _judge(manifest: Manifest, args: argparse.Namespace, tell: Tell) -> list[Finding]:
    if args.folder is not None:
        return verify(manifest, args.folder, tell=tell)
    if manifest.kind is Kind.DATASET:
        return verify(manifest, args.workspace / "data" / manifest.name, tell=tell)
    parts = args.workspace / "parts" / manifest.name
    if manifest.is_onnx:
        return [*verify(manifest, parts, tell=tell), *_judge_converted(manifest.name, args, tell)]
    findings = verify(manifest, args.workspace / "models" / manifest.name, tell=tell)
    judged = verify_parts(manifest, parts, tell=tell) if parts.is_dir() else []
    if not findings:  # parts may be removed once their files are right
        judged = [finding for finding in judged if finding.fault is not Fault.MISSING]
    return findings + judged


def _judge_converted(name: str, args: argparse.Namespace, tell: Tell) -> list[Finding]:
    """The IR of an ONNX model, by the manifest that its conversion wrote; nothing before that."""
    folder = args.workspace / "models" / name
    if not (folder / MANIFEST).is_file():
        return []
    return verify(load_manifest(folder), folder, tell=tell)
