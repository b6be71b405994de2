"""Takes over a person's IR: reads what it shows, and writes its manifest and calibration page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from submission.artifacts.manifest import CALIBRATION, Manifest, ManifestKind, load_manifest
from submission.artifacts.own_folder import name_from, new_folder, own_name
from submission.artifacts.progress import ReportStep, silent
from submission.artifacts.split import split_all
from submission.errors import ModelError, UsageError
from submission.files import write_text
from submission.ir.inspect import Inspection, inspect
from submission.ir.names import BOTH_LOGITS, LOGITS, IrFile
from submission.ir.ports import NAMES_HINT, OUTPUTS_HINT
from submission.ir.report import structured_percent

if TYPE_CHECKING:
    from submission.ir.model import QaModel

XML, BIN = "openvino_model.xml", "openvino_model.bin"
#: what stands in a manifest or page where only a person knows the words
BLANK = "NOT SAID"
MAX_SEQ_LENGTH = 384
_INPUT_WORDS = {"i64": "INT64", "i32": "INT32"}
_WEIGHT_WORDS = {"f32": "fp32", "f16": "fp16", "bf16": "bf16", "i8": "int8", "u8": "int8"}
#: OpenVINO aligns constants, so that a few bytes may follow the last one
_ALIGNMENT_BYTES = 64


@dataclass(frozen=True, kw_only=True)
class OwnModel:
    """What a person says of the IR ``xml``; None and empty: not said, or to be found out.

    ``inputs`` and ``outputs`` map a role to the IR's own name. ``sparsity_percent`` is the
    structured sparsity. ``private``: whether its parts stay out of the kit's sources in a tree (the
    tree of a model holds its files elsewhere).
    """

    xml: Path
    name: str | None = None
    mlperf_model: str = "bert-99"
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    sparsity_percent: float | None = None
    licence: str = f"{BLANK}: the licence of the weights"
    origin: str = ""
    retraining: str = f"{BLANK}: Yes or No"
    starting_weights: str = f"{BLANK}: the file that training began with"
    private: bool = True


@dataclass(frozen=True, kw_only=True)
class ModelFound:
    """What was found in a person's IR: its name here, its manifest, and its calibration page."""

    name: str
    about: Mapping[str, Any]
    calibration: str


def examine_model(manifests: Path, asked: OwnModel) -> ModelFound:
    """Read the IR and what is said of it; writes nothing.

    Raises UsageError for a name that is taken or unfit, a file that is no question-answering IR,
    weights that are missing or of another size, and words that a field cannot have.
    """
    _refuse_other_files(asked.xml)
    asked = replace(asked, retraining=_yes_or_no(asked.retraining))
    name = own_name(manifests, asked.name or _name_of(asked.xml), "model")
    found, qa = _read(asked)
    about = _about(name, asked, found, qa)
    return ModelFound(name=name, about=about, calibration=_calibration(name, asked, found))


def add_model(
    manifests: Path,
    asked: OwnModel,
    *,
    found: ModelFound | None = None,
    report: ReportStep = silent,
) -> Manifest:
    """Write ``manifests/<name>/``: manifest, parts, calibration page; returns the manifest.

    ``found``: what ``examine_model`` gave, if it was asked; raises UsageError as it does.
    """
    found = found or examine_model(manifests, asked)
    name = found.name
    with new_folder(manifests, name, "model") as work:
        write_text(work / CALIBRATION, found.calibration)
        with TemporaryDirectory() as links:
            files = [(Path(links) / XML, "topology"), (Path(links) / BIN, "weights")]
            for (link, _), source in zip(files, _files(asked.xml), strict=True):
                link.symlink_to(source.resolve())
            split_all(files, work, dict(found.about), report=report)
    return load_manifest(manifests / name)


def _name_of(xml: Path) -> str:
    """The file's name; of an openvino_model.xml, as exports call it, that of its folder."""
    stem = xml.resolve().parent.name if xml.name == XML else xml.stem
    return name_from(stem)


def _files(xml: Path) -> tuple[Path, Path]:
    return xml, xml.with_suffix(".bin")


def _yes_or_no(text: str) -> str:
    """``Yes`` or ``No`` of ``yes``, ``NO`` …; what nobody said stays so; raises UsageError."""
    word = text.strip().capitalize()
    if word in {"Yes", "No"} or text.startswith(BLANK):
        return text if text.startswith(BLANK) else word
    raise UsageError(
        f"retraining is Yes or No, not {text!r}",
        detail="the rules ask whether the weights were trained further than the reference's",
        hint="give --retraining Yes or --retraining No, or leave it out for now",
    )


def _refuse_other_files(xml: Path) -> None:
    """Raise UsageError for a path that is no file of an IR's topology."""
    if xml.is_dir():
        inside = sorted(xml.glob("*.xml"))
        raise UsageError(
            f"{xml} is a folder",
            detail="an IR is an .xml with its .bin beside it",
            hint=f"name the file: {inside[0]}" if inside else "name the .xml of an export",
        )
    if xml.suffix == ".bin":
        raise UsageError(
            f"{xml.name} holds the weights of an IR",
            detail="its .xml, which lies beside it, says what they are",
            hint=f"name {xml.with_suffix('.xml')}",
        )
    if not xml.is_file():
        raise UsageError(
            f"there is no file {xml}",
            detail="an IR is an .xml with its .bin beside it",
            hint="name the openvino_model.xml of an export",
        )


