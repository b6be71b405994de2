"""The summary of a workspace as a table for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from shlex import quote

from submission.report.advice import FASTER, choices
from submission.report.facts import Row, ServerRun, references_for
from submission.stages.summary import DENSE, CheckSummary, SummaryRow, WorkspaceSummary
from submission.terminal import Look, Tone, aligned
from submission.terms import Scenario
from submission.wording import counted, first_of, listed_words, significant

_SHOWN = 3
_CHOICE = 2
"""Of fewer models none is chosen."""

_HEAD = ("model", "scenario", "result", "valid", "F1", "share", "sparsity", "check")
_LABEL = 9


def summary_lines(summary: WorkspaceSummary, look: Look) -> list[str]:
    """Whether it is ready and what to do next, the results, the check, where everything lies."""
    return [*_verdict(summary, look), "", *_results(summary, look), "", *_rest(summary, look)]


def _verdict(summary: WorkspaceSummary, look: Look) -> Iterator[str]:
    word, tone = ("READY", Tone.GOOD) if summary.ready else ("NOT READY", Tone.WARN)
    if summary.check is not None and summary.check.current and not summary.check.passed:
        tone = Tone.BAD
    words = f"{word} to submit (profile {summary.profile}): {summary.why}"
    first, *rest = look.wrapped(words, rest=" " * _LABEL)
    yield first.replace(word, look.toned(word, tone), 1)
    yield from rest
    yield from _labelled("next", summary.next, look)
    if chosen := chosen_words(summary):
        # beside "NOT READY" the word "submit" would read as an order
        label = "submit" if summary.ready and summary.submittable else "best"
        yield from _labelled(label, chosen, look)


def chosen_words(summary: WorkspaceSummary) -> str:
    """Which model to take and why, as the report's page says; empty where there is no choice.

    Only what was measured and is valid in all scenarios counts.
    """
    rows = report_rows(summary)
    if len(rows) < _CHOICE:
        return ""
    said = []
    for each in choices(rows, references_for(rows, None)):
        names = "; ".join(f"{s} {n}".strip() for s, n in each.names.items())
        faster = f". {FASTER}: {each.others}" if each.others else ""
        said.append(f"{names}, {each.claim}{faster}")
    return "; ".join(said)


def report_rows(summary: WorkspaceSummary) -> list[Row]:
    """The models of a summary as the report's rows, those that are measured in full."""
    rows = []
    for model in dict.fromkeys(each.model for each in summary.results):
        own = {each.scenario: each for each in summary.results if each.model == model}
        f1 = next(iter(own.values())).f1
        if f1 is None or any(each.value is None for each in own.values()):
            continue
        against = next((each.accuracy_against for each in own.values()), None) or ""
        share = next((each.accuracy_of for each in own.values()), None)
        of_dense = against.startswith(DENSE)
        server, offline = own.get(Scenario.SERVER), own.get(Scenario.OFFLINE)
        wrong = [s for s, r in own.items() if r.verdict == "invalid" or r.validity != "VALID"]
        rows.append(
            Row(
                label=model,
                tree="",
                system="",
                benchmark=model,
                f1=f1,
                exact_match=0.0,
                whole_squad=bool(against),
                compared_with=against.removeprefix(DENSE) if of_dense else "",
                fp32_f1=f1 / share * 100 if share and not of_dense else None,
                server=None if server is None else _served(server),
                offline=None if offline is None else offline.value,
                data=summary.dataset,
                rejected=tuple(wrong),
            )
        )
    return rows


def _served(row: SummaryRow) -> ServerRun:
    rate = row.value or 0.0
    return ServerRun(
        scheduled=rate, completed=rate, bound_ms=row.bound_ms, percentile=None, latencies_ms={}
    )


def _results(summary: WorkspaceSummary, look: Look) -> Iterator[str]:
    rows = [_HEAD, *map(_row, summary.results)]
    keep = [n for n in range(len(_HEAD)) if any(row[n] for row in rows[1:])]
    kept = [tuple(row[n] for n in keep) for row in rows]
    right = {keep.index(n) for n in (2, 4, 5, 6) if n in keep}
    first, *lines = aligned(kept, right=right)
    if look.width and max(map(len, (first, *lines))) > look.room:
        yield from _cards(summary.results, look)
    else:
        yield look.toned(first, Tone.SOFT)
        # a verdict on an earlier tree says nothing good of this one
        current = summary.check is not None and summary.check.current
        for line, row in zip(lines, rows[1:], strict=True):
            yield _toned(line, row, look) if current else line
    yield from _remarks(summary, look)


def _row(row: SummaryRow) -> tuple[str, ...]:
    return (
        row.model,
        row.scenario,
        "" if row.value is None else significant(row.value),
        row.validity or "not measured",
        "" if row.f1 is None else f"{row.f1:.2f}",
        "" if row.accuracy_of is None else f"{row.accuracy_of:.1f}",
        _sparsity(row),
        row.verdict or "",
    )


def _sparsity(row: SummaryRow) -> str:
    if row.sparsity is None:
        return ""
    return f"{row.sparsity:.1f}" if row.sparsity else "dense"


