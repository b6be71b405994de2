"""Benchmarks measure the OpenVINO that is installed, unless a test says otherwise."""

import pytest


@pytest.fixture(autouse=True)
def runs_on_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a benchmark runs in an environment with the OpenVINO that an image would have."""
    monkeypatch.setenv("RUNNER", "host")
