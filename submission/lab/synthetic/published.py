"""How much faster than the reference the published models were, from the published table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from submission.files import read_json

TABLE = Path(__file__).with_name("published.json")


@dataclass(frozen=True, kw_only=True)
class PublishedSpeedup:
    """Samples a second over the reference's: completed ones in Server, and Offline."""

    server: float
    offline: float


def published_speedups() -> dict[str, PublishedSpeedup]:
    """By model name."""
    table = read_json(TABLE)
    reference = table["reference"]
    return {
        name: PublishedSpeedup(
            server=rates["server"] / reference["server"],
            offline=rates["offline"] / reference["offline"],
        )
        for name, rates in table["models"].items()
    }
