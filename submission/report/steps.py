"""What to do about a tree: mend its errors, answer its warnings, then pack it if it is ours."""

from __future__ import annotations

from collections.abc import Iterator

from submission.checks.findings import Finding
from submission.checks.reports.document import Remedies, Remedy, step_values
from submission.checks.reports.text import (
    by_weight,
    extent,
    finding_place,
    keys_of,
    to_answer,
    waived_errors,
    warnings_by_weight,
)
from submission.report.facts import ReportedTree
from submission.wording import counted, first_upper

SHOWN_ERRORS = 5
SHOWN_WARNINGS = 3
SHOWN_PARTS = 5
"""Of a path in the first sentence, from its end: as far as the model of a result."""

BEFORE, TO_MEND = "Before you submit", "To mend first"
TO_ASK = "What a reviewer would ask, in this order"


def errors(tree: ReportedTree, title: str) -> list[Remedies]:
    """What rejects results, the error that rejects most first; nothing where there is none."""
    found = by_weight(tree.report)
    if not found:
        return []
    steps = tuple(_remedy(tree, each) for each in found[:SHOWN_ERRORS])
    return [
        Remedies(title=title, steps=steps, more=_more(len(found) - len(steps)), tree=tree.label)
    ]


def to_do(tree: ReportedTree, *, several: bool = False) -> list[Remedies]:
    """Errors, then the warnings that ask for something, then what is left; in that order.

    Of a tree that this kit measured the reader is the submitter, and the last step packs it. Of
    any other the reader may be a reviewer, and nothing is listed where there is nothing to ask.
    ``several``: of more trees than this one, so that its title is named.
    """
    report = tree.report
    found, warned = by_weight(report), _to_answer(tree)
    shown = [*found[:SHOWN_ERRORS], *warned[:SHOWN_WARNINGS]]
    steps: list[Remedy | str] = [*_full_rules(tree)]
    steps += [_remedy(tree, each) for each in shown]
    if tree.runs:
        steps += _quiet(tree)
        steps.append(_pack(tree, mended=bool(shown)))
    elif found:
        steps.append("Then check it again: tools/check_submission.py --input TREE")
    if not steps:
        return []
    title = BEFORE if tree.runs else TO_MEND if found else TO_ASK
    return [
        Remedies(
            title=f"{title}: {tree.title}" if several else title,
            steps=tuple(steps),
            more=_more(len(found) + len(warned) - len(shown)),
            tree=tree.label,
            tone="bad" if found else "",
        )
    ]


def first_step(tree: ReportedTree) -> str:
    """The first of these steps in a sentence; empty where there is nothing to do."""
    for block in to_do(tree):
        first = block.steps[0]
        return first if isinstance(first, str) else _in_a_sentence(first)
    return ""


def first_label(tree: ReportedTree) -> str:
    """What the first step is to the reader."""
    return "Do first" if tree.runs or not tree.report.passed else "A reviewer asks first"


def first_of_both(
    first: ReportedTree, second: ReportedTree, take: str, *, machines_differ: bool = False
) -> str:
    """What to do first about two trees that are compared.

    What rejects results comes first, then runs that were disturbed or are for a look only; else it
    is ``take``, which says which tree to take.
    """
    for tree, other in ((first, second), (second, first)):
        if not tree.report.passed:
            if _fit(other):
                mend = f"Take {other.label}, or mend {tree.label} first"
                return f"{mend}. {first_step(tree)}"
            return f"{tree.label}: {first_step(tree)}"
    busy = [t.label for t in (first, second) if any(row.disturbed for row in t.rows)]
    if busy:
        return (
            f"Measure {' and '.join(busy)} again on a quiet machine (make submission "
            "WAIT_FOR_QUIET=30 waits up to half an hour for one), since a ratio to a disturbed "
            "run is uncertain"
        )
    looked_at = [tree for tree in (first, second) if not submittable(tree)]
    for tree in looked_at:
        return f"{tree.label}: {first_step(tree)}"
    if not all(map(_fit, (first, second))) or not take:
        return ""
    first_see = ", but see first how the machines differ, below" if machines_differ else ""
    return f"{take}{first_see}"


def _fit(tree: ReportedTree) -> bool:
    """Whether a tree is accepted without waivers, and of runs that may be submitted."""
    return tree.report.passed and submittable(tree) and not waived_errors(tree.report)


def _in_a_sentence(step: Remedy) -> str:
    """``Fill the field in (SYS006, warning at 2 places): cooling in …/systems/node.json:32``.

    Of an error with what was found and expected; the step itself has the whole path.
    """
    first = step.first
    hint = first.definition.hint
    why = ", ".join(filter(None, (first.rule, step.extent)))
    what = f"{step.keys} in " if step.keys else ""
    parts = finding_place(first).split("/")
    place = "/".join(("…", *parts[-SHOWN_PARTS:]) if len(parts) > SHOWN_PARTS else parts)
    values = f": {step_values(step)}" if first.rejects else ""
    return f"{first_upper(hint)} ({why}): {what}{place}{values}"


def _to_answer(tree: ReportedTree) -> list[Finding]:
    return [each for each in warnings_by_weight(tree.report) if to_answer(each)]


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
    waived = waived_errors(tree.report)
    if waived and not submittable(tree):
        yield (
            "Measure under the full rules: make submission PROFILE=official SUBMITTER=…"
            f"{_own_model(tree)}; the {counted(waived, 'error')} waived here must be gone then."
        )


def _own_model(tree: ReportedTree) -> str:
    """`` MODEL=mine`` where the runs were of ``demo-mine``: a model of one's own in a profile."""
    profiles = {str(run.get("profile")) for run in tree.runs.values()}
    models = dict.fromkeys(result.benchmark for result in tree.report.results)
    own = [m for m in models if any(f"-{m}-" in f"{each}-" for each in profiles)]
    return f" MODEL={own[0]}" if len(own) == len(models) == 1 else ""


def _quiet(tree: ReportedTree) -> Iterator[str]:
    """Disturbed runs are valid, and may be slower than the system is."""
    count = sum(len(row.disturbed) for row in tree.rows)
    if count and submittable(tree):
        yield (
            f"If the rates matter, measure {counted(count, 'disturbed run')} again: "
            "make submission WAIT_FOR_QUIET=30 WORKSPACE=… waits up to half an hour for a quiet "
            "machine; in another workspace these runs are kept. The rules accept them as they are."
        )


def _pack(tree: ReportedTree, *, mended: bool) -> str:
    if not submittable(tree):
        return "Sign what that makes with make sign KEY=…, and submit its archive."
    sign = "Sign with make sign KEY=…, and submit the archive."
    if not mended:
        return sign
    profiles = sorted({str(run.get("profile")) for run in tree.runs.values()})
    return (
        f"Run make submission as before (PROFILE={' or '.join(profiles)}): it checks and packs "
        f"again. {sign}"
    )


def submittable(tree: ReportedTree) -> bool:
    """False for the runs of a profile that is for a look only."""
    return all(run.get("submittable") is not False for run in tree.runs.values())
