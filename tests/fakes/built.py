"""What an image knows of itself, made of the checkout that it would be built from."""

import json
from pathlib import Path

from submission.container.context import fingerprint
from submission.container.sbom import packages
from submission.container.witnesses import witnesses
from submission.review.built import Built
from submission.terms import Mode
from submission.tree.grammar import RUN_METADATA


def built_from(checkout: Path, workspace: Path, cell: str) -> Built:
    """For a finished workspace, with the versions that a ``cell`` of its tree was measured by.

    ``cell`` is the folder of that result's measurements in the tree.
    """
    listed = json.loads((workspace / "sbom.cdx.json").read_text(encoding="utf-8"))
    path = workspace / "submission" / cell / RUN_METADATA[Mode.ACCURACY]
    metadata = json.loads(path.read_text(encoding="utf-8"))
    versions = metadata["harness"]["versions"]
    found = witnesses(checkout)
    return Built(
        kit=metadata["kit"],
        fingerprint=fingerprint(checkout),
        python=versions["python"],
        packages={
            "openvino": versions["openvino"],
            "mlcommons-loadgen": versions["loadgen"],
            "numpy": versions["numpy"],
        },
        installed="0" * 64,
        running="0" * 64,
        sbom=packages(listed),
        set_up=found["set_up"],
        profiles=found["profiles"],
        manifests=found["manifests"],
        models=found["models"],
    )
