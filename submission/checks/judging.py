"""Judges a submitter, and a system with all its results: each function returns what it found.

The rules of a subject are tried before those of what it contains; ``Inherited`` carries downwards
what a subject has to know of the folders around it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from submission.checks import official
from submission.checks.engine import Judgement, RuleEngine, judge
from submission.checks.facts import BenchmarkFacts, SubmitterFacts, SystemFacts
from submission.checks.findings import Finding, failure
from submission.checks.gather import Gatherer
from submission.checks.model import Scope
from submission.checks.outcome import concerns, result_of
from submission.checks.partial import EMPTY, PartialResult, merge
from submission.checks.result_facts import ResultFacts, RunFacts, RunKind
from submission.checks.results import OfficialVerdict
from submission.checks.reuse import figures_of
from submission.loadgen import DetailLog

Facts = SubmitterFacts | SystemFacts | BenchmarkFacts | ResultFacts | RunFacts


@dataclass(frozen=True, kw_only=True)
class TreeCheck:
    """What checking any part of a tree needs: the rules, a reader of facts, and what was asked for.

    ``only`` is the folder whose results are wanted; None for all.
    """

    engine: RuleEngine
    gatherer: Gatherer
    only: str | None = None

    def wants(self, path: str) -> bool:
        """Whether a folder is the one that was asked for, contains it, or lies in it."""
        if self.only is None:
            return True
        return f"{path}/".startswith(f"{self.only}/") or f"{self.only}/".startswith(f"{path}/")

    def folders(self, path: str) -> list[str]:
        """The names of the sub-folders that are wanted."""
        names = self.gatherer.listing.children(path)
        return [name for name in names if self.wants(f"{path}/{name}")]


@dataclass(frozen=True, kw_only=True, slots=True)
class Inherited:
    """What a subject inherits from the folders that contain it.

    ``unavailable`` rules do not hold for one of them (or were not tried), ``rejecting`` findings
    are about one of them, and ``official`` is the first verdict of the official checker on one of
    them that is not OK.
    """

    unavailable: frozenset[str] = frozenset()
    rejecting: tuple[Finding, ...] = ()
    official: OfficialVerdict = OfficialVerdict.OK
    official_reason: str | None = None

    def with_rules(self, judged: Judgement) -> Inherited:
        """The same below a subject that the rules have judged."""
        rejecting = [found for found in judged.partial.findings if found.rejects]
        return replace(
            self, unavailable=judged.unavailable, rejecting=(*self.rejecting, *rejecting)
        )

    def with_official(self, verdict: OfficialVerdict, reason: str) -> Inherited:
        """The same below a subject that the official checker does not accept."""
        return replace(self, official=verdict, official_reason=reason)


def judge_submitter(check: TreeCheck, division: str, name: str) -> tuple[Inherited, PartialResult]:
    """A submitter's own rules, and what its systems inherit; no system is entered."""
    facts = check.gatherer.submitter(division, name)
    judged = _judged(check, Scope.SUBMITTER, facts, Inherited(), at=facts.path)
    above = Inherited().with_rules(judged)
    if not official.enters(facts, check.engine.policy):
        return above, judged.partial
    policy = check.engine.policy
    above, outside = _official(division, above, lambda: official.judge_division(facts, policy))
    above, own = _official(facts.path, above, lambda: official.judge_submitter(facts, policy))
    beside: dict[str, str] = {}
    if above.official is OfficialVerdict.OK:
        beside = official.submitter_faults(facts, policy)
    return above, merge((judged.partial, outside, own, PartialResult(refused=beside)))


def judge_system(
    check: TreeCheck, submitter: SubmitterFacts, name: str, above: Inherited
) -> PartialResult:
    """A system and everything that was measured on it."""
    facts = check.gatherer.system(submitter, name)
    judged = _judged(check, Scope.SYSTEM, facts, above, at=facts.path)
    above = above.with_rules(judged)
    above, said = _official(
        facts.results_path, above, lambda: official.judge_system(facts, check.engine.policy)
    )
    benchmarks = (
        guarded(f"{facts.results_path}/{folder}", _benchmark, check, facts, folder, above)
        for folder in check.folders(facts.results_path)
    )
    return merge((judged.partial, said, *benchmarks))


def guarded(at: str, judge_part: Callable[..., PartialResult], *args: Any) -> PartialResult:
    """What ``judge_part`` returns; where it raises, a finding at ``at``: never a traceback."""
    try:
        return judge_part(*args)
    except Exception as error:  # noqa: BLE001 - whatever the files hold
        return PartialResult(findings=(failure(error, at, "gathering"),))


