"""PRF: results that were not measured by LoadGen."""

from __future__ import annotations

from collections.abc import Iterator

from submission.checks.model import Breach, Scope, rule
from submission.checks.result_facts import ResultFacts
from submission.checks.words import listed
from submission.policy import Policy


@rule(
    id="PRF040",
    title="A result was measured by LoadGen: those of Endpoints are not covered here",
    fault="The result was not measured by LoadGen",
    scope=Scope.RESULT,
    reference="submission checker of the round, submissions of Endpoints",
    hint="have it checked by the official package; nothing of it was judged here",
)
def _endpoints(facts: ResultFacts, policy: Policy) -> Iterator[Breach]:
    """Named and refused, with what a submission of Endpoints lacks."""
    if not facts.endpoints:
        return
    missing = [name for name in policy.endpoints_files if name not in facts.endpoints]
    lacks = f"; it lacks {listed(missing)}" if missing else ""
    yield Breach(
        at=facts.path,
        found=f"a result of Endpoints ({listed(facts.endpoints)}), which is not covered{lacks}",
        expected="LoadGen's logs",
    )
