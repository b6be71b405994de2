"""Makes the result of a scenario folder from its facts, its findings and the official verdict."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from submission.checks.findings import Finding
from submission.checks.model import Counterpart, Scope
from submission.checks.official import OfficialResult
from submission.checks.official.parts import CrashError, judge_power
from submission.checks.official.rows import package_rows, rows_of
from submission.checks.official.run import judge_run
from submission.checks.result_facts import ResultFacts, RunFacts
from submission.checks.results import Result, Verdict
from submission.checks.words import shown, shown_path
from submission.loadgen import AccuracyText, DetailLog
from submission.policy import CheckerKind, Policy
from submission.tree.grammar import OF_RESULTS, Area, Cell, Layout


def result_of(
    facts: ResultFacts,
    said: OfficialResult,
    findings: Iterable[Finding],
    policy: Policy,
) -> Result:
    """The result as the report shows it; ``findings`` are all that concern it."""
    system = facts.benchmark.system
    rejected_by = tuple(sorted({finding.rule for finding in findings if finding.rejects}))
    terms = policy.scenarios[facts.scenario] if facts.scenario is not None else None
    power, _ = judge_power(facts, policy) if facts.power is not None else (None, None)
    value, inferred = value_of(facts.performance, policy)
    return Result(
        path=shown_path(facts.path),
        division=facts.division,
        submitter=shown(system.submitter.submitter),
        system=shown(system.system),
        benchmark=shown(facts.benchmark.folder),
        mlperf_model=shown(facts.benchmark.resolution.benchmark),
        scenario=str(facts.scenario or shown(facts.scenario_folder)),
        verdict=Verdict.INVALID if rejected_by else Verdict.VALID,
        official=said.verdict,
        official_reason=shown(said.reason, 400) if said.reason is not None else None,
        official_value=said.value,
        official_path=shown_path(said.path or facts.path),
        value=value,
        unit=policy.unit(facts.scenario, facts.benchmark.terms) if facts.scenario else None,
        accuracy=_accuracy(facts),
        power=power if power is not None and math.isfinite(power) else None,
        power_unit=terms.power_unit if terms is not None and power is not None else None,
        inferred=inferred,
        reasons=rejected_by,
        official_rows=said.rows,
        rows=said.rows or _rows(facts, policy, value=value, inferred=inferred, power=power),
    )


def concerns(finding: Finding, facts: ResultFacts) -> bool:
    """Whether a finding about a folder that contains a result counts against the result.

    All do, apart from a submitter's: one for which the official checker does not refuse the whole
    submitter counts only in the folders that the result is made of: its own, its system's and its
    benchmark's in each area, its system description, its benchmark's code.
    """
    rule = finding.definition
    if rule.scope is not Scope.SUBMITTER or rule.official is Counterpart.REFUSES:
        return True
    found = facts.layout.locate(finding.path)
    if found is None or found.owner != shown_path(facts.cell.owner):
        return False
    system, benchmark, scenario = map(shown_path, facts.cell.names)
    if found.area in OF_RESULTS:
        own = (system, benchmark, scenario)
        return all(a == b for a, b in zip(found.names, own, strict=False))
    if found.area is Area.CODE:
        return found.names[:1] == (benchmark,)
    return found.area is Area.SYSTEMS and (found.names, found.below) == ((system,), ())


def rejected_from_outside(
    results: Iterable[Result], findings: Iterable[Finding], layout: Layout
) -> Iterator[Result]:
    """The results, rejected where a rule of the whole tree rejects a file of one of their areas."""
    rejected: dict[Cell | None, set[str]] = defaultdict(set)
    for finding in findings:
        if finding.definition.scope is Scope.TREE and finding.rejects:
            rejected[layout.cell_of(finding.path)].add(finding.rule)
    rejected.pop(None, None)
    for result in results:
        rules = rejected.get(layout.cell_of(result.path), set()) if rejected else set()
        if rules:
            reasons = tuple(sorted({*result.reasons, *rules}))
            yield replace(result, verdict=Verdict.INVALID, reasons=reasons)
        else:
            yield result


def _rows(
    facts: ResultFacts, policy: Policy, *, value: float | None, inferred: bool, power: float | None
) -> tuple[tuple[str, ...], ...]:
    """CSV rows of a result that the official checker does not list.

    Empty where there is no value, or where a field of the system description is not text.
    """
    if value is None:
        return ()
    try:
        if policy.official.kind is CheckerKind.PACKAGE:
            return package_rows(
                facts,
                policy,
                value=value,
                accuracy=_accuracy(facts),
                inferred=inferred,
                power=power,
            )
        return rows_of(
            facts,
            policy,
            value=value,
            accuracy=_accuracy(facts),
            compliance=1,
            errors=0,
            inferred=inferred,
            power=power or 0.0,
        )
    except CrashError:
        return ()


def value_of(run: RunFacts | None, policy: Policy) -> tuple[float | None, bool]:
    """The result of a run in the scenario's unit, and whether it is inferred from another scenario.

    None where the log does not give a finite number.
    """
    if run is None or not isinstance(run.detail, DetailLog) or run.benchmark.terms is None:
        return None, False
    outcome = judge_run(run, policy)
    value = outcome.value
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value), outcome.inferred
    return None, False


def _accuracy(facts: ResultFacts) -> str | None:
    text, terms = facts.accuracy.text, facts.benchmark.terms
    if not isinstance(text, AccuracyText) or terms is None:
        return None
    line = text.chosen.get(terms.main_metric.name)
    return shown(line.text, 60) if line else None
