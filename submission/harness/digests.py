"""Digests of a run's logs and inputs, taken by the process that made the logs.

They go into ``harness.json``, which run metadata carries into the tree: a file that is edited later
differs from them, and nothing has to be computed again to see it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from submission.container.context import BUILD_FILE
from submission.errors import StageError
from submission.files import read_json, sha256_of
from submission.harness.files import LATENCIES_FILE, SPEC_FILE
from submission.loadgen.names import (
    ACCURACY_FILE,
    DETAIL_FILE,
    MLPERF_CONF,
    SUMMARY_FILE,
    USER_CONF,
)
from submission.terms import RunSpec

LOGS = (DETAIL_FILE, SUMMARY_FILE, ACCURACY_FILE, LATENCIES_FILE)
CONFIGURATION = (MLPERF_CONF, USER_CONF, SPEC_FILE)


def run_digests(spec: RunSpec, build_file: Path = BUILD_FILE) -> dict[str, Any]:
    """SHA-256 (64 hex digits) of logs, configuration, model and features by name of the file.

    ``image`` is the fingerprint of the sources in the image, None outside of one. Raises OSError
    for a file that cannot be read.
    """
    out, xml = Path(spec.out), Path(spec.model_xml)
    model = (xml, xml.with_suffix(".bin"))
    return {
        "logs": _of(out / name for name in LOGS),
        "configuration": _of(out / name for name in CONFIGURATION),
        "model": _of(model),
        "features": sha256_of(Path(spec.features)),
        "image": _fingerprint(build_file),
    }


def refuse_changed(folder: Path, recorded: dict[str, Any], what: str) -> None:
    """StageError if a file in ``folder`` is not the one that the harness left there.

    ``recorded`` is the ``digests`` of ``harness.json``; ``what`` names the run.
    """
    expected = {**recorded.get("logs", {}), **recorded.get("configuration", {})}
    for name, digest in expected.items():
        found = sha256_of(folder / name) if (folder / name).is_file() else "no file"
        if found != digest:
            raise StageError(
                f"{name} of {what} is not what the run left",
                detail=f"{folder / name}: sha256 {found}, the harness recorded {digest}",
                hint=f"remove {folder} and run it again: the file was changed after the run",
            )


def _of(paths: Iterable[Path]) -> dict[str, str]:
    return {path.name: sha256_of(path) for path in paths if path.is_file()}


def _fingerprint(path: Path) -> str | None:
    if not path.is_file():
        return None
    found = read_json(path).get("fingerprint")
    return str(found) if found else None
