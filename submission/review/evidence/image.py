"""Evidence that only the image can give: its sources, its versions, its own fingerprint."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from submission.artifacts.manifest import MANIFEST
from submission.container.context import fingerprint
from submission.container.sbom import SBOM, packages
from submission.container.witnesses import (
    is_own,
    model_record,
    profile_of,
    set_up_digests,
    witnesses,
)
from submission.files import read_json
from submission.review.built import PACKAGES, Built
from submission.review.evidence.model import Examined, Statement
from submission.review.evidence.runs import runs
from submission.tree.grammar import KIT_MARK, KIT_PROFILES, README, Area

DEBIAN = "pkg:deb/"
#: among the sources of a kit that lists packages
BILL_MARK = "submission/container/sbom.py"
WAIVED_RULE = re.compile(r"^- ([A-Z]{3}\d{3}): ", re.MULTILINE)


def carried(subject: Examined) -> Iterator[Statement]:
    """Every submitter's code has the kit's sources in one of its folders."""
    tree = subject.tree
    folders = [tree.inside(folder) for folder in tree.kit_folders()]
    for owner in dict.fromkeys(cell.place.owner for cell in tree.cells):
        code = tree.layout.path(Area.CODE, owner)
        there = any(folder.startswith(f"{code}/") for folder in folders)
        yield Statement(code, "", "sources" if there else f"no folder with {KIT_MARK}", "sources")


def sources(subject: Examined) -> Iterator[Statement]:
    """The sources in the tree are those that the image was built from."""
    image = _image(subject)
    for folder in subject.tree.kit_folders():
        found = f"fingerprint {fingerprint(folder)}"
        at = subject.tree.inside(folder)
        yield Statement(at, "", found, f"fingerprint {image.fingerprint}")


def versions(subject: Examined) -> Iterator[Statement]:
    """Kit, versions and fingerprint of every run against the image."""
    image = _image(subject)
    for _, _, at, metadata in runs(subject):
        yield Statement(at, "kit", metadata["kit"], image.kit)
        recorded = metadata["harness"].get("versions", {})
        for name, version in image.versions().items():
            yield Statement(at, f"version of {name}", str(recorded.get(name, "not given")), version)
        found = metadata["image"].get("fingerprint", "not given")
        yield Statement(at, "fingerprint of the image", found, image.fingerprint)


def judging(subject: Examined) -> Iterator[Statement]:
    """The code that runs in the image is that which was installed when it was built."""
    image = _image(subject)
    if image.installed is not None:
        yield Statement("the image", "code that runs", image.running, image.installed)


def set_up(subject: Examined) -> Iterator[Statement]:
    """What set-up from source runs is as it was in the checkout that the image was built from."""
    known = _image(subject).set_up
    for folder in subject.tree.kit_folders() if known else ():
        found = set_up_digests(folder)
        for name in sorted({*known, *found}):
            at = subject.tree.inside(folder / name)
            yield Statement(at, "sha256", found.get(name, "no file"), known.get(name, "no file"))


def profiles(subject: Examined) -> Iterator[Statement]:
    """Waivers, data set and standing of the profile, in sources, READMEs and run metadata."""
    tree, known = subject.tree, _image(subject).profiles
    for _, _, at, metadata in runs(subject) if known else ():
        base = profile_of(metadata["profile"], known)
        if base is None:
            yield Statement(at, "profile", metadata["profile"], "a profile of the image")
            continue
        own = known[base]
        yield Statement(at, "submittable", metadata["submittable"], own["submittable"])
        # one that was made of it may have a person's own data
        if metadata["profile"] == base:
            yield Statement(at, "dataset.name", metadata["dataset"]["name"], own["dataset"])
    for folder in tree.kit_folders() if known else ():
        carried = witnesses(folder)["profiles"]
        for name in sorted({*known, *carried}):
            at = tree.inside(folder / KIT_PROFILES / f"{name}.json")
            yield Statement(at, "waivers and data set", carried.get(name), known.get(name))
        yield from _waivers_named(subject, folder, known)


def _waivers_named(
    subject: Examined, folder: Path, known: Mapping[str, Mapping[str, Any]]
) -> Iterator[Statement]:
    """The rules that a README says are broken are those that the profile waives."""
    names = {profile_of(metadata["profile"], known) or "" for *_, metadata in runs(subject)}
    waived = {entry["rule"] for name in names for entry in known.get(name, {}).get("waivers", ())}
    path = folder / README
    if path.is_file():
        named = set(WAIVED_RULE.findall(path.read_text(encoding="utf-8", errors="replace")))
        yield Statement(subject.tree.inside(path), "waived rules", sorted(named), sorted(waived))


def manifests(subject: Examined) -> Iterator[Statement]:
    """The digests of data and models that ran against the image's manifests of their names."""
    known = _image(subject).manifests
    for _, _, at, metadata in runs(subject) if known else ():
        data = metadata["dataset"]["name"]
        carried = [folder / MANIFEST for folder in subject.tree.carried_models(data)]
        # of a person's own no image knows; ``runs.data`` compares it with the manifest in the tree
        if data not in known and not any(path.is_file() and is_own(path) for path in carried):
            yield Statement(at, "dataset.name", data, "a data set of the image")
        for kind, name in (("dataset", data), ("model", metadata["model"]["name"])):
            for file, digest in known.get(name, {}).items():
                found = metadata[kind]["sha256"].get(file)
                if found is not None or kind == "dataset":
                    yield Statement(at, f"{kind}.sha256 of {file}", found, digest)


