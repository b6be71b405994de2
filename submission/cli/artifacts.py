"""The commands for models and data sets: fetch, join, verify, split, convert."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from submission.artifacts.bring import (
    JOBS,
    Brought,
    bring,
    fetch_parts,
    files_folder,
    is_there,
    join_files,
    verify_all,
)
from submission.artifacts.catalogue import chosen_manifests, find_manifest
from submission.artifacts.convert import convert_model
from submission.artifacts.fetch import Fetched, FetchPlan, plan_fetch
from submission.artifacts.manifest import Manifest, ManifestKind, load_manifest
from submission.artifacts.progress import ReportStep
from submission.artifacts.progress_text import bytes_text
from submission.artifacts.rejoin import Rejoined
from submission.artifacts.split import PART_BYTES, split_all
from submission.artifacts.verify import FileFault, verify
from submission.cli.json_output import add_json, say_json
from submission.cli.options import FETCHING, add_manifests, add_settings, workspace_of
from submission.cli.transfer import transfer_show
from submission.errors import StageError, UsageError
from submission.squad.features import FeatureSettings
from submission.squad.prepare import prepare_features
from submission.terms import Say
from submission.wording import counted
from submission.workspace.folders import Workspace

DEFAULT_DATASET = "squad"
REFERENCE = "reference"
_ROLES = {".xml": "topology", ".bin": "weights", ".mapping": "mapping", ".onnx": "weights"}
_GOOD, _WRONG = 0, 1
# parts fetched, kept and missing; files made of them, and files that were right already
_NOTHING: Mapping[str, Any] = {
    "folder": None,
    "fetched": [],
    "kept": [],
    "missing": [],
    "made": [],
    "right": [],
    "missing_bytes": None,
    "free_bytes": None,
    "error": None,
}


def add_fetch_models_arguments(parser: argparse.ArgumentParser) -> None:
    """``fetch-models [MODEL …] [--all] …``."""
    _add_names(parser, "MODEL")
    _add_fetching(parser)
    parser.add_argument("--parts-only", action="store_true", help="do not join the parts")
    _add_remove(parser)


def run_fetch_models(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Fetch parts into ``out/parts/`` and join them in ``out/models/``; StageError if not all."""
    workspace = workspace_of(args)
    records: dict[str, dict[str, Any]] = {}
    # standard output is for the JSON alone
    note = warn if args.json else say

    def fetch_one(manifest: Manifest, report: ReportStep) -> None:
        if args.dry_run:
            records[manifest.name] = _say_plan(workspace, manifest, note)
            return
        fetched = fetch_parts(workspace, manifest, jobs=args.jobs, report=report)
        records[manifest.name] = _say_fetched(workspace, manifest, fetched, note)
        if manifest.is_onnx:
            note(f"{manifest.name}: tools/convert_reference.py converts it to an IR")
        elif not args.parts_only:
            joined = join_files(workspace, manifest, remove_parts=args.remove_parts, report=report)
            records[manifest.name] |= _say_joined(workspace, manifest, joined, note)

    with _recorded(args, records, say):
        _each(_chosen(args, workspace, ManifestKind.MODEL), fetch_one, warn, records)
    return _GOOD


def add_fetch_data_arguments(parser: argparse.ArgumentParser) -> None:
    """``fetch-data [DATASET …] [--all] …``."""
    _add_names(parser, "DATASET")
    _add_fetching(parser)


