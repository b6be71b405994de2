"""Run specs for small runs."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from submission.terms import RunSpec
from tests.fakes.harness_process import make_run_spec


@pytest.fixture
def make_spec(tmp_path: Path) -> Callable[..., RunSpec]:
    """``make_run_spec`` in the test's folder."""
    return partial(make_run_spec, tmp_path)
