"""The corpus of machines, and one description made from any of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from submission.host import Software, SystemDescription, describe_system
from submission.policy import load_policy
from tests.fakes.captured_probes import CapturedProbes

CAPTURES = Path(__file__).parent / "captures"
POLICY = load_policy("v3.0")
SOFTWARE = Software(openvino="2024.6.0", loadgen="5.0.15", python="3.11.2")


def captured(name: str) -> CapturedProbes:
    return CapturedProbes.load(CAPTURES / f"{name}.json")


@pytest.fixture
def machine() -> Callable[[str], CapturedProbes]:
    """The captured machine of that name."""
    return captured


@pytest.fixture
def describe() -> Callable[..., SystemDescription]:
    """The description of a captured machine; overlay and options as keywords."""

    def described(name: str, **options: Any) -> SystemDescription:
        given: dict[str, Any] = {
            "policy": POLICY,
            "overlay": {},
            "submitter": "Demo",
            "software": SOFTWARE,
            **options,
        }
        return describe_system(probes=captured(name), **given)

    return described
