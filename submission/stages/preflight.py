"""What later stages would miss, found before the first measurement."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shlex import quote

from submission.artifacts.catalogue import known_names
from submission.artifacts.manifest import CALIBRATION, Manifest
from submission.artifacts.own_model import BLANK, blanks
from submission.artifacts.private import is_beside, missing_words, way_to_get
from submission.artifacts.verify import describe, examine_file
from submission.errors import KitError, UsageError, did_you_mean, nearest
from submission.host.kernel_text import cpu_numbers
from submission.host.overlay import load_overlay
from submission.runs.context import Context
from submission.runs.numbers import found_rate
from submission.runs.planning import runs_openvino
from submission.stages.readme import notes_file, read_notes
from submission.terms import Mode, RunId, Scenario
from submission.tree.grammar import KIT_MODELS, README
from submission.tree.texts import published_recipe
from submission.wording import listed_words
from submission.workspace.profile import PLACEHOLDER

#: logs, features, texts and the archive, beside the models and their parts
_ROOM_BYTES = 100_000_000
# fetched parts, joined files, the tree and its archive
_COPIES = 4
_TYPES = re.compile(r"(?<![a-z])(?:int|fp|bf)\d+(?!\d)", re.IGNORECASE)
_ONLINE = Path("/sys/devices/system/cpu/online")


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Something that is missing, and what to do; ``fatal`` if a later stage would stop there.

    ``tree_only``: only the texts of the tree need it, so that a single measurement does not.
    """

    what: str
    hint: str
    fatal: bool = True
    tree_only: bool = False


def refuse_gaps(gaps: list[Gap]) -> None:
    """Raise UsageError for the fatal ones, all of them in one error."""
    fatal = [gap for gap in gaps if gap.fatal]
    if fatal:
        raise UsageError(
            "something is missing that this profile needs",
            detail="; ".join(gap.what for gap in fatal),
            hint="; ".join(dict.fromkeys(gap.hint for gap in fatal)),
        )


def find_gaps(context: Context) -> list[Gap]:
    """Everything that a later stage would miss, as far as it can be known now."""
    manifests = [context.manifest(b.model) for b in context.profile.benchmarks]
    gaps = [gap for manifest in manifests for gap in _model_gaps(context, manifest)]
    gaps += _data_gaps(context)
    gaps += _written_gaps(context)
    gaps += _name_gaps(context, manifests)
    gaps += _processor_gaps(context.settings.cpuset)
    gaps += _rate_gaps(context)
    gaps += placeholder_gaps(context)
    gaps += _unread_notes(context)
    gaps += _room_gaps(context, manifests)
    return gaps


def _model_gaps(context: Context, manifest: Manifest) -> Iterator[Gap]:
    name, where = manifest.name, f"in {manifest.path}"
    benchmark = manifest.mlperf_model or context.policy.resolve(name).benchmark
    if benchmark not in context.policy.benchmarks:
        hint = did_you_mean(benchmark, context.policy.benchmarks)
        yield Gap(
            what=f"{name}: round {context.policy.round} has no benchmark {benchmark!r}",
            hint=f'set "mlperf_model" {where}: {hint}',
        )
    for key, value, example in (
        ("structured_sparsity_percent", manifest.structured_sparsity_percent, "0.0"),
        ("weight_data_types", manifest.weight_data_types, '"int8"'),
        (
            "measurement",
            manifest.measurement or None,
            '{"input_data_types": "INT64", "retraining": "No", "starting_weights_filename": "…"}',
        ),
    ):
        if value is None:
            hint = f'add "{key}": {example} {where}'
            yield Gap(what=f"{name}: no {key}", hint=hint, tree_only=True)
    page = manifest.path.with_name(CALIBRATION)
    if not page.is_file():
        if published_recipe(name) is None:
            hint = f"write {page}: how the weights came about"
            yield Gap(what=f"{name}: no calibration text", hint=hint, tree_only=True)
    else:
        yield from _blanks(context, name, page)
    yield from _blanks(context, name, manifest.path)


def _blanks(context: Context, name: str, path: Path) -> Iterator[Gap]:
    count = blanks(path.read_text(encoding="utf-8"))
    if count:
        yield Gap(
            what=f'{name}: {count} "{BLANK}" in {path.name}',
            hint=f"fill them in: {path}",
            fatal=context.profile.submittable,
        )


def _data_gaps(context: Context) -> Iterator[Gap]:
    name = context.profile.dataset
    manifest = context.manifest(name)
    if _is_unobtainable(context, manifest):
        yield Gap(
            what=missing_words(manifest),
            hint=f"{way_to_get(manifest)}, or name their folder: BERT_DATA_DIR",
        )
    yield from _edited(manifest)
    for role in ("data", "vocab"):
        try:
            file = manifest.role(role)
        except UsageError as error:
            yield Gap(what=error.what, hint=error.hint)
            continue
        folder = context.settings.data_dir
        if folder is not None and not (folder / file.name).is_file():
            yield Gap(
                what=f"BERT_DATA_DIR has no {file.name}",
                hint=f"put {file.name} into {folder}, or leave BERT_DATA_DIR out",
            )
    if context.profile.own_dataset and context.profile.submittable:
        yield Gap(
            what=f"{name} is not the round's data set: the check will refuse results on it",
            hint="leave DATA out for a submission",
            fatal=False,
        )


def _edited(manifest: Manifest) -> Iterator[Gap]:
    """Files beside the manifest that it no longer fits: runs would go on with the earlier ones."""
    folder = manifest.path.parent
    for file in manifest.files:
        path = folder / file.name
        faults = (
            [each for each in examine_file(file, path) if each.failed] if path.is_file() else []
        )
        if faults:
            yield Gap(
                what=f"{path} was changed since its manifest was written ({describe(faults)})",
                hint="put it back as it was, or give the changed questions a name of their own: "
                f"add-data {quote(str(path))} --name {manifest.name}-2, then "
                f"DATA={manifest.name}-2",
            )


