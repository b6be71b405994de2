"""The image's record of models against the manifests that a tree carries."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from submission.artifacts.manifest import MANIFEST
from submission.container.witnesses import model_record
from submission.files import write_json
from submission.review.built import Built
from submission.review.evidence import image
from submission.review.evidence.model import Examined


def differing(tmp_path: Path, record: dict[str, Any]) -> list[str]:
    built = Built(kit="1", fingerprint="f", python="3", packages={}, models={"mine": record})
    folder = tmp_path / "kit/models/mine"
    tree = SimpleNamespace(carried_models=lambda name: [folder], inside=str)
    subject = cast("Examined", SimpleNamespace(tree=tree, image=built))
    found = image.model_facts(subject)
    return [each.what for each in found if not each.equal]


@pytest.mark.parametrize(("private", "count"), [(True, 0), (None, 11)])
def test_a_tree_may_lack_what_is_private_alone(
    private: bool | None, count: int, tmp_path: Path
) -> None:
    path = tmp_path / MANIFEST
    path.write_text(json.dumps({"origin": "me", "private": private}))
    assert len(differing(tmp_path, model_record(path))) == count


def test_what_it_carries_of_a_private_model_is_compared(tmp_path: Path) -> None:
    path = tmp_path / "kit/models/mine" / MANIFEST
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"origin": "me", "private": True}))
    record = model_record(path)
    assert differing(tmp_path, record) == []
    assert differing(tmp_path, {**record, "origin": "somebody"}) == ["origin"]


@pytest.mark.parametrize(
    ("manifest", "differing"),
    [({"private": True}, 0), ({"private": False}, 0), ({}, 1), (None, 1)],
)
def test_an_image_knows_no_data_that_a_person_took_over(
    manifest: dict[str, Any] | None,
    differing: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its digests are compared with the manifest in the tree; a name of nobody's differs."""
    folder = tmp_path / "mine"
    if manifest is not None:
        write_json(folder / MANIFEST, manifest)
    known = {"m": {"model.bin": "ab"}}
    built = Built(kit="1", fingerprint="f", python="3", packages={}, manifests=known)
    metadata = {
        "dataset": {"name": "mine", "sha256": {}},
        "model": {"name": "m", "sha256": {"model.bin": "ab"}},
    }
    monkeypatch.setattr(image, "runs", lambda subject: [(None, None, "at", metadata)])
    tree = SimpleNamespace(carried_models=lambda name: [folder])
    subject = cast("Examined", SimpleNamespace(tree=tree, image=built))
    found = list(image.manifests(subject))
    assert len([each for each in found if not each.equal]) == differing
    assert found[-1].equal