def _read(asked: OwnModel) -> tuple[Inspection, QaModel]:
    xml, weights = _files(asked.xml)
    found = inspect(xml)
    if found.bin_bytes is None:
        raise UsageError(
            f"the weights of {xml.name} are missing",
            detail=f"no file {weights}; its constants need {found.constant_bytes:,} bytes",
            hint="put the .bin of the same export beside the .xml",
        )
    if not 0 <= found.bin_bytes - found.constant_bytes < _ALIGNMENT_BYTES:
        raise UsageError(
            f"{weights.name} does not belong to {xml.name}",
            detail=f"it has {found.bin_bytes:,} bytes, the constants need {found.constant_bytes:,}",
            hint="put the .bin of the same export beside the .xml",
        )
    try:
        return found, _read_by_roles(IrFile(xml=xml, inputs=asked.inputs, outputs=asked.outputs))
    except ModelError as error:
        ways = {
            NAMES_HINT: "say which is which: --inputs input_ids=NAME,attention_mask=NAME,"
            "token_type_ids=NAME",
            OUTPUTS_HINT: "name both: --outputs start_logits=NAME,end_logits=NAME",
        }
        hint = ways.get(error.hint, error.hint)
        raise UsageError(error.what, detail=error.detail, hint=hint) from error


def _read_by_roles(file: IrFile) -> QaModel:
    """Read the IR; what its names do not show, its tables and its head may."""
    # they need OpenVINO, and who only reads this module's blanks may not have it
    from submission.ir.model import core, read_model  # noqa: PLC0415
    from submission.ir.roles import roles_of_inputs, roles_of_outputs  # noqa: PLC0415

    try:
        return read_model(file)
    except ModelError as error:
        model = core().read_model(file.xml)
        if error.hint == NAMES_HINT and not file.inputs and (inputs := roles_of_inputs(model)):
            return _read_by_roles(replace(file, inputs=inputs))
        if error.hint == OUTPUTS_HINT and not file.outputs and (outputs := roles_of_outputs(model)):
            return _read_by_roles(replace(file, outputs=outputs))
        raise


def _about(name: str, asked: OwnModel, found: Inspection, qa: QaModel) -> dict[str, Any]:
    sparsity = asked.sparsity_percent
    if sparsity is None:
        sparsity = structured_percent(found)
    if sparsity is None:
        raise UsageError(
            f"the structured sparsity of {asked.xml.name} cannot be counted",
            detail="no transformer blocks are recognised by the names of its layers",
            hint="give it: --sparsity PERCENT, 0 for a dense model",
        )
    first = next(iter(qa.inputs.values()))
    kind = qa.model.input(first).element_type.get_type_name()
    return {
        "name": name,
        "kind": str(ManifestKind.MODEL),
        "mlperf_model": asked.mlperf_model,
        "private": asked.private,
        "licence": asked.licence,
        "origin": asked.origin or f"{BLANK}: who made it, from what, how (from {asked.xml.name})",
        "inputs": dict(qa.inputs),
        "outputs": _outputs(qa),
        "max_seq_length": qa.static_length or MAX_SEQ_LENGTH,
        "weight_data_types": _weights_word(found),
        "measurement": {
            "input_data_types": _INPUT_WORDS[kind],
            "retraining": asked.retraining,
            "starting_weights_filename": asked.starting_weights,
        },
        "structured_sparsity_percent": round(sparsity, 2),
    }


def _outputs(qa: QaModel) -> dict[str, str]:
    keys = LOGITS if len(qa.outputs) == len(LOGITS) else (BOTH_LOGITS,)
    ports = [qa.model.outputs[index] for index in qa.outputs]
    if not all(port.get_names() for port in ports):
        return {}
    return {key: str(port.get_any_name()) for key, port in zip(keys, ports, strict=True)}


def _weights_word(found: Inspection) -> str:
    kind = max(found.weight_types, key=lambda each: found.weight_types[each], default="f32")
    return _WEIGHT_WORDS.get(kind, kind)


def _calibration(name: str, asked: OwnModel, found: Inspection) -> str:
    share = f"{found.integer_share:.1%} of {found.weights:,} weights in 8 bits or less"
    return f"""\
The model is `{name}`, taken over from `{asked.xml.name}` by `add-model`. The lines that begin with
{BLANK} are for whoever made it; a profile that is meant for submission asks for them.

## Training

{BLANK}: what the weights started from, what they learned from, and how.

## Quantization

As the IR shows: {share}; {found.fake_quantize} FakeQuantize operations.

{BLANK}: the calibration data, how it was chosen, and the settings of the quantization.
"""


def blanks(text: str) -> int:
    """How many places of a text still wait for a person's words."""
    return text.count(f"{BLANK}:")
