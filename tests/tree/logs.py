"""Breaks of the files of a run: LoadGen's two logs, and what lies beside them (LOG, PRF)."""

from tests.fakes.loadgen_logs import line
from tests.tree.edits import (
    GONE,
    Break,
    added,
    both,
    copied,
    edited,
    moved,
    prefixed,
    put,
    ran,
    removed,
    replaced,
)
from tests.tree.places import (
    ACCURACY,
    BROKEN,
    DETAIL,
    OFFLINE,
    SERVER,
    SUMMARY,
    D,
    S,
)

FILES = (
    Break("no performance run", "open", removed(OFFLINE), "LOG001", "refused"),
    Break(
        "a run of another name", "open", moved(OFFLINE, f"{OFFLINE}2"), "LOG001 PRF020", "refused"
    ),
    Break("no accuracy run", "open", removed(ACCURACY), "LOG001", "refused"),
    Break("no detail log", "open", removed(DETAIL), "LOG002", "refused"),
    Break("no detail log of the accuracy run", "open", removed(f"{ACCURACY}/{D}"), "LOG002"),
    Break("an empty detail log", "open", put(DETAIL, ""), "LOG003", "refused"),
    Break("a detail log of zeros", "open", put(DETAIL, b"\x00" * 4096), "LOG003", "refused"),
    Break("the summary for the detail log", "open", copied(SUMMARY, DETAIL), "LOG003", "refused"),
    Break(
        "a folder for the detail log",
        "open",
        both(removed(DETAIL), put(f"{DETAIL}/x", "")),
        "LOG002",
        "refused",
    ),
    Break("a broken line", "open", added(DETAIL, BROKEN), "LOG004", "refused"),
    Break(
        "a broken line in the accuracy run",
        "open",
        added(f"{ACCURACY}/{D}", BROKEN),
        "LOG004",
        "crash",
    ),
    Break("a line that is not UTF-8", "open", prefixed(DETAIL, b"\xff\xfe\n"), "LOG004", "refused"),
    Break("a BOM before the log", "open", prefixed(DETAIL, b"\xef\xbb\xbf"), "LOG017"),
    Break(
        "a log without its last line end",
        "open",
        lambda t: t.write(DETAIL, t.read(DETAIL)[:-1]),
        "",
    ),
    Break(
        "a log with line ends of Windows",
        "open",
        lambda t: t.write(DETAIL, t.read(DETAIL).replace("\n", "\r\n")),
        "",
    ),
    Break(
        "a log cut in a line",
        "open",
        lambda t: t.write(DETAIL, t.read(DETAIL)[:6000]),
        "LOG017",
        "refused",
    ),
    Break(
        "a log cut between lines",
        "open",
        edited(OFFLINE, result_validity=GONE),
        "LOG005",
        "refused",
    ),
    Break("a key is missing", "open", edited(OFFLINE, effective_qsl_rng_seed=GONE), "LOG005"),
    Break(
        "a text for a number",
        "open",
        edited(OFFLINE, effective_min_duration_ms="600000"),
        "LOG006",
        "refused",
    ),
    Break(
        "a number that is none",
        "open",
        replaced(
            DETAIL,
            '"effective_min_duration_ms", "value": 600000',
            '"effective_min_duration_ms", "value": NaN',
        ),
        "LOG006",
    ),
    Break(
        "an error of LoadGen",
        "open",
        added(DETAIL, line("error_runtime", "late", error=True)),
        "LOG007",
        "refused",
    ),
    Break(
        "an error in the accuracy run",
        "open",
        added(f"{ACCURACY}/{D}", line("error_runtime", "late", error=True)),
        "LOG007",
    ),
    Break(
        "a warning of LoadGen",
        "open",
        added(
            DETAIL,
            line("warning_generic_message", "slow").replace(
                '"is_warning": false', '"is_warning": true'
            ),
        ),
        "LOG008",
    ),
    Break(
        "two verdicts in a log", "open", added(DETAIL, line("result_validity", "INVALID")), "LOG009"
    ),
    Break("a line twice", "open", added(DETAIL, line("sut_name", "KitSUT")), "LOG016"),
    Break("an empty summary", "open", put(f"{ACCURACY}/{S}", ""), "LOG010"),
    Break("a summary cut short", "open", replaced(SUMMARY, "No errors", ""), "LOG020"),
    Break("no summary", "open", removed(SUMMARY), "LOG010"),
    Break(
        "an INVALID summary",
        "open",
        replaced(SUMMARY, "Result is : VALID", "Result is : INVALID"),
        "LOG011",
    ),
    Break("the summary of the other scenario", "open", copied(f"{SERVER}/{S}", SUMMARY), "LOG012"),
    Break(
        "another result in the summary", "open", replaced(SUMMARY, "1098.17", "1198.17"), "LOG013"
    ),
    Break(
        "another latency in the summary",
        "open",
        replaced(SUMMARY, "601000000000", "600000000000"),
        "LOG013",
    ),
    Break(
        "a summary that was not satisfied",
        "open",
        replaced(SUMMARY, "duration satisfied : Yes", "duration satisfied : No"),
        "LOG018",
    ),
    Break(
        "errors in the summary only", "open", replaced(SUMMARY, "No errors", "2 ERRORS"), "LOG019"
    ),
    Break(
        "LoadGen of another round",
        "open",
        ran(OFFLINE, loadgen_version="2.1 @ 5dd9ed739c"),
        "LOG014",
    ),
    Break(
        "LoadGen with changes", "open", ran(OFFLINE, loadgen_git_status_message=" M a.cc"), "LOG015"
    ),
    Break(
        "LoadGen with another source",
        "open",
        replaced(DETAIL, "b8a6ce9abc6a369c8c7cb5c1bdd737fd917ad1a9", "0" * 40),
        "LOG028",
    ),
    Break(
        "LoadGen without a source", "open", replaced(DETAIL, "/utils.cc", "/tests/a.cc"), "LOG028"
    ),
    Break(
        "LoadGen with one more source",
        "open",
        replaced(DETAIL, '{"/e', f'{{"/a.cc":"{"0" * 40}","/e'),
        "LOG028",
    ),
    Break(
        "lines of another process",
        "open",
        added(DETAIL, line("warning_generic_message", "slow").replace("4711", "4712")),
        "LOG029",
    ),
    Break(
        "a result under audit.config",
        "open",
        added(
            f"{ACCURACY}/{D}",
            line("warning_generic_message", "Found Audit Config file (audit.config).").replace(
                '"is_warning": false', '"is_warning": true'
            ),
        ),
        "PRF031",
    ),
    Break("another file in run_1", "open", put(f"{OFFLINE}/notes.txt", "x"), "PRF001"),
    Break("a trace of LoadGen", "open", put(f"{OFFLINE}/mlperf_log_trace.json", "x"), ""),
    Break("another file in accuracy", "open", put(f"{ACCURACY}/notes.txt", "x"), "PRF001"),
    Break("a ranging run without power", "open", put(f"{OFFLINE[:-6]}/ranging/x", "x"), "PRF020"),
)

BREAKS = FILES
