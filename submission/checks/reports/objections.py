"""``--objections``: what a reviewer pastes into an issue, one Markdown block a result.

Objections are what rejects a result: errors that are not waived; with ``--strict`` warnings, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence, Set

from submission import __version__
from submission.checks.findings import Finding
from submission.checks.model import Severity
from submission.checks.quotes import Quotes
from submission.checks.reports.text import finding_place, official_does, value_words
from submission.checks.results import OfficialVerdict, Report, Result
from submission.tree.grammar import Area
from submission.tree.round import layout_of
from submission.wording import code_span, counted

OF_BENCHMARKS = (Area.CODE, Area.CALIBRATION)
TREE = "the whole submission"


def objections(report: Report) -> tuple[Finding, ...]:
    """The findings that a reviewer objects to."""
    more = report.of(Severity.WARNING) if report.strict else ()
    return tuple(sorted((*report.of(Severity.ERROR), *more), key=Finding.order))


def render_objections(report: Report, quotes: Quotes) -> str:
    """A block for each result that is objected to, and for each thing that several share.

    ``quotes`` are the lines of files that findings name.
    """
    groups: dict[str, list[Finding]] = defaultdict(list)
    for finding in objections(report):
        groups[_subject(report, finding)].append(finding)
    if not groups:
        results = counted(len(report.results), "result")
        return f"No objections to {results} of round {report.round} (by {_checker()}).\n"
    results_by_path = {result.path: result for result in report.results}
    blocks = [
        "\n".join(_block(report, subject, found, results_by_path.get(subject), quotes))
        for subject, found in sorted(groups.items())
    ]
    return "\n\n".join(blocks) + f"\n\nFound by {_checker()}.\n"


def _checker() -> str:
    return f"mlperf-submission-kit {__version__}"


def _subject(report: Report, finding: Finding) -> str:
    """The path of the result that a finding is about, or of what contains it."""
    layout = layout_of(report.round)
    cell = layout.cell_of(finding.path)
    if cell is not None:
        return layout.of_cell(Area.RESULTS, cell)
    place = layout.locate(finding.path)
    if place is None:
        return TREE
    if place.area is None or not place.names:
        return place.owner
    return layout.path(place.area, place.owner, *place.names)


def _block(
    report: Report, subject: str, found: Sequence[Finding], result: Result | None, quotes: Quotes
) -> Iterator[str]:
    named = subject if subject == TREE else code_span(subject)
    yield f"### {counted(len(found), 'objection')} to {named}"
    yield ""
    if result is not None:
        yield f"Claimed: {_claimed(result)}. Round {report.round}; {_official(result)}."
        yield ""
    elif paths := _rejected(report, subject, {finding.rule for finding in found}):
        yield f"Rejected with it: {', '.join(map(code_span, paths))}."
        yield ""
    for number, finding in enumerate(found, 1):
        yield from _objection(number, finding, quotes)


def _rejected(report: Report, subject: str, rules: Set[str]) -> list[str]:
    """The results that the rules reject for what is wrong with a thing that contains them."""
    layout = layout_of(report.round)
    place = layout.locate(subject) if subject != TREE else None

    def within(result: Result) -> bool:
        if place is None or not place.names:
            return place is None or result.path.startswith(f"{place.owner}/")
        by_benchmark = place.area in OF_BENCHMARKS
        own = (result.benchmark,) if by_benchmark else (result.system, result.benchmark)
        named = zip(own, place.names, strict=False)
        return result.path.startswith(f"{place.owner}/") and all(a == b for a, b in named)

    return [r.path for r in report.results if not rules.isdisjoint(r.reasons) and within(r)]


def _claimed(result: Result) -> str:
    value = value_words(result)
    return value if result.accuracy is None else f"{value}, accuracy {code_span(result.accuracy)}"


def _official(result: Result) -> str:
    if result.official is OfficialVerdict.OK:
        return "the official checker lists it"
    does = official_does(result)
    return f"the official checker {does} ({code_span(result.official_reason or 'no reason')})"


def _objection(number: int, finding: Finding, quotes: Quotes) -> Iterator[str]:
    rule = finding.definition
    key = f" ({code_span(finding.key)})" if finding.key else ""
    yield f"{number}. **{rule.id}** {rule.title}{key}"
    yield f"   - rule: {rule.reference}"
    yield f"   - file: {code_span(finding_place(finding))}"
    quote = quotes.get((finding.path, finding.line or 0))
    if quote:
        yield f"   - it says: {code_span(quote)}"
    yield f"   - found: {code_span(finding.found)}"
    yield f"   - expected: {code_span(finding.expected)}"
    yield f"   - to resolve: {rule.hint}"
