"""The report for a terminal: the verdict first, then findings by rule, then the results.

An error is shown at every place, a warning at one place with the number of the others, a note as
a count; ``everything`` shows all of them in full. A path stands on a line of its own and is never
cut; one that is wider than the terminal goes on below, behind a slash. What rejects most results,
then what is wrong at most places, comes first, and what to do first stands at both ends.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from submission.checks.findings import Finding
from submission.checks.model import Severity
from submission.checks.results import OfficialVerdict, Report, Result, Verdict
from submission.terminal import KEPT, PLAIN, Look, Tone, fitted
from submission.wording import counted

TONES = {Severity.ERROR: Tone.BAD, Severity.WARNING: Tone.WARN}
FULL = "--full"
_LABEL = 10
PAIR = 2
SHOWN_KEYS = 3
NOTHING = "nothing to do"
"""So begins the hint of a rule whose breach may be meant."""


def render_text(
    report: Report, *, everything: bool = False, quiet: bool = False, look: Look = PLAIN
) -> str:
    """The report; with ``quiet`` the verdict only, with ``everything`` every finding in full."""
    verdict = _toned_verdict(report, look)
    if quiet:
        return "\n".join(verdict) + "\n"
    first = _first_step(report, look)
    lines = [*verdict, *first, *_official(report, look)]
    order = rule_order(report.results, report.findings)
    for severity in Severity:
        findings = sorted(report.of(severity), key=lambda f: (order(f), *_by_rule(f)))
        if findings and severity is Severity.NOTE and not everything:
            lines.append("")
        lines += _findings(findings, look, everything=everything)
    lines += _waived(report, look)
    lines += _results(report.results, look)
    # again: where a report is long its beginning is out of sight, and logs are read by their end
    lines += ["", *first, *verdict]
    return "\n".join(lines) + "\n"


def verdict_line(report: Report, *, waivers: str = "") -> str:
    """PASSED, FAILED or NO RESULTS, and the counts, of what was waived as well.

    A verdict that needs waivers says so first, since such a tree is not fit to be submitted;
    ``waivers`` says where they come from. The page, ``check`` and a run all say it by this line.
    """
    valid = sum(result.verdict is Verdict.VALID for result in report.results)
    counts = ", ".join(counted(len(report.of(s)), str(s)) for s in Severity)
    waived = sum(finding.waived is not None for finding in report.findings)
    lifted = waived_errors(report)
    verdict = "PASSED" if report.passed else "FAILED"
    if not report.results:
        verdict = "NO RESULTS"
    if lifted:
        verdict = with_waivers(verdict, lifted)
        counts = counts.replace(" error", " other error", 1)
    if waived and waivers:
        verdict += f" ({waivers})"
    if lifted and report.passed:
        verdict += ", FAILED without them"
    # where all of them are errors the verdict has counted them
    extra = f", {waived} waived" if waived > lifted else ""
    if report.ignored:
        extra += f", {counted(len(report.ignored), 'rule')} ignored"
    if report.strict and report.results and not any(each.rejects for each in report.findings):
        extra += "; --strict: a warning rejects" if not report.passed else ""
    return f"{verdict}: {valid} of {len(report.results)} results valid; {counts}{extra}"


def with_waivers(verdict: str, errors: int) -> str:
    """``PASSED only with waivers for 2 errors``: how every verdict that needs waivers begins."""
    only = " only" if verdict == "PASSED" else ""
    return f"{verdict}{only} with waivers for {counted(errors, 'error')}"


def waived_errors(report: Report) -> int:
    """How many errors are accepted by waivers."""
    found = report.findings
    return sum(f.waived is not None and f.severity is Severity.ERROR for f in found)


def _toned_verdict(report: Report, look: Look) -> list[str]:
    """The verdict, in lines that fit; its word is green only where it needs no waivers."""
    good = Tone.WARN if waived_errors(report) else Tone.GOOD
    first, *rest = look.wrapped(verdict_line(report), rest=" " * _LABEL)
    word, *others = first.split(":", maxsplit=1)
    toned = look.toned(word, good if report.passed else Tone.BAD)
    return [":".join((toned, *others)), *rest]


def by_weight(report: Report) -> list[Finding]:
    """The first error of each rule: the rule that rejects most results, then at most places."""
    return _first_of_rules(report, [each for each in report.findings if each.rejects])


def warnings_by_weight(report: Report) -> list[Finding]:
    """The first warning of each rule: those that ask for something, then at most places."""
    return _first_of_rules(report, [f for f in report.of(Severity.WARNING) if not f.rejects])


def to_answer(finding: Finding) -> bool:
    """Whether a finding asks for something, or needs nothing where it was meant."""
    return not finding.definition.hint.startswith(NOTHING)


def _first_of_rules(report: Report, found: Sequence[Finding]) -> list[Finding]:
    ordered = sorted(found, key=Finding.order)
    firsts = {finding.rule: finding for finding in reversed(ordered)}
    return sorted(firsts.values(), key=rule_order(report.results, ordered))


def rule_order(
    results: Iterable[Result], findings: Iterable[Finding]
) -> Callable[[Finding], tuple[int, bool, int, str]]:
    """A key that sorts rules: by how many results they reject, then at how many places."""
    rejected = Counter(rule for result in results for rule in result.reasons)
    places = Counter(finding.rule for finding in findings)

    def key(finding: Finding) -> tuple[int, bool, int, str]:
        rule = finding.rule
        return -rejected[rule], not to_answer(finding), -places[rule], rule

    return key


def keys_of(report: Report, rule: str) -> str:
    """The keys or fields that a rule's findings are about; empty where they name none."""
    found = (each for each in report.findings if each.waived is None and each.rule == rule)
    keys = list(dict.fromkeys(e.key for e in sorted(found, key=Finding.order) if e.key))
    more = f" and {len(keys) - SHOWN_KEYS} more" if len(keys) > SHOWN_KEYS else ""
    return ", ".join(keys[:SHOWN_KEYS]) + more


