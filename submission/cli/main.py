"""One entry for all commands; an expected error is three lines and its exit code."""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from submission import __version__
from submission.cli.environment import make_variables
from submission.cli.table import COMMANDS, Command, has_lab
from submission.errors import KitError, StageError, UsageError, UserStopError
from submission.workspace.suggestion import did_you_mean

# Ctrl-C's SIGINT is Python's own; a terminal that is closed must not leave a container either
STOPS = (signal.SIGTERM, signal.SIGHUP)


def main(argv: Sequence[str]) -> int:
    """Run one command and return its exit code (see ``submission.errors``)."""
    before = {each: signal.signal(each, _stop) for each in STOPS if not _ignored(each)}
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr: no terminal is too plain
    try:
        return _run(list(argv))
    except KitError as error:
        return _told(error)
    except KeyboardInterrupt:
        return _told(
            UserStopError(
                "the work was stopped",
                detail="by Ctrl-C, SIGTERM or the end of its terminal",
                hint="the same command goes on where it stopped",
            )
        )
    except BrokenPipeError:
        # the reader of our output went away; what follows must not fail on it again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        # where a room knows more it has worded it; a full disk may be met anywhere
        return _told(_disk_error(error))
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _told(error: KitError) -> int:
    print(f"error: {error}", file=sys.stderr)
    return error.exit_code


def _disk_error(error: OSError) -> StageError:
    where = f": {error.filename}" if error.filename else ""
    return StageError(
        "a file could not be read or written",
        detail=f"{error.strerror or error}{where}",
        hint="see its permissions and the space on its disk",
    )


def _ignored(signum: signal.Signals) -> bool:
    """Whether the caller wants it so, as nohup does with SIGHUP."""
    return signal.getsignal(signum) is signal.SIG_IGN


def _stop(signum: int, frame: FrameType | None) -> None:
    del signum, frame
    raise KeyboardInterrupt


def _run(argv: list[str]) -> int:
    if not argv or argv[0] in {"-h", "--help", "help"}:
        print(overview())
        return 0 if argv else UsageError.exit_code
    if argv[0] == "--version":
        print(__version__)
        return 0
    command = COMMANDS.get(argv[0])
    if command is None:
        raise UsageError(
            f"there is no command {argv[0]!r}",
            detail=f"{len(COMMANDS)} commands are known",
            hint=did_you_mean(argv[0], COMMANDS),
        )
    if command.lab and not has_lab():
        raise UsageError(
            f"{argv[0]} is not in this image",
            detail="it belongs to the laboratory, which makes and measures models",
            hint="run it from a checkout of the kit",
        )
    if assignments := make_variables():
        _refuse_unknown(assignments)
    return command.run(_parse(argv[0], command, argv[1:]))


def _refuse_unknown(make_variables: str) -> None:
    # imported only under make: the checker's start-up needs none of the settings
    from submission.workspace.resolve import check_make_variables  # noqa: PLC0415

    check_make_variables(make_variables)


def _parse(name: str, command: Command, argv: list[str]) -> argparse.Namespace:
    parser = _Parser(
        prog=f"python -m submission {name}", description=command.help, allow_abbrev=False
    )
    command.add_arguments(parser)
    return parser.parse_args(argv)


class _Parser(argparse.ArgumentParser):
    """Raises what it cannot parse as an error of three lines, where argparse would print usage."""

    def error(self, message: str) -> NoReturn:
        """``message`` is argparse's own."""
        raise UsageError(
            "the command line is not understood", detail=message, hint=f"see {self.prog} --help"
        )


def overview() -> str:
    """What ``--help`` prints: every command that is installed here, with its sentence."""
    width = max(len(name) for name in COMMANDS)
    rows = {
        lab: [
            f"  {name:<{width}}  {command.help}"
            for name, command in COMMANDS.items()
            if command.lab is lab
        ]
        for lab in (False, True)
    }
    lines = [
        "usage: python -m submission COMMAND [OPTION …]   (COMMAND --help says more)",
        "",
        *rows[False],
    ]
    if has_lab():
        lines += ["", "laboratory (makes and measures models):", *rows[True]]
    return "\n".join(lines)
