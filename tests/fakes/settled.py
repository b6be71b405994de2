"""What two trees of the same measurements have in common, whenever these were made."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from submission.tree.sums import files_of

#: what a run leaves behind: figures, times, the order of answers, and the texts and sums of them
OF_A_RUN = (
    ".txt",
    "latencies_performance.npz",
    "mlperf_log_accuracy.json",
    "run_metadata_accuracy.json",
    "run_metadata_performance.json",
)
TEXTS = ("README.md", "SHA256SUMS")


def settled(tree: Path) -> dict[str, object]:
    """Contents by the name in the tree; None where the content is that of one run alone."""
    return {
        name: None if name.endswith((*OF_A_RUN, *TEXTS)) else _answers(tree / name)
        for name in files_of(tree)
    }


def _answers(path: Path) -> object:
    """A file's content; of scores the arrays, since their archive holds times."""
    if path.suffix != ".npz":
        return path.read_bytes()
    with np.load(path) as arrays:
        return {name: arrays[name].tolist() for name in arrays.files}