def extent(report: Report, rule: str) -> str:
    """``rejects 2 results``; ``warning at 2 places`` of a rule that rejects none."""
    count = sum(rule in result.reasons for result in report.results)
    if count:
        return f"rejects {counted(count, 'result')}"
    found = [f for f in report.findings if f.rule == rule and f.waived is None]
    return f"{found[0].severity} at {counted(len(found), 'place')}" if found else ""


def _first_step(report: Report, look: Look) -> list[str]:
    """What to do first: about the heaviest error, else about a warning that asks for something."""
    warned = (each for each in warnings_by_weight(report) if to_answer(each))
    first = next(iter(by_weight(report)), None) or next(warned, None)
    if first is None:
        return []
    keys, weight = keys_of(report, first.rule), extent(report, first.rule)
    words = f"{first.rule}{f', {keys}' if keys else ''} ({weight}): {first.definition.hint}"
    return _labelled("first", words, look, indent=0)


def _official(report: Report, look: Look) -> list[str]:
    """What the official checker says; nothing where there are no results."""
    total = len(report.results)
    if not total:
        return []
    listed = sum(result.official is OfficialVerdict.OK for result in report.results)
    why = "" if listed == total else " (--official says why)"
    words = f"the official checker of {report.round} would list {listed} of {total}{why}"
    return _labelled("official", words, look, indent=0)


def finding_place(finding: Finding) -> str:
    """The path of a finding, with the line where there is one."""
    return f"{finding.path or '.'}{f':{finding.line}' if finding.line is not None else ''}"


def _findings(findings: Sequence[Finding], look: Look, *, everything: bool) -> Iterator[str]:
    """Findings of one severity, in the order of their rules; one cause is shown once."""
    for _, of_rule in groupby(findings, key=lambda f: f.rule):
        group = list(of_rule)
        rule = group[0].definition
        if rule.severity is Severity.NOTE and not everything:
            yield from _head(group[0], look, f" ({_places(len(group))})")
            continue
        yield ""
        yield from _head(group[0], look)
        one = rule.severity is not Severity.ERROR and not everything
        by_cause: dict[tuple[str, str, str], list[Finding]] = {}
        for each in sorted(group, key=Finding.order):  # the first place is that of "first" above
            by_cause.setdefault(_cause(each), []).append(each)
        for places in by_cause.values():
            yield from _cause_lines(places[:1] if one else places, look)
            if one:
                break
        if one and len(group) > 1:
            rest = counted(len(group) - 1, "more place")
            yield f"    and {rest} ({FULL} lists {'it' if len(group) == PAIR else 'them'})"
        yield from _labelled("rule", rule.reference, look)
        yield from _labelled("fix", rule.hint, look)


def _by_rule(finding: Finding) -> tuple[str, tuple[str, int, str, str, str, str]]:
    return finding.rule, finding.order()


def _cause(finding: Finding) -> tuple[str, str, str]:
    return finding.key or "", finding.found, finding.expected


def _head(finding: Finding, look: Look, more: str = "") -> Iterator[str]:
    severity = finding.severity
    start = f"{severity} {finding.rule}"
    first, *rest = look.wrapped(f"{start}  {finding.fault}{more}", rest="    ")
    yield look.toned(start, TONES.get(severity)) + first.removeprefix(start)
    yield from rest


def _cause_lines(places: Sequence[Finding], look: Look) -> Iterator[str]:
    """The places of one cause, then what was found and expected there, below each other."""
    for finding in places:
        first, *rest = look.split_path(finding_place(finding), indent=4)
        yield f"    {look.toned(first, Tone.STRONG)}"
        yield from (f"      {look.toned(each, Tone.STRONG)}" for each in rest)
    if places[0].key:
        yield from _labelled("key", places[0].key, look)
    yield from _labelled("found", places[0].found, look)
    yield from _labelled("expected", places[0].expected, look)


