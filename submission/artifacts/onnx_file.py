"""Converts one ONNX file to one IR.

QuantizeLinear and DequantizeLinear become FakeQuantize, and weights behind both are stored in
8 bits. Nothing else is quantized, so the answers stay those of the ONNX file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from submission.errors import StageError, words_of

XML, BIN = "openvino_model.xml", "openvino_model.bin"


def convert_onnx(
    source: Path, folder: Path, *, inputs: Collection[str], outputs: Collection[str]
) -> tuple[Path, Path]:
    """Write ``folder/openvino_model.{xml,bin}``; inputs and outputs keep their ONNX names.

    Raises StageError if the file cannot be converted, has other inputs or outputs than the
    named ones, or ``folder`` cannot be written; unfinished files may remain in ``folder``.
    """
    import openvino as ov  # noqa: PLC0415 - only a conversion needs it, and it takes a second

    model = _converted(ov.convert_model, source)
    _check(source, "inputs", inputs, model.inputs)
    _check(source, "outputs", outputs, model.outputs)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        ov.save_model(model, folder / XML, compress_to_fp16=False)
    except (OSError, RuntimeError) as error:
        raise StageError(
            f"the IR of {source.name} cannot be written",
            detail=f"{folder}: {words_of(error)}",
            hint="free some space or make the folder writable",
        ) from error
    return folder / XML, folder / BIN


def _converted(convert: Callable[[Path], Any], source: Path) -> Any:
    try:
        return convert(source)
    # OpenVINO's converter raises plain Exceptions of its own, and its front end RuntimeErrors
    except Exception as error:
        raise StageError(
            f"{source.name} cannot be converted",
            detail=f"{source}: {words_of(error)}",
            hint="fetch the file again; it must be an ONNX model",
        ) from error


def _check(source: Path, what: str, wanted: Collection[str], ports: Any) -> None:
    found = {name for port in ports for name in port.get_names()}
    missing = sorted(set(wanted) - found)
    if missing or len(ports) != len(wanted):
        raise StageError(
            f"{source.name} is not the model that its manifest describes",
            detail=f"{what} {sorted(found)}, expected {sorted(wanted)}",
            hint="name the file's own inputs and outputs in the manifest",
        )
