"""Where the IR of a model lies: joined, fetched, or in a folder of its own."""

from __future__ import annotations

from pathlib import Path

from submission.artifacts.catalogue import known_names
from submission.artifacts.manifest import MANIFEST, Manifest, load_manifest
from submission.errors import UsageError, did_you_mean
from submission.ir.names import SAME_NAMES, IrFile
from submission.workspace.folders import Workspace


def manifest_of(workspace: Workspace, model: str) -> Manifest | None:
    """The manifest of ``model`` (as ``find_xml`` takes it), beside its IR or among the known ones.

    None if neither folder has one.
    """
    path = Path(model)
    folder = path.parent if path.suffix == ".xml" else path
    for place in (folder, workspace.manifests / folder.name):
        if (place / MANIFEST).is_file():
            return load_manifest(place)
    return None


def ir_file(xml: Path, manifest: Manifest | None) -> IrFile:
    """The IR with what its manifest says of it; without a manifest its names are the usual ones."""
    if manifest is None:
        return IrFile(xml=xml)
    return IrFile(
        xml=xml,
        inputs=manifest.input_names() or SAME_NAMES,
        outputs=manifest.output_names(),
        trailing_pad=manifest.trailing_pad,
    )


def find_xml(workspace: Workspace, model: str) -> Path:
    """The xml of ``model``: a model's name, an xml file, or the folder of one.

    Raises UsageError if there is none, which says how to get it where the model is known.
    """
    path = Path(model)
    if path.suffix == ".xml":
        return path
    name = path.name
    places = [
        path,
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
        else did_you_mean(name, known),
    )