def _benchmark(
    check: TreeCheck, system: SystemFacts, folder: str, above: Inherited
) -> PartialResult:
    """A benchmark folder and its results; the official checker counts errors over all of them."""
    facts = check.gatherer.benchmark(system, folder)
    policy = check.engine.policy
    judged = _judged(check, Scope.BENCHMARK, facts, above, at=facts.path)
    above = above.with_rules(judged)
    above, said = _official(facts.path, above, lambda: official.judge_benchmark(facts, policy))
    parts, errors, valid = [judged.partial, said], 0, set()
    skipped = system.submitter.options.skipped_scenarios
    for scenario in (name for name in check.folders(facts.path) if name not in skipped):
        try:
            part, verdict = _result(check, check.gatherer.result(facts, scenario), above, errors)
        except Exception as error:  # noqa: BLE001 - whatever the files hold
            found = failure(error, f"{facts.path}/{scenario}", "gathering")
            parts.append(PartialResult(findings=(found,)))
            continue
        parts.append(part)
        if verdict.verdict is OfficialVerdict.OK:
            # those of refused results count last: the official order is that of the file system
            errors = verdict.errors
        if verdict.performance_valid:
            valid.add(scenario)
    if above.official is OfficialVerdict.OK:
        missing = official.missing_scenarios(facts, policy, frozenset(valid))
        if missing is not None:
            parts.append(PartialResult(refused={facts.path: missing}))
    return merge(parts)


def _result(
    check: TreeCheck, facts: ResultFacts, above: Inherited, errors: int
) -> tuple[PartialResult, official.OfficialResult]:
    """A result with all its runs; ``errors`` are those of its benchmark so far."""
    runs = facts.runs()
    judged = [
        _judged(
            check, Scope.RUN, run, above, at=run.folder, ranging=run.kind is RunKind.RANGING
        ).partial
        for run in runs
    ]
    judged.append(_judged(check, Scope.RESULT, facts, above, at=facts.path).partial)
    verdict, said = _official_result(check, facts, above, errors)
    inherited = (found for found in above.rejecting if concerns(found, facts))
    findings = (found for part in judged for found in part.findings)
    score = facts.score_use()
    own = PartialResult(
        results=(result_of(facts, verdict, (*inherited, *findings), check.engine.policy),),
        fingerprints=tuple(_fingerprints(runs)),
        figures=tuple(_figures(runs)),
        digests=tuple(facts.accuracy.digests()),
        scores=(score,) if score is not None else (),
    )
    return merge((*judged, said, own)), verdict


def _fingerprints(runs: Iterable[RunFacts]) -> Iterator[tuple[int, str]]:
    for run in runs:
        if isinstance(run.detail, DetailLog) and run.detail.fingerprint:
            yield run.detail.fingerprint, run.detail_path


def _figures(runs: Iterable[RunFacts]) -> Iterator[tuple[int, str]]:
    for run in runs:
        measured = run.kind in (RunKind.PERFORMANCE, RunKind.COMPLIANCE)
        if measured and isinstance(run.detail, DetailLog):
            known = figures_of(run.detail)
            if known is not None:
                yield known, run.detail_path


def _judged(
    check: TreeCheck,
    scope: Scope,
    facts: Facts,
    above: Inherited,
    *,
    at: str,
    ranging: bool = False,
) -> Judgement:
    return judge(
        check.engine,
        scope,
        facts,
        at=at,
        division=facts.division,
        unavailable=above.unavailable,
        ranging=ranging,
    )


def _official(
    at: str, above: Inherited, refusal: Callable[[], str | None]
) -> tuple[Inherited, PartialResult]:
    """What holds below a folder after the official checker has looked at it, and its words.

    ``refusal`` says why it refuses the folder, or raises CrashError; it is not asked about what it
    does not reach.
    """
    if above.official is not OfficialVerdict.OK:
        return above, EMPTY
    try:
        why = refusal()
    except official.CrashError as crash:
        crashed = above.with_official(OfficialVerdict.CRASH, str(crash))
        return crashed, PartialResult(crashes=(str(crash),))
    if why is None:
        return above, EMPTY
    return above.with_official(OfficialVerdict.REFUSED, why), PartialResult(refused={at: why})


def _official_result(
    check: TreeCheck, facts: ResultFacts, above: Inherited, errors: int
) -> tuple[official.OfficialResult, PartialResult]:
    """The official verdict on a result, and what the official checker says of it."""
    if above.official is not OfficialVerdict.OK:
        inherited = official.OfficialResult(verdict=above.official, reason=above.official_reason)
        return inherited, EMPTY
    verdict = official.judge_result(facts, check.engine.policy, errors)
    if verdict.verdict is OfficialVerdict.OK and not verdict.refused_paths:
        return verdict, EMPTY
    is_refused = verdict.verdict is OfficialVerdict.REFUSED
    listed = {verdict.path or facts.path: verdict.reason or "refused"}
    refused = listed if is_refused and verdict.listed else {}
    refused |= dict.fromkeys(
        verdict.refused_paths, verdict.reason or "the measurements folder is missing"
    )
    crashed = verdict.verdict is OfficialVerdict.CRASH
    return verdict, PartialResult(
        refused=refused,
        unlisted=int(is_refused and not verdict.listed),
        crashes=(f"{facts.path}: {verdict.reason}",) if crashed else (),
    )