def _written_gaps(context: Context) -> Iterator[Gap]:
    """What a person wrote, of the system and for READMEs, that a later stage would refuse."""
    overlay = context.workspace.system_overlay()
    if overlay is not None:
        yield from _refused(partial(load_overlay, overlay, context.policy))
    for path in sorted(notes_file(context).rglob("*.md")):
        yield from _refused(partial(read_notes, path))


def _name_gaps(context: Context, manifests: list[Manifest]) -> Iterator[Gap]:
    """A system's name that says another type of weights than any model has."""
    name = context.workspace.system_desc_id
    types = {m.weight_data_types.lower() for m in manifests if m.weight_data_types}
    said = {each.lower() for each in _TYPES.findall(name)}
    if said and types and said.isdisjoint(types):
        yield Gap(
            what=f"the system is called {name}, and the weights are {listed_words(sorted(types))}",
            hint="SYSTEM_DESC_ID=… gives it another name",
            fatal=False,
            tree_only=True,
        )


def placeholder_gaps(context: Context) -> list[Gap]:
    """That the tree will bear a placeholder as the submitter's name, where none was given."""
    profile = context.profile
    if not profile.submittable or context.workspace.submitter != PLACEHOLDER:
        return []
    return [
        Gap(
            what=f"the submitter's name in the tree will be {PLACEHOLDER}, the profile's own",
            hint="SUBMITTER=… sets it; given later, it repeats no run",
            fatal=False,
            tree_only=True,
        )
    ]


def _unread_notes(context: Context) -> Iterator[Gap]:
    """Notes under a name that no text of a tree has."""
    folder, root = notes_file(context), context.workspace.root
    models = {benchmark.model for benchmark in context.profile.benchmarks}
    models |= {*known_names(context.workspace.manifests), *known_names(root / KIT_MODELS)}
    names = (README, *(f"{scenario}.md" for scenario in Scenario))
    read = {README, *(f"{model}/{name}" for model in models for name in names)}
    if not folder.is_dir():
        yield from _notes_elsewhere(folder, root)
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        name = path.relative_to(folder).as_posix()
        if name in read or path.name.startswith("."):
            continue
        meant = nearest(name, read)
        yield Gap(
            what=f"{path.relative_to(root)} is read by nothing",
            hint=f"{meant} is meant?"
            if meant
            else "measurements/notes/README.md names the files that are read",
            fatal=False,
            tree_only=True,
        )


def _notes_elsewhere(folder: Path, root: Path) -> Iterator[Gap]:
    """Notes for other systems, where this one has none."""
    others = sorted(path.name for path in folder.parent.glob("*") if path.is_dir())
    if others:
        notes = folder.parent.relative_to(root)
        yield Gap(
            what=f"{notes} has texts for {listed_words(others)}, and none for this system, "
            f"{folder.name}",
            hint=f"rename the folder to {folder.name}, or set SYSTEM_DESC_ID, if they are of it",
            fatal=False,
            tree_only=True,
        )


def _refused(read: Callable[[], object]) -> Iterator[Gap]:
    try:
        read()
    except KitError as error:
        yield Gap(what=f"{error.what}: {error.detail}", hint=error.hint, tree_only=True)


def _is_unobtainable(context: Context, manifest: Manifest) -> bool:
    """Whether private questions are neither beside their manifest nor fetched, nor elsewhere."""
    settings, workspace = context.settings, context.workspace
    if not manifest.private or settings.data_dir or settings.mirror or is_beside(manifest):
        return False
    folder = workspace.fetched_data_folder(manifest.name)
    return not all((folder / file.name).is_file() for file in manifest.files)


def _processor_gaps(cpuset: str | None) -> Iterator[Gap]:
    if cpuset is None:
        return
    try:
        online = cpu_numbers(_ONLINE.read_text(encoding="ascii").strip())
        missing = sorted(cpu_numbers(cpuset) - online)
    except (OSError, ValueError):
        return
    if missing:
        yield Gap(
            what=f"CPUSET={cpuset} names processors that this machine does not have: "
            + ", ".join(map(str, missing[:4]))
            + (" …" if missing[4:] else ""),
            hint=f"choose among {_ONLINE.read_text(encoding='ascii').strip()}",
        )


def _rate_gaps(context: Context) -> Iterator[Gap]:
    """Rates of RATES that were found with another OpenVINO than runs have."""
    for benchmark in context.profile.benchmarks:
        run = RunId(benchmark=benchmark.model, scenario=Scenario.SERVER, mode=Mode.PERFORMANCE)
        rate = found_rate(context, run)
        if rate is None:
            continue
        runs_have = runs_openvino(context)
        if rate.openvino != runs_have:
            yield Gap(
                what=f"the rate of {rate.model} was found with OpenVINO {rate.openvino}, and runs "
                f"have {runs_have}",
                hint="find it again with find-qps, or leave RATES out",
                fatal=False,
            )


def _room_gaps(context: Context, manifests: list[Manifest]) -> Iterator[Gap]:
    out = context.workspace.out
    place = next((folder for folder in (out, *out.parents) if folder.is_dir()), None)
    if place is None or context.workspace.archive_file().is_file():
        return  # what was packed once has its room
    need = _ROOM_BYTES + _COPIES * sum(manifest.total_bytes for manifest in manifests)
    free = shutil.disk_usage(place).free
    if free < need:
        yield Gap(
            what=f"{free / 1e6:.0f} MB are free in {place}, about {need / 1e6:.0f} MB are needed",
            hint="free some space, or give another WORKSPACE",
        )
