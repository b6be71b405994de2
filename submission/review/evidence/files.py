"""Evidence on files: sums, the parts of models, manifests against each other and against the IR."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from submission.artifacts.manifest import MANIFEST, File, Manifest
from submission.artifacts.verify import verify_parts
from submission.errors import KitError
from submission.files import CHUNK_BYTES, read_json, sha256_of
from submission.review.evidence.model import Examined, Statement
from submission.tree.grammar import SUMS_FILE
from submission.tree.sums import sums_differences

# published tables give one digit
SPARSITY_PERCENT = 0.051
INTEGERS = frozenset({"int8", "uint8", "int4", "uint4"})
# of the weights: embeddings and the last layer often stay in float
MOSTLY = 0.5
# what a manifest says of the model itself; a person's own manifest may differ in texts and parts
MODEL_FIELDS = (
    "name",
    "kind",
    "mlperf_model",
    "synthetic",
    "weight_data_types",
    "accuracy",
    "structured_sparsity_percent",
    "measurement",
)


def sums(subject: Examined) -> Iterator[Statement]:
    """Every file of the tree and every line of SHA256SUMS."""
    tree = subject.tree
    if not tree.sums_file.is_file():
        yield Statement(SUMS_FILE, "", "no file", "sums")
        return
    differing = sums_differences(tree.root)
    for each in differing:
        yield Statement(
            each.path, "", each.found or each.kind, each.expected or f"a line in {SUMS_FILE}"
        )
    equal = len(tree.sums_file.read_bytes().splitlines()) - len(differing)
    yield from (Statement(SUMS_FILE, "", "", "") for _ in range(equal))


def parts(subject: Examined) -> Iterator[Statement]:
    """Every part against its manifest: sizes, digests, nothing more and nothing less."""
    tree = subject.tree
    for folder in tree.model_folders():
        manifest = subject.manifest(folder)
        findings = verify_parts(manifest, folder)
        for finding in findings:
            at = tree.inside(folder / finding.name)
            yield Statement(at, "", f"{finding.fault} ({finding.found})", finding.expected)
        named = {finding.name for finding in findings}
        for _, part in manifest.parts():
            if part.name not in named:
                yield Statement(tree.inside(folder / part.name), "", "", "")


def own_model(subject: Examined) -> Iterator[Statement]:
    """Every result has a model in its code folder, of the name of its benchmark."""
    for cell in subject.tree.cells:
        at = subject.tree.inside(cell.results)
        try:
            _, manifest = cell.model()
        except KitError as error:
            yield Statement(at, "model", error.detail, "a model with its manifest")
            continue
        yield Statement(at, "name in the model's manifest", manifest.name, cell.benchmark)


def manifests(subject: Examined) -> Iterator[Statement]:
    """The manifest beside a model against the one among the kit's sources."""
    tree = subject.tree
    for folder in tree.model_folders():
        own = subject.manifest(folder)
        for carried in tree.carried_models(own.name):
            if not (carried / MANIFEST).is_file():
                continue
            other = subject.manifest(carried)
            # what comes as ONNX is converted, and has another manifest then
            if not other.is_onnx:
                yield from _facts(tree.inside(folder / MANIFEST), own, other)


def _facts(at: str, own: Manifest, other: Manifest) -> Iterator[Statement]:
    for name in MODEL_FIELDS:
        yield Statement(at, name, getattr(own, name), getattr(other, name))
    digests = {file.name: file.checksums.sha256 for file in other.files}
    for file in own.files:
        known = digests.get(file.name)
        if known and file.checksums.sha256:
            yield Statement(at, f"sha256 of {file.name}", file.checksums.sha256, known)


def no_other_manifest(subject: Examined) -> str | None:
    """Why there is no second manifest: models that were converted have none."""
    for folder in subject.tree.model_folders():
        for carried in subject.tree.carried_models(subject.manifest(folder).name):
            if (carried / MANIFEST).is_file() and not subject.manifest(carried).is_onnx:
                return None
    if subject.tree.model_folders() and subject.tree.kit_folders():
        return "the models were given or converted; the kit's sources have no manifest of them"
    return None


def sparsity(subject: Examined) -> Iterator[Statement]:
    """The sparsity in a manifest against a count of the IR's linear layers."""
    for folder in subject.tree.model_folders():
        manifest = subject.manifest(folder)
        claimed = manifest.structured_sparsity_percent
        at = subject.tree.inside(folder / MANIFEST)
        xml = folder / manifest.role("topology").name
        if claimed is None or not xml.is_file():
            continue
        # by any definition: the published values do not all follow one
        counted = [each.percent for each in subject.inspected(xml).sparsities]
        if not counted:
            continue
        nearest = min(counted, key=lambda percent: abs(percent - claimed))
        near = abs(nearest - claimed) <= SPARSITY_PERCENT
        yield Statement(
            at,
            "structured_sparsity_percent",
            claimed,
            claimed if near else f"{counted[0]:.2f}, counted in {xml.name}",
        )


def no_sparsity(subject: Examined) -> str | None:
    """A topology without transformer blocks that can be recognised has no sparsity to count."""
    return "no model with blocks that can be counted" if subject.tree.model_folders() else None


def weights(subject: Examined) -> Iterator[Statement]:
    """What manifests say of the weights against the IR, and against the training beside it."""
    for folder in subject.tree.model_folders():
        manifest = subject.manifest(folder)
        at = subject.tree.inside(folder / MANIFEST)
        xml = folder / manifest.role("topology").name
        types = manifest.weight_data_types
        if types and xml.is_file():
            found = subject.inspected(xml)
            words = sorted(INTEGERS & set(re.findall(r"[a-z]*int\d+", types.lower())))
            if found.integer_share > MOSTLY:
                stated = types if words else f"an integer type: {_listed(found.weight_types)}"
                yield Statement(at, "weight_data_types", types, stated)
            elif not found.integer_weights and not found.fake_quantize:
                stated = f"no integer type: {_listed(found.weight_types)}" if words else types
                yield Statement(at, "weight_data_types", types, stated)
        retraining = manifest.measurement.get("retraining")
        if retraining is not None and "training" in read_json(folder / MANIFEST):
            trained = retraining if retraining.lower().startswith("y") else "Yes: it was trained"
            yield Statement(at, "measurement.retraining", retraining, trained)


def _listed(types: Mapping[str, int]) -> str:
    return ", ".join(f"{count} of {kind}" for kind, count in types.items())


def no_weights(subject: Examined) -> str | None:
    """A manifest need not say what its weights are."""
    return "no manifest says it" if subject.tree.model_folders() else None


def joined_sha256(folder: Path, file: File) -> str:
    """SHA-256 of a file as its parts in ``folder`` would make it; words if one is missing."""
    digest = hashlib.sha256()
    try:
        if file.whole:
            return sha256_of(folder / file.name)
        for part in file.parts:
            with (folder / part.name).open("rb") as stream:
                while chunk := stream.read(CHUNK_BYTES):
                    digest.update(chunk)
    except OSError as error:
        return f"unknown ({error.strerror or error})"
    return digest.hexdigest()