def _labelled(label: str, text: str, look: Look, *, indent: int = 4) -> list[str]:
    """``    found     60000``, with further lines below the text."""
    start = " " * indent + label.ljust(_LABEL)
    first, *rest = look.wrapped(text, first=start, rest=" " * len(start), paths=True)
    toned = " " * indent + look.toned(label, Tone.SOFT) + first[indent + len(label) :]
    return [toned, *rest]


def _places(count: int) -> str:
    return counted(count, "place").replace(" ", KEPT)


def _waived(report: Report, look: Look) -> Iterator[str]:
    groups = Counter(
        (finding.rule, finding.fault, finding.waived)
        for finding in report.findings
        if finding.waived is not None
    )
    if groups:
        yield ""
    for (rule, fault, reason), count in sorted(groups.items(), key=str):
        start = f"waived {rule}"
        first, *rest = look.wrapped(f"{start}  {fault} ({_places(count)}): {reason}", rest=" " * 4)
        yield from (first, *rest)


def _results(results: Iterable[Result], look: Look) -> Iterator[str]:
    """A table for each system: verdict, benchmark, scenario, value, accuracy; then remarks."""
    by_system = groupby(results, key=lambda r: (r.division, r.submitter, r.system))
    for (division, submitter, system), group in by_system:
        every = list(group)
        yield ""
        for line in look.wrapped(f"{division}/{submitter} on {system}", rest="  "):
            yield look.toned(line, Tone.STRONG)
        rows = [
            ("  verdict", "benchmark", "scenario", "value", "unit", "accuracy"),
            *map(_row, every),
        ]
        lines = fitted(rows, look, column=1, right={3, 5})
        yield look.toned(lines[0], Tone.SOFT)
        for result, line in zip(every, lines[1:], strict=True):
            tone = Tone.GOOD if result.verdict is Verdict.VALID else Tone.BAD
            word = str(result.verdict)
            yield f"  {look.toned(word, tone)}{line.removeprefix('  ' + word)}"
            for remark in filter(None, (_power(result), difference(result))):
                yield from look.wrapped(remark, first=" " * 11, rest=" " * 11)


def _row(result: Result) -> tuple[str, ...]:
    value = "no value" if result.value is None else f"{result.value:.10g}"
    return (
        f"  {result.verdict}",
        result.benchmark,
        f"{result.scenario} (inferred)" if result.inferred else result.scenario,
        value,
        short_unit(result.unit),
        _accuracy(result.accuracy),
    )


def short_unit(unit: str | None) -> str:
    """``ms`` for ``Latency (ms)``; any other unit as it is."""
    return "ms" if (unit or "").lower().startswith("latency (ms") else unit or ""


def _power(result: Result) -> str:
    return "" if result.power is None else f"power {result.power:.6g} {result.power_unit}"


def _accuracy(text: str | None) -> str:
    """The accuracy as it was written, with no more digits than say something."""
    try:
        return "" if text is None else f"{float(text):.6g}"
    except ValueError:
        return text or ""


def difference(result: Result) -> str:
    """Why the rules reject a result, or where the official verdict differs; else empty."""
    accepted = result.official is OfficialVerdict.OK
    if result.verdict is Verdict.INVALID:
        rules = ", ".join(result.reasons)
        if accepted:
            return f"passes the official checker; the rules reject it: {rules}"
        return f"rejected by: {rules}"
    if accepted:
        return ""
    return f"valid by the rules; the official checker {official_does(result)}: " + str(
        result.official_reason
    )


def official_does(result: Result) -> str:
    """What the official checker does with a result that it does not list."""
    return "crashes on it" if result.official is OfficialVerdict.CRASH else "refuses it"


def value_words(result: Result) -> str:
    """``1234.5 Queries/s``."""
    return "no value" if result.value is None else f"{result.value:.10g} {result.unit}"


def render_official(report: Report, *, quiet: bool = False, look: Look = PLAIN) -> str:
    """What the official checker would list and refuse, and where it would crash."""
    lines: list[str] = []
    official = report.official
    if not quiet:
        lines += [
            f"Results {result.official_path} {result.official_value}"
            for result in report.results
            if result.official is OfficialVerdict.OK
        ]
        lines += [f"NoResults {path} ({why})" for path, why in official.refused]
        lines += _differences(report)
    if official.crash is not None:
        lines.append(f"CRASH: the official checker stops with a traceback: {official.crash}")
    lines.append(f"Results={official.results}, NoResults={len(official.refused)}")
    good = official.exit_code == 0
    word = look.toned("OFFICIAL", Tone.GOOD if good else Tone.BAD)
    lines.append(f"{word}: submission {'looks OK' if good else 'has errors'}")
    return "\n".join(lines) + "\n"


def _differences(report: Report) -> Iterator[str]:
    for result in report.results:
        if (result.verdict is Verdict.VALID) is not (result.official is OfficialVerdict.OK):
            yield f"{result.path}:\n        {difference(result)}"
