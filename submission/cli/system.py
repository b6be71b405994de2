"""``describe-system``: this machine as a submission's system description."""

from __future__ import annotations

import argparse
from pathlib import Path

from submission.cli.json_output import say_json
from submission.cli.options import add_settings, workspace_of
from submission.errors import UsageError
from submission.files import json_text, write_json
from submission.host.describe import SystemDescription, describe_system, installed_software
from submission.host.overlay import load_overlay, remember
from submission.host.probes import Probes
from submission.policy import Policy, default_round, load_policy, rounds
from submission.terms import Division, Say

DEMO = "Demo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``describe-system``."""
    parser.add_argument(
        "--division",
        default=Division.OPEN.value,
        choices=[division.value for division in Division],
        help="default: %(default)s",
    )
    parser.add_argument("--version", choices=rounds(), help="the round whose fields are wanted")
    parser.add_argument(
        "--overlay", type=Path, metavar="FILE", help="what you know of the machine; it wins"
    )
    parser.add_argument(
        "--set",
        dest="fields",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="write a field into the overlay, which keeps it",
    )
    parser.add_argument("--power", action="store_true", help="the power fields as well")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the JSON there")
    parser.add_argument("--sources", action="store_true", help="say where each field comes from")
    parser.add_argument(
        "--json",
        action="store_true",
        help="one JSON object: the description, where each field comes from, what is missing",
    )
    add_settings(parser, "submitter")


def run(
    args: argparse.Namespace,
    *,
    say: Say,
    warn: Say,
    probes: Probes | None = None,
) -> int:
    """Describe the machine: JSON to ``say`` (or a file), what is missing to ``warn``; 0.

    Raises UsageError for an overlay that cannot be used or an output that cannot be written.
    """
    policy = load_policy(args.version or default_round())
    description = describe_system(
        policy=policy,
        overlay=_overlay(args, policy),
        submitter=workspace_of(args).settings.submitter or DEMO,
        software=installed_software(),
        division=args.division,
        power=args.power,
        probes=probes,
    )
    if args.output is not None:
        _write(args.output, description.to_json())
        warn(f"wrote {args.output}")
    if args.json:
        say_json(
            say,
            description=description.to_json(),
            sources={field: str(source) for field, source in description.sources.items()},
            missing=[str(missing) for missing in description.missing],
        )
    else:
        _say_text(args, description, say, warn)
    return 0


def _say_text(
    args: argparse.Namespace, description: SystemDescription, say: Say, warn: Say
) -> None:
    if args.output is None:
        say(json_text(description.to_json()).rstrip("\n"))
    if args.sources:
        for field, source in description.sources.items():
            warn(f"{source:<13} {field}")
    if description.missing:
        warn("Not detected; look there (then: --overlay FILE --set FIELD=VALUE):")
        for missing in description.missing:
            warn(f"  {missing}")


def _overlay(args: argparse.Namespace, policy: Policy) -> dict[str, str]:
    if args.overlay is None:
        if args.fields:
            raise UsageError(
                "--set needs a file to keep the value in",
                detail="no --overlay was given",
                hint="--overlay measurements/systems/<system_desc_id>.json",
            )
        return {}
    if not args.fields and not args.overlay.exists():
        raise UsageError(
            f"there is no system overlay {args.overlay}",
            detail="no such file",
            hint="--set FIELD=VALUE makes it",
        )
    overlay = load_overlay(args.overlay, policy)
    if not args.fields:
        return overlay
    return remember(args.overlay, overlay, args.fields, policy)


def _write(path: Path, value: dict[str, str]) -> None:
    try:
        write_json(path, value)
    except OSError as error:
        raise UsageError(
            f"the system description {path} cannot be written",
            detail=error.strerror or str(error),
            hint="name another file with --output",
        ) from error