def run_fetch_data(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Fetch data sets into ``out/data/`` (SQuAD v1.1 if none is named) and make their features."""
    workspace = workspace_of(args)
    args.names = args.names or ([] if args.all else [DEFAULT_DATASET])
    records: dict[str, dict[str, Any]] = {}
    note = warn if args.json else say

    def fetch_one(manifest: Manifest, report: ReportStep) -> None:
        if args.dry_run:
            records[manifest.name] = _say_plan(workspace, manifest, note)
            return
        brought = bring(workspace, manifest, jobs=args.jobs, report=report)
        records[manifest.name] = _say_data(workspace, manifest, brought, note)
        _prepare(workspace, manifest, note)

    with _recorded(args, records, say):
        _each(_chosen(args, workspace, ManifestKind.DATASET), fetch_one, warn, records)
    return _GOOD


@contextmanager
def _recorded(
    args: argparse.Namespace, records: Mapping[str, Mapping[str, Any]], say: Say
) -> Iterator[None]:
    """Print the records at the end, also of a fetch that failed, where JSON was asked for."""
    try:
        yield
    finally:
        if args.json and records:
            fetched = [{"name": name, **_NOTHING, **of} for name, of in records.items()]
            say_json(say, dry_run=args.dry_run, fetched=fetched)


def _each(
    manifests: Sequence[Manifest],
    fetch_one: Callable[[Manifest, ReportStep], None],
    warn: Say,
    records: dict[str, dict[str, Any]],
) -> None:
    """Fetch everything that can be fetched; StageError lists the rest."""
    failed: dict[str, StageError] = {}
    with transfer_show() as report:
        for manifest in manifests:
            try:
                fetch_one(manifest, report)
            except StageError as error:
                failed[manifest.name] = error
                words = {"what": error.what, "detail": error.detail, "hint": error.hint}
                records.setdefault(manifest.name, {})["error"] = words
    if not failed:
        return
    if len(manifests) == 1:
        raise next(iter(failed.values()))
    warn("not fetched:")
    for name, why in failed.items():
        warn(f"  {name}: {why.what}: {why.detail}\n    hint: {why.hint}")
    raise StageError(
        f"{len(failed)} of {len(manifests)} could not be fetched",
        detail=", ".join(failed),
        hint="the same command tries these again and keeps the rest; MIRROR names another source",
    )


def add_rejoin_models_arguments(parser: argparse.ArgumentParser) -> None:
    """``rejoin-models [MODEL …] [--all] [--parts DIR]``."""
    _add_names(parser, "MODEL")
    parser.add_argument(
        "--parts", type=Path, metavar="DIR", help="folder of the parts, for one model"
    )
    _add_remove(parser)
    add_settings(parser, "workspace")


def run_rejoin_models(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Join parts that were fetched before."""
    del warn
    workspace = workspace_of(args)
    chosen = _chosen(args, workspace, ManifestKind.MODEL)
    _one_for_folder(chosen, args.parts, "--parts")
    with transfer_show() as report:
        for manifest in chosen:
            joined = join_files(
                workspace,
                manifest,
                parts=args.parts,
                remove_parts=args.remove_parts,
                report=report,
            )
            _say_joined(workspace, manifest, joined, say)
    return _GOOD


def add_verify_models_arguments(parser: argparse.ArgumentParser) -> None:
    """``verify-models [MODEL …] [--all] [--folder DIR]``."""
    _add_names(parser, "MODEL or DATASET")
    parser.add_argument(
        "--folder", type=Path, metavar="DIR", help="a folder of your own, for one model"
    )
    add_settings(parser, "workspace")


def run_verify_models(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Compare files and parts with their manifests; changes nothing. 1 if anything is wrong."""
    del warn
    workspace = workspace_of(args)
    chosen = _chosen(args, workspace, None)
    _one_for_folder(chosen, args.folder, "--folder")
    failed = False
    for manifest in chosen:
        findings = verify(manifest, args.folder) if args.folder else verify_all(workspace, manifest)
        for finding in findings:
            say(finding.at_path())
        bad = any(finding.failed for finding in findings)
        say(f"{manifest.name}: {'NOT right' if bad else 'right'}")
        if bad and all(finding.fault is FileFault.MISSING for finding in findings):
            command = "fetch_models" if manifest.kind is ManifestKind.MODEL else "fetch_data"
            say(f"  nothing of it has been fetched: tools/{command}.py {manifest.name}")
        failed = failed or bad
    return _WRONG if failed else _GOOD


def add_split_model_arguments(parser: argparse.ArgumentParser) -> None:
    """``split-model FILE … --target DIR --name NAME …``."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument(
        "--target",
        required=True,
        type=Path,
        metavar="DIR",
        help="folder for parts/ and manifest.json",
    )
    parser.add_argument("--name", required=True, help="the model's name")
    parser.add_argument("--licence", required=True, help="the model's licence")
    parser.add_argument("--origin", required=True, help="who made it, from what")
    parser.add_argument(
        "--part-bytes",
        type=int,
        default=PART_BYTES,
        metavar="N",
        help="size of a part (default: %(default)s)",
    )


def run_split_model(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Split files as the published submission does, and write their manifest."""
    del warn
    about = {
        "name": args.name,
        "kind": str(ManifestKind.MODEL),
        "licence": args.licence,
        "origin": args.origin,
    }
    paths = [(path, _ROLES.get(path.suffix)) for path in args.files]
    with transfer_show() as report:
        manifest = split_all(paths, args.target, about, part_bytes=args.part_bytes, report=report)
    for file in manifest.files:
        say(
            f"{file.name}: {bytes_text(file.size_bytes or 0)} in {counted(len(file.parts), 'part')}"
        )
    say(f"wrote {manifest.path}")
    return _GOOD


def add_convert_arguments(parser: argparse.ArgumentParser) -> None:
    """``convert-reference [--model NAME] …``."""
    parser.add_argument(
        "--model", default=REFERENCE, help="a model that comes as ONNX (default: %(default)s)"
    )
    add_manifests(parser)
    add_settings(parser, *FETCHING)


def run_convert(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Fetch what is missing, convert, and print the path of the IR."""
    del warn
    workspace = workspace_of(args)
    source = load_manifest(find_manifest(args.model, workspace.manifests))
    if not source.is_onnx:
        raise UsageError(
            f"{source.name} does not come as ONNX",
            detail=f"{source.path} names {', '.join(file.name for file in source.files)}",
            hint="fetch it with tools/fetch_models.py; it needs no conversion",
        )
    with transfer_show() as report:
        fetch_parts(workspace, source, report=report)
    made = convert_model(workspace, source)
    for file in made.files:
        say(f"{file.name}: {file.size_bytes} bytes in {counted(len(file.parts), 'part')}")
    say(f"wrote {workspace.joined_folder(source.name)} and {made.path}")
    return _GOOD


def _add_names(parser: argparse.ArgumentParser, word: str) -> None:
    parser.add_argument("names", nargs="*", metavar=word, help="a name in the manifests' folder")
    parser.add_argument("--all", action="store_true", help="every one that has a manifest")
    add_manifests(parser)


def _add_fetching(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="only say what would be fetched")
    add_json(parser)
    parser.add_argument(
        "--jobs", type=int, default=JOBS, metavar="N", help="parts at a time (default: %(default)s)"
    )
    add_settings(parser, *FETCHING)


def _add_remove(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--remove-parts", action="store_true", help="delete the parts of files that were joined"
    )


def _chosen(
    args: argparse.Namespace, workspace: Workspace, kind: ManifestKind | None
) -> list[Manifest]:
    return chosen_manifests(workspace.manifests, args.names, every=args.all, kind=kind)


def _one_for_folder(chosen: Sequence[Manifest], folder: Path | None, option: str) -> None:
    if folder is not None and len(chosen) != 1:
        raise UsageError(
            f"{option} is for one model",
            detail=f"{len(chosen)} were named",
            hint="name one, or leave the option out",
        )


def _say_plan(workspace: Workspace, manifest: Manifest, say: Say) -> dict[str, Any]:
    if is_there(workspace, manifest):
        folder = files_folder(workspace, manifest)
        say(f"{manifest.name}: nothing to fetch, {folder} is correct")
        return {"folder": str(folder), "missing_bytes": 0}
    target = workspace.parts_folder(manifest.name)
    plan = plan_fetch(manifest, target)
    for part in plan.kept:
        say(f"keep   {manifest.name}/{part.name}  (right)")
    for part in plan.missing:
        size = "size not public" if part.size_bytes is None else bytes_text(part.size_bytes)
        say(f"fetch  {manifest.name}/{part.name}  ({size})")
    say(
        f"{manifest.name}: {_missing_words(plan)} to fetch into {target}, "
        f"{bytes_text(plan.free_bytes)} free"
        + (": TOO LITTLE" if plan.missing_bytes > plan.free_bytes else "")
    )
    return {
        "folder": str(target),
        "kept": [part.name for part in plan.kept],
        "missing": [part.name for part in plan.missing],
        "missing_bytes": plan.missing_bytes,
        "free_bytes": plan.free_bytes,
    }


def _missing_words(plan: FetchPlan) -> str:
    unknown = sum(part.size_bytes is None for part in plan.missing)
    if not unknown:
        return bytes_text(plan.missing_bytes)
    return f"{bytes_text(plan.missing_bytes)} and {counted(unknown, 'part')} of unknown size"


def _say_fetched(
    workspace: Workspace, manifest: Manifest, done: Fetched, say: Say
) -> dict[str, Any]:
    target = workspace.parts_folder(manifest.name)
    fetched = counted(len(done.fetched), "part")
    say(f"{manifest.name}: {fetched} fetched, {len(done.kept)} kept in {target}")
    return {"folder": str(target), "fetched": list(done.fetched), "kept": list(done.kept)}


def _say_joined(
    workspace: Workspace, manifest: Manifest, done: Rejoined, say: Say
) -> dict[str, Any]:
    removed = f", {counted(len(done.removed), 'part')} removed" if done.removed else ""
    made = counted(len(done.made), "file")
    say(
        f"{manifest.name}: {made} made, {len(done.kept)} correct already "
        f"in {files_folder(workspace, manifest)}{removed}"
    )
    folder = str(files_folder(workspace, manifest))
    return {"folder": folder, "made": list(done.made), "right": list(done.kept)}


def _say_data(workspace: Workspace, manifest: Manifest, done: Brought, say: Say) -> dict[str, Any]:
    made, kept = len(done.joined.made), len(done.joined.kept)
    target = files_folder(workspace, manifest)
    say(f"{manifest.name}: {counted(made, 'file')} fetched, {kept} correct already in {target}")
    return {
        "folder": str(target),
        "fetched": list(done.fetched.fetched),
        "kept": list(done.fetched.kept),
        "made": list(done.joined.made),
        "right": list(done.joined.kept),
    }


def _prepare(workspace: Workspace, manifest: Manifest, say: Say) -> None:
    if not {"data", "vocab"} <= {file.role for file in manifest.files}:
        return  # not questions and a vocabulary
    folder = files_folder(workspace, manifest)
    data, vocab = (folder / manifest.role(role).name for role in ("data", "vocab"))
    features = workspace.features_file(manifest.name)
    done = prepare_features(data, vocab, features, FeatureSettings(cased=manifest.cased))
    how = "prepared" if done.made else "already"
    say(f"{manifest.name}: {counted(len(done.features), 'feature')} {how} in {features}")