def _cards(rows: Iterable[SummaryRow], look: Look) -> Iterator[str]:
    """A narrow terminal: a line of names and a line of figures for each result."""
    for row in rows:
        head = look.shortened(row.model, look.width - len(row.scenario) - 1)
        yield f"{look.toned(head, Tone.STRONG)} {row.scenario}"
        _, _, value, validity, f1, share, sparsity, verdict = _row(row)
        words = (
            f"{value} {row.unit.lower()}" if value else "",
            validity,
            f"F1 {f1}" if f1 else "",
            f"share {share}" if share else "",
            f"sparsity {sparsity}" if sparsity else "",
            verdict,
        )
        yield from look.wrapped(", ".join(filter(None, words)), first="  ", rest="  ")


def _toned(line: str, row: tuple[str, ...], look: Look) -> str:
    verdict = row[-1]
    if not verdict or not line.endswith(verdict):
        return line
    tone = Tone.GOOD if verdict == "valid" else Tone.BAD
    return line[: -len(verdict)] + look.toned(verdict, tone)


def _remarks(summary: WorkspaceSummary, look: Look) -> Iterator[str]:
    """What the columns mean where it is not plain: the share, the data set, Server's latency."""
    against = sorted({row.accuracy_against for row in summary.results if row.accuracy_against})
    units = dict.fromkeys(f"{row.scenario} in {row.unit.lower()}" for row in summary.results)
    shares = {
        "F1": any(row.f1 is not None for row in summary.results),
        "share": bool(against),
        "sparsity": any(row.sparsity is not None for row in summary.results),
    }
    names = [name for name, there in shares.items() if there]
    words = [*units]
    if names:
        words.append(f"{listed_words(names)} in percent, on {summary.dataset}")
    words += [f"share: of the F1 of {name}" for name in against]
    if not against and any(row.f1 is not None for row in summary.results):
        words.append("no target is known on this data set")
    yield from _soft("; ".join(words), look)
    for row in summary.results:
        if row.latency_ms is not None and row.bound_ms is not None:
            yield from _soft(
                f"{row.model} Server: 99th percentile {row.latency_ms:.4g} ms, "
                f"bound {row.bound_ms:.5g} ms",
                look,
            )
    refused = [row for row in summary.results if row.official not in {None, "ok"}]
    if refused:
        yield from _soft(
            f"the official checker of {summary.round} would refuse "
            f"{len(refused)} of {counted(len(summary.results), 'result')}",
            look,
        )


def _soft(text: str, look: Look) -> Iterator[str]:
    yield from (look.toned(line, Tone.SOFT) for line in look.wrapped(text, rest="  "))


def _rest(summary: WorkspaceSummary, look: Look) -> Iterator[str]:
    if summary.to_run:
        up = summary.stages - len(summary.to_run)
        to_run = first_of(summary.to_run, _SHOWN)
        words = f"{up} of {summary.stages} up to date (make plan says why); to run: {to_run}"
        yield from _labelled("stages", words, look)
    if summary.check is not None:
        words, tone = _check_words(summary.check, for_a_look=not summary.submittable)
        yield from _labelled("check", words, look, tone)
    for label, place in (
        ("tree", summary.tree),
        ("archive", summary.archive),
        ("page", summary.page or ("make report writes it" if summary.tree else None)),
    ):
        if place is not None:
            yield from _whole(label, look.split_path(place, indent=_LABEL), look)
        if label == "tree" and place is not None and summary.check and summary.check.waived:
            # without the profile's waivers the plain check fails, as it should
            options = (f"--input {quote(place)}", f"--profile {summary.profile}")
            again = look.split_command(("tools/check_submission.py", *options), indent=_LABEL)
            yield from _whole("check it", again, look)


def _whole(label: str, lines: Sequence[str], look: Look) -> Iterator[str]:
    """A path or a command, to be copied; further lines stand a little more to the right."""
    first, *rest = lines
    yield f"{look.toned(label, Tone.SOFT)}{' ' * (_LABEL - len(label))}{first}"
    yield from (f"{' ' * (_LABEL + 2)}{line}" for line in rest)


def _check_words(check: CheckSummary, *, for_a_look: bool) -> tuple[str, Tone | None]:
    """The verdict as `check` and the page word it; runs for a look always need their waivers."""
    counts = ", ".join(
        counted(number, word)
        for number, word in (
            (check.errors, "error"),
            (check.warnings, "warning"),
            (check.notes, "note"),
        )
    )
    waived = f", {check.waived} waived" if check.waived else ""
    stale = "" if check.current else " (of an earlier tree)"
    word = "PASSED" if check.passed else "FAILED"
    if check.passed and check.waived and for_a_look:
        word, counts = "PASSED only with waivers", counts.replace(" error", " other error", 1)
    good = (Tone.WARN if check.waived else Tone.GOOD) if check.current else None
    return f"{word}: {counts}{waived}{stale}", good if check.passed else Tone.BAD


def _labelled(label: str, text: str, look: Look, tone: Tone | None = None) -> list[str]:
    """``next     make report``; what stands before a colon takes the tone, where one is given."""
    lines = look.wrapped(text, first=label.ljust(_LABEL), rest=" " * _LABEL)
    if tone is not None:
        word = text.split(":", maxsplit=1)[0]
        lines[0] = lines[0].replace(word, look.toned(word, tone), 1)
    return [look.toned(label, Tone.SOFT) + lines[0].removeprefix(label), *lines[1:]]
