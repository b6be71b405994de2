"""What a submitter reports on how power was measured, beside the logs.

The files lie with the measurement, or in a folder of measurements above it, where they speak of all
that is below. Source: MLPerf power measurement rules, sections on the analyzer's settings and on
power management.
"""

from __future__ import annotations

from collections.abc import Mapping

from submission.checks.result_facts import ResultFacts
from submission.policy import Policy
from submission.tree.grammar import Area


def reported_sizes(facts: ResultFacts, policy: Policy) -> Mapping[str, int | None]:
    """The bytes of each file that the round asks for, by how its name begins; None: no such file.

    Of several, the one that lies highest counts, as for the official checkers.
    """
    listing = facts.benchmark.system.submitter.listing
    steps = facts.measurement.folder.split("/")
    folders = [
        "/".join(steps[: len(steps) - up])
        for up in range(facts.layout.depth(Area.MEASUREMENTS) + 1)
    ]
    files = {name: size for folder in folders for name, size in listing.files(folder).items()}
    found: dict[str, int | None] = {}
    for start in policy.files.power_measurements:
        sizes = [size for name, size in files.items() if name.startswith(start)]
        found[start] = sizes[-1] if sizes else None
    return found
