"""``describe-system``: the system description of this machine, and what it leaves open."""

from __future__ import annotations

import argparse
import platform
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from submission.errors import UsageError
from submission.files import json_text, write_json
from submission.host.describe import Software, describe_system
from submission.host.overlay import load_overlay, remember
from submission.host.probes import Probes
from submission.policy import Policy, default_round, load_policy, rounds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``describe-system``."""
    parser.add_argument("--submitter", default="Demo", help="the submitter's folder name")
    parser.add_argument("--division", default="open", choices=("open", "closed", "network"))
    parser.add_argument("--version", choices=rounds(), help="the round whose fields are wanted")
    parser.add_argument("--overlay", type=Path, help="what a person wrote; it wins")
    parser.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="write a field into the overlay, where it is remembered",
    )
    parser.add_argument("--power", action="store_true", help="also the power fields")
    parser.add_argument("--output", type=Path, help="write the JSON there, not to the output")
    parser.add_argument("--sources", action="store_true", help="say where each field comes from")


def run(
    args: argparse.Namespace,
    *,
    say: Callable[[str], None],
    warn: Callable[[str], None],
    probes: Probes | None = None,
) -> int:
    """Describe the machine: JSON to ``say`` (or a file), what is missing to ``warn``; 0.

    Raises UsageError for an overlay that cannot be used or an output that cannot be written.
    """
    policy = load_policy(args.version or default_round())
    description = describe_system(
        policy=policy,
        overlay=_overlay(args, policy),
        submitter=args.submitter,
        software=installed_software(),
        division=args.division,
        power=args.power,
        probes=probes,
    )
    if args.output is None:
        say(json_text(description.to_json()).rstrip("\n"))
    else:
        _write(args.output, description.to_json())
        warn(f"wrote {args.output}")
    if args.sources:
        for field, source in description.sources.items():
            warn(f"{source:<13} {field}")
    if description.missing:
        warn("Not detected; look there (then: --overlay FILE --set FIELD=VALUE):")
        for missing in description.missing:
            warn(f"  {missing}")
    return 0


def installed_software(container: str | None = None) -> Software:
    """The versions installed beside this kit; a package that is not there is called so."""
    return Software(
        openvino=_version("openvino"),
        loadgen=_version("mlcommons-loadgen"),
        python=platform.python_version(),
        container=container,
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed here"


def _overlay(args: argparse.Namespace, policy: Policy) -> dict[str, str]:
    if args.overlay is None:
        if args.settings:
            raise UsageError(
                "--set needs a file to remember the value in",
                detail="no --overlay was given",
                hint="--overlay measurements/systems/<system_desc_id>.json",
            )
        return {}
    overlay = load_overlay(args.overlay, policy)
    if not args.settings:
        return overlay
    return remember(args.overlay, overlay, args.settings, policy)


def _write(path: Path, value: dict[str, str]) -> None:
    try:
        write_json(path, value)
    except OSError as error:
        raise UsageError(
            f"The system description {path} cannot be written",
            detail=error.strerror or str(error),
            hint="name another file with --output",
        ) from error
