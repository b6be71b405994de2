"""What to do before a tree is submitted: mend its errors, answer its warnings, then pack it."""

from __future__ import annotations

from collections.abc import Iterator

from submission.checks import Severity
from submission.checks.findings import Finding
from submission.checks.reports.document import Remedies, Remedy
from submission.checks.reports.text import (
    by_weight,
    extent,
    keys_of,
    to_answer,
    warnings_by_weight,
)
from submission.report.facts import ReportedTree
from submission.wording import counted

SHOWN_ERRORS = 5
SHOWN_WARNINGS = 3


def errors(tree: ReportedTree, title: str) -> list[Remedies]:
    """What rejects results, the error that rejects most first; nothing where there is none."""
    found = by_weight(tree.report)
    if not found:
        return []
    steps = tuple(_remedy(tree, each) for each in found[:SHOWN_ERRORS])
    return [
        Remedies(title=title, steps=steps, more=_more(len(found) - len(steps)), tree=tree.label)
    ]


def before_submitting(tree: ReportedTree, *, several: bool = False) -> list[Remedies]:
    """Errors, then the warnings that ask for something, then how to pack; in that order.

    ``several``: of more trees than this one, so that its title is named.
    """
    report = tree.report
    found, warned = by_weight(report), [w for w in warnings_by_weight(report) if to_answer(w)]
    shown = [*found[:SHOWN_ERRORS], *warned[:SHOWN_WARNINGS]]
    steps: list[Remedy | str] = [*_full_rules(tree)]
    steps += [_remedy(tree, each) for each in shown]
    steps += _quiet(tree)
    steps.append(_pack(tree, mended=bool(shown)))
    return [
        Remedies(
            title=f"Before you submit {tree.title}" if several else "Before you submit",
            steps=tuple(steps),
            more=_more(len(found) + len(warned) - len(shown)),
            tree=tree.label,
            tone="bad" if found else "",
        )
    ]


def _remedy(tree: ReportedTree, first: Finding) -> Remedy:
    return Remedy(
        first=first,
        extent=extent(tree.report, first.rule),
        keys=keys_of(tree.report, first.rule),
    )


def _more(left: int) -> str:
    return f"and {counted(left, 'more rule')}, below" if left > 0 else ""


def _full_rules(tree: ReportedTree) -> Iterator[str]:
    """A demo has to be measured again, which mends what its waivers accept."""
    waived = waived_errors(tree)
    if waived and not submittable(tree):
        yield (
            "Measure under the full rules: make submission PROFILE=official SUBMITTER=…"
            f"{_own_model(tree)}; that mends the {counted(waived, 'error')} waived here."
        )


def _own_model(tree: ReportedTree) -> str:
    """`` MODEL=mine`` where the runs were of ``demo-mine``: a model of one's own in a profile."""
    profiles = {str(run.get("profile")) for run in tree.runs.values()}
    models = dict.fromkeys(result.benchmark for result in tree.report.results)
    own = [m for m in models if any(f"-{m}-" in f"{each}-" for each in profiles)]
    return f" MODEL={own[0]}" if len(own) == len(models) == 1 else ""


def _quiet(tree: ReportedTree) -> Iterator[str]:
    """Disturbed runs are valid, and may be slower than the system is."""
    disturbed = sum(len(row.disturbed) for row in tree.rows)
    if disturbed and submittable(tree):
        yield (
            f"The rules accept {counted(disturbed, 'disturbed run')} as measured, but the rates "
            "may be too low: to measure again, keep the machine quiet and give a WORKSPACE of its "
            "own (WAIT_FOR_QUIET=30 waits half an hour for quiet)."
        )


def _pack(tree: ReportedTree, *, mended: bool) -> str:
    if not tree.runs:
        again = "Check it again (tools/check_submission.py --input TREE), then pack it."
        return again if mended else "Pack it."
    sign = "Sign with make sign KEY=…, and submit the archive."
    if not mended or not submittable(tree):
        return sign
    profiles = sorted({str(run.get("profile")) for run in tree.runs.values()})
    return (
        f"Run make submission as before (PROFILE={' or '.join(profiles)}): it checks and packs "
        f"again. {sign}"
    )


def waived_errors(tree: ReportedTree) -> int:
    """How many errors of a tree are accepted by waivers."""
    found = tree.report.findings
    return sum(f.waived is not None and f.severity is Severity.ERROR for f in found)


def submittable(tree: ReportedTree) -> bool:
    """False for the runs of a profile that is for a look only."""
    return all(run.get("submittable") is not False for run in tree.runs.values())