def model_facts(subject: Examined) -> Iterator[Statement]:
    """What the manifests among the kit's sources say against the image's own.

    Those beside the models are compared with these, see ``files.manifests``.
    """
    known, tree = _image(subject).models, subject.tree
    for name, expected in known.items():
        for folder in tree.carried_models(name):
            path = folder / MANIFEST
            if expected.get("private") and not path.is_file():
                continue  # of a private model that it is not about a tree holds nothing
            found = model_record(path) if path.is_file() else "no file"
            for field, value in expected.items():
                stated = found.get(field) if isinstance(found, dict) else found
                yield Statement(tree.inside(path), field, stated, value)


def no_model_facts(subject: Examined) -> str | None:
    """Why an image has none: an earlier kit built it."""
    return None if _image(subject).models else "the image was built by a kit that recorded none"


def bill(subject: Examined) -> Iterator[Statement]:
    """Every package in the tree's list against the image's, and the reverse.

    Debian's by name alone: an image that a reviewer builds later has their updates.
    """
    known = _image(subject).sbom
    for folder in subject.tree.kit_folders() if known else ():
        at, path = subject.tree.inside(folder / SBOM), folder / SBOM
        found = packages(read_json(path)) if path.is_file() else {}
        for name in sorted({*known, *found}):
            stated, there = found.get(name, "not listed"), known.get(name, "not there")
            updated = name.startswith(DEBIAN) and name in found and name in known
            yield Statement(at, name, there if updated else stated, there)


def earlier_image(subject: Examined) -> str | None:
    """Why an image has no such record: a kit built it that wrote none."""
    image = _image(subject)
    records = (image.installed, image.set_up, image.profiles, image.manifests, image.sbom)
    return None if any(records) else "the image was built by a kit that recorded none of it"


def bill_versions(subject: Examined) -> Iterator[Statement]:
    """The packages that runs name, in the tree's list of packages."""
    for folder in subject.tree.kit_folders():
        path = folder / SBOM
        if not path.is_file():
            if subject.wrote(BILL_MARK):
                yield Statement(subject.tree.inside(path), "", "no file", "the list of packages")
            continue
        listed = packages(read_json(path))
        for _, _, at, metadata in runs(subject):
            for name, package in PACKAGES.items():
                stated = metadata["harness"]["versions"].get(name)
                yield Statement(at, f"version of {name}", stated, listed.get(f"pkg:pypi/{package}"))


def no_bill(subject: Examined) -> str | None:
    """Trees of an earlier kit have no list of packages."""
    if subject.wrote(BILL_MARK):
        return None
    return "no list of packages (SBOM): the tree was made by a kit without it"


def _image(subject: Examined) -> Built:
    assert subject.image is not None  # ``Needs.IMAGE``
    return subject.image
