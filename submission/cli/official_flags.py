"""The flags that the official checkers have, as far as a round's own checker knows them.

They say what the official verdict does not look at. Those that change nothing in a round are named
with ``--official``, and those that its checker does not have are refused.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

from submission.checks.facts import Options
from submission.errors import UsageError
from submission.policy import Policy
from submission.terms import Say
from submission.tree.grammar import MODEL_MAPPING

MAPPING = "extra-model-benchmark-map"
SCENARIOS = "scenarios-to-skip"
OFFICIAL = "official verdict: "
# flag, what it changes in the verdicts, in which field of Options
SWITCHES = (
    ("skip_compliance", "do not ask for compliance tests", "skip_compliance"),
    (
        "submission-exceptions",
        "forgive LoadGen's error on uncommitted changes",
        "forgive_uncommitted",
    ),
    (
        "skip-extra-files-in-root-check",
        f"{OFFICIAL}do not refuse files beside the divisions",
        "skip_root_files",
    ),
    (
        "skip-meaningful-fields-emptiness-check",
        f"{OFFICIAL}do not refuse empty fields of descriptions",
        "skip_empty_fields",
    ),
    ("skip-empty-files-check", f"{OFFICIAL}do not refuse empty files", "skip_empty_files"),
    (
        "skip-check-power-measure-files",
        f"{OFFICIAL}do not ask for analyzer_table.* and power_settings.*",
        "skip_power_files",
    ),
    (
        "skip-extra-accuracy-files-check",
        f"{OFFICIAL}do not ask for pictures and videos",
        "skip_accuracy_files",
    ),
    (
        "skip-all-systems-have-results-check",
        f"{OFFICIAL}do not refuse systems without results",
        "skip_unused_systems",
    ),
    ("skip-calibration-check", f"{OFFICIAL}do not ask for a calibration text", "skip_calibration"),
    (
        "skip-dataset-size-check",
        f"{OFFICIAL}do not ask for the whole data set in accuracy runs",
        "skip_data_set_size",
    ),
)
# taken, and without any effect here
SILENT = (
    (
        "skip-power-check",
        "changes nothing: the power working group's own check is never run",
    ),
    ("more-power-check", "changes nothing: power logs are always compared with their digests"),
)
# how some releases spell a flag
ALIASES = {"skip-meaningful-fields-emptiness-check": "skip-meaningful-fields-empty-check"}


def add_official_flags(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of all rounds."""
    for flag, help_text in (*((flag, text) for flag, text, _ in SWITCHES), *SILENT):
        names = [f"--{name}" for name in (flag, ALIASES.get(flag)) if name is not None]
        parser.add_argument(*names, action="store_true", help=help_text)
    parser.add_argument(
        f"--{MAPPING}",
        default=MODEL_MAPPING,
        metavar="NAME",
        help="the file in open/<submitter> that maps folder names to benchmarks; in the oldest"
        " rounds the pairs themselves, as folder:benchmark;folder:benchmark",
    )
    parser.add_argument(
        f"--{SCENARIOS}",
        default="",
        metavar="NAMES",
        help="scenario folders that are not looked at, nor asked for, with commas between them",
    )


def options_of(args: argparse.Namespace, policy: Callable[[], Policy], warn: Say) -> Options:
    """What the flags ask of a check.

    ``policy`` gives the round, which is asked only where a flag needs it. Raises UsageError, with
    ``--official``, for a flag that the round's official checker does not have, and for pairs that
    are none.
    """
    values = _values(args)
    if args.official and values:
        known = policy().official
        for flag in values:
            if flag not in known.flags:
                raise UsageError(
                    f"the official checker of {policy().round} has no --{flag}",
                    detail=f"it has --{', --'.join(known.flags)}",
                    hint="leave the flag out, or name the round with --version",
                )
            if flag in known.idle_flags:
                warn(f"--{flag} changes nothing: the official checker of {policy().round} takes it")
        values = {flag: value for flag, value in values.items() if flag not in known.idle_flags}
    fields = {field: flag in values for flag, _, field in SWITCHES}
    skipped, mapping = values.get(SCENARIOS, ""), values.get(MAPPING, MODEL_MAPPING)
    inline = MAPPING in values and not policy().official.reads_model_mapping
    return Options(
        **fields,
        skipped_scenarios=frozenset(skipped.split(",") if skipped else ()),
        model_mapping_name=MODEL_MAPPING if inline else mapping,
        model_names=dict(_pairs(mapping)) if inline else {},
    )


def _values(args: argparse.Namespace) -> dict[str, str]:
    """The flags that were given, apart from those that every round has, and their values."""
    flags = [*(flag for flag, *_ in (*SWITCHES, *SILENT)), SCENARIOS, MAPPING]
    given = {flag: getattr(args, flag.replace("-", "_")) for flag in flags}
    given = {flag: value for flag, value in given.items() if value}
    return {f: str(v) for f, v in given.items() if (f, v) != (MAPPING, MODEL_MAPPING)}


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Folder and benchmark of each pair."""
    for pair in text.split(";"):
        folder, colon, benchmark = pair.partition(":")
        if not (folder and colon and benchmark) or ":" in benchmark:
            raise UsageError(
                f"--{MAPPING} is no list of pairs",
                detail=f"it has {pair!r}; the checker of this round reads no file",
                hint="write folder:benchmark;folder:benchmark",
            )
        yield folder, benchmark
