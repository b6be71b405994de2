"""The QSL of a run: the model inputs in its features file."""

from __future__ import annotations

from pathlib import Path

from submission.errors import StageError
from submission.harness.failure import FailureKind, HarnessError
from submission.squad.samples import Samples, read_samples


def read_qsl(path: Path) -> Samples:
    """The samples of a run; HarnessError "features" if the file cannot be used."""
    try:
        return read_samples(path)
    except StageError as error:
        raise HarnessError(
            error.what, kind=FailureKind.FEATURES, detail=error.detail, hint=error.hint
        ) from error
