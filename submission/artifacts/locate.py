"""Locates the IR of a model: joined, fetched, or in a folder of its own."""

from __future__ import annotations

from pathlib import Path

from submission.artifacts.catalogue import known_names
from submission.artifacts.manifest import MANIFEST, Manifest, load_manifest
from submission.artifacts.rejoin import rejoin
from submission.errors import UsageError, did_you_mean
from submission.ir.names import IrFile
from submission.workspace.folders import Workspace


def manifest_of(workspace: Workspace, model: str) -> Manifest | None:
    """The manifest of ``model`` (as for ``find_xml``), beside its IR or in the manifests' folder.

    None if there is none.
    """
    path = Path(model)
    folder = path.parent if path.suffix == ".xml" else path
    for place in (folder, workspace.manifests / folder.name):
        if (place / MANIFEST).is_file():
            return load_manifest(place)
    return None


def ir_file(xml: Path, manifest: Manifest | None) -> IrFile:
    """The IR with the tensor names of its manifest; without one, the usual names are looked for."""
    if manifest is None:
        return IrFile(xml=xml)
    return IrFile(
        xml=xml,
        inputs=manifest.input_names(),
        outputs=manifest.output_names(),
        trailing_pad=manifest.trailing_pad,
    )


def find_xml(workspace: Workspace, model: str) -> Path:
    """The xml of ``model``: a model's name, an xml file, or the folder of one.

    Raises UsageError if there is none, with a hint how to fetch a known model.
    """
    path = Path(model)
    if path.suffix == ".xml":
        return path
    name = path.name
    places = [
        path,
        path / "parts",
        workspace.model_folder(name),
        workspace.joined_folder(name),
        workspace.parts_folder(name),
    ]
    for place in (*places, workspace.manifests / name / "parts"):
        if xmls := sorted(place.glob("*.xml")):
            return xmls[0]
    known = known_names(workspace.manifests)
    raise UsageError(
        f"{name} has not been fetched yet" if name in known else f"there is no model {model}",
        detail=f"no xml in {', '.join(map(str, dict.fromkeys(places)))}",
        hint=f"run tools/fetch_models.py {name} first"
        if name in known
        else did_you_mean(name, known)
        if known
        else "no model is known here: give the .xml of an IR, or run it from a checkout of the kit",
    )


def joined_xml(workspace: Workspace, model: str) -> Path:
    """The xml of ``model`` as for ``find_xml``, with its weights beside it.

    Parts that lie beside their manifest are joined for it. Raises UsageError for others.
    """
    xml = find_xml(workspace, model)
    manifest = manifest_of(workspace, model)
    if manifest is None or xml.with_suffix(".bin").is_file():
        return xml
    if xml.parent != manifest.path.parent / "parts":
        raise UsageError(
            f"the weights of {manifest.name} are not whole",
            detail=f"no {xml.with_suffix('.bin').name} in {xml.parent}",
            hint=f"run tools/fetch_models.py {manifest.name} first",
        )
    target = workspace.joined_folder(manifest.name)
    rejoin(manifest, xml.parent, target)
    return target / xml.name
