"""Evidence that only the image can give: its sources, its versions, its own fingerprint."""

from __future__ import annotations

from collections.abc import Iterator

from submission.container.context import fingerprint
from submission.review.built import Built
from submission.review.evidence.model import Examined, Statement
from submission.review.evidence.runs import runs
from submission.tree.grammar import KIT_MARK, Area


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


def _image(subject: Examined) -> Built:
    assert subject.image is not None  # ``Needs.IMAGE``
    return subject.image
