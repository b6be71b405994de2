"""Speedups of the published models over the reference, from the published table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from submission.files import read_json

TABLE = Path(__file__).with_name("published.json")


@dataclass(frozen=True, kw_only=True)
class PublishedSpeedup:
    """Rates relative to the reference's: completed Server queries, and Offline samples."""

    server: float
    offline: float


def published_speedups() -> dict[str, PublishedSpeedup]:
    """Speedups by model name."""
    table = read_json(TABLE)
    reference = table["reference"]
    return {
        name: PublishedSpeedup(
            server=rates["server"] / reference["server"],
            offline=rates["offline"] / reference["offline"],
        )
        for name, rates in table["models"].items()
    }
