"""The pages on what was tried: LoadGen's figures, and what the rules reject of published trees."""

from collections import defaultdict
from collections.abc import Iterable
from fnmatch import fnmatchcase

from submission.checks.relations import RELATIONS, Relation
from submission.checks.rules.summary import OF_QUERIES, OF_SAMPLES
from submission.checks.tried import name_of, tried, where
from tests.published.forgeries import FORGERIES as PUBLISHED
from tests.published.forgeries import UNSEEABLE
from tests.published.notes import KEYS, LINES
from tests.published.rejected import REJECTED
from tests.recorded.forgeries import FORGERIES

LOG_HEAD = """\
# What LoadGen's figures follow from

Written by `make golden`; do not edit it. A log is several hundred figures that follow from each
other and from the settings, by LoadGen's sources. For each key of the detail log, and for each line
of the summary, this page says which rule compares it with what, or why none can. The count behind a
relation is that of the published logs that have all its figures: it was tried on them.
"""
REJECTED_HEAD = """\
# What the rules reject of published submissions

Written by `make golden` from what the tests expect; do not edit it. Of the published submissions at
hand (`--explain` and `RULES.md` count them) the rules reject these, each by the sentence that it
breaks. The official checker accepted them, but where the sentence says otherwise.
"""


def log_page() -> str:
    """measurements/loadgen-log.md."""
    about: dict[str, list[Relation]] = defaultdict(list)
    others: dict[str, set[str]] = defaultdict(set)
    for one in RELATIONS.every:
        about[one.keys[0]].append(one)
        for key in one.keys[1:]:
            others[key].add(one.keys[0])
    counts = tried()
    lines = [LOG_HEAD]
    lines.append(f"{counts.logs} detail logs of {counts.results} results were read.\n")
    lines += [
        "## Keys of the detail log",
        "",
        "| key | logs | what it follows from |",
        "|---|---|---|",
    ]
    for key in sorted(counts.keys):
        words = [_relation(one) for one in about.get(key, ())]
        words += list(noted(key, KEYS))
        if not words and others.get(key):
            first = sorted(others[key])
            words = [
                f"asked for freely; {', '.join(f'`{name}`' for name in first)} follows from it"
            ]
        lines.append(f"| `{key}` | {counts.keys[key]} | {'; '.join(words)} |")
    lines += [
        "",
        "## Lines of the summary",
        "",
        "| line | summaries | compared with |",
        "|---|---|---|",
    ]
    for name in sorted(counts.names):
        words = [f"{key} (LOG013)" for key in keys_of_line(name)] + list(noted(name, LINES))
        lines.append(f"| {name} | {counts.names[name]} | {'; '.join(words)} |")
    return "\n".join(lines) + "\n"


def _relation(one: Relation) -> str:
    counts, name = tried(), name_of(one)
    broken = counts.broken.get(name, 0)
    times = f"{counts.relations.get(name, 0)} logs" + (f", {broken} not" if broken else "")
    return f"{where(one)}: {one.words} ({one.rule}; {times})"


def noted(name: str, notes: dict[str, tuple[str, str]]) -> Iterable[str]:
    """What the notes say of a key or line."""
    for pattern, (rules, words) in notes.items():
        if fnmatchcase(name, pattern):
            yield f"{words} ({', '.join(rules.split())})" if rules else f"not compared: {words}"


def keys_of_line(name: str) -> list[str]:
    """The keys that a line of the summary repeats."""
    found = (keys.get(name) for keys in (OF_SAMPLES, OF_QUERIES))
    return [f"`{key}`" for key in dict.fromkeys(found) if key is not None]


def rejected_page() -> str:
    """measurements/published.md."""
    lines = [REJECTED_HEAD]
    for tree, folders in REJECTED.items():
        lines += [f"## {tree}", "", "| results of | rules | sentence |", "|---|---|---|"]
        lines += [
            f"| {folder} | {', '.join(rules.split())} | {why} |"
            for folder, (rules, why) in folders.items()
        ]
        lines.append("")
    return "\n".join(lines)


FORGED_HEAD = """\
# Consistent forgeries, and what finds them

Written by `make golden` from the forgeries of the tests; do not edit it. Each raises a number of an
honest submission together with what else says so: {count} of submissions made of real LoadGen runs,
{published} of published ones. {found} are found by the rules named; of the others nothing in a tree
can tell, for the reason given. The last {tried} were tried on published submissions by hand.
"""


def forgeries_page() -> str:
    """measurements/forgeries.md."""
    every = (*FORGERIES, *PUBLISHED)
    found = [forgery for forgery in every if forgery.rules]
    head = FORGED_HEAD.format(
        count=len(FORGERIES), published=len(PUBLISHED), found=len(found), tried=len(UNSEEABLE)
    )
    lines = [head, "## Found", "", "| forgery | of | rules |", "|---|---|---|"]
    lines += [f"| {one.name} | {one.variety} | {', '.join(one.rules.split())} |" for one in found]
    lines += ["", "## Unseeable", "", "| forgery | of | why |", "|---|---|---|"]
    lines += [f"| {one.name} | {one.variety} | {one.why_not} |" for one in every if one.why_not]
    lines += [f"| {one.name} | {one.variety} | {one.why_not} |" for one in UNSEEABLE]
    return "\n".join(lines) + "\n"
