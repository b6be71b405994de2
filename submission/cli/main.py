"""One entry for all commands; an expected error is three lines and its exit code."""

from __future__ import annotations

import argparse
import io
import os
import re
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING, NoReturn, TextIO

from submission import __version__
from submission.cli.environment import inherited, make_variables, under_make
from submission.cli.extras import missing_package
from submission.cli.table import COMMANDS, Group, has_lab
from submission.errors import KitError, StageError, UsageError, UserStopError, did_you_mean
from submission.terminal import Look, aligned, look_at

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

# Ctrl-C's SIGINT is Python's own; a terminal that is closed must not leave a container either
STOPS = (signal.SIGTERM, signal.SIGHUP)


PROGRAM = "python -m submission"
_HINTED = len("  hint:   ")


def main(argv: Sequence[str], *, program: str = PROGRAM, command: str | None = None) -> int:
    """Run one command and return its exit code (see ``submission.errors``).

    The first word of ``argv`` names the command, unless ``command`` does. ``program`` is what was
    typed before ``argv``: ``mlperf-kit``, ``tools/report.py``; usage lines repeat it.
    """
    before = {each: signal.signal(each, _stop) for each in STOPS if not _ignored(each)}
    sys.stdout, sys.stderr = _lasting(sys.stdout), _lasting(sys.stderr)
    try:
        if command is None:
            return _run(list(argv), program)
        return _run_command(command, list(argv), program)
    except (KitError, KeyboardInterrupt, OSError) as error:
        worded = _worded(error, command or next(iter(argv), ""))
        print("\n".join(error_lines(worded, look_at(sys.stderr, inherited()))), file=sys.stderr)
        return worded.exit_code
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


class _Lasting(io.FileIO):
    """A standard stream whose reader may go away, as ``head`` does.

    The work goes on without it: an hour's run must not end, and its exit code stays true.
    """

    def write(self, content: Buffer, /) -> int:
        """The bytes written; all of them once nobody reads."""
        try:
            return super().write(content)
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return memoryview(content).nbytes


def _lasting(stream: TextIO) -> TextIO:
    """The process's own stream, lasting and for any terminal's encoding; another one as it is."""
    if stream not in {sys.__stdout__, sys.__stderr__} or not isinstance(stream, io.TextIOWrapper):
        return stream
    stream.flush()
    raw = _Lasting(stream.fileno(), "w", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def error_lines(error: KitError, look: Look) -> list[str]:
    """``error: what``, then detail and hint, wrapped below each other on a terminal."""
    what, *more = f"error: {error}".splitlines()
    lines = look.wrapped(what, rest=" " * len("error: "))
    for each in more:
        label, text = each[:_HINTED], each[_HINTED:]
        lines += look.wrapped(text, first=label, rest=" " * _HINTED)
    return lines


def console() -> int:
    """The command ``mlperf-kit`` of an installed package."""
    return main(sys.argv[1:], program="mlperf-kit")


def _worded(error: BaseException, command: str) -> KitError:
    """The three-line error for what can end any command; re-raises bugs."""
    if isinstance(error, KitError):
        return error
    if isinstance(error, KeyboardInterrupt):
        # what reads a tree keeps nothing that it could resume from
        begins_anew = command in COMMANDS and COMMANDS[command].group is Group.TREE
        return UserStopError(
            "the work was stopped",
            detail="by Ctrl-C, SIGTERM or the end of its terminal",
            hint=f"run the same command again{'' if begins_anew else ' to resume'}",
        )
    if isinstance(error, OSError):
        # packages word their own errors; a full disk can occur anywhere
        return _disk_error(error)
    raise error


def _disk_error(error: OSError) -> StageError:
    where = f": {error.filename}" if error.filename else ""
    return StageError(
        "a file could not be read or written",
        detail=f"{error.strerror or error}{where}",
        hint="see its permissions and the space on its disk",
    )


def _ignored(signum: signal.Signals) -> bool:
    """Whether the caller has the signal ignored, as nohup does with SIGHUP."""
    return signal.getsignal(signum) is signal.SIG_IGN


def _stop(signum: int, frame: FrameType | None) -> None:
    del signum, frame
    raise KeyboardInterrupt


def _run(argv: list[str], program: str) -> int:
    if not argv or argv[0] in {"-h", "--help", "help"}:
        print(overview(program))
        return 0 if argv else UsageError.exit_code
    if argv[0] == "--version":
        print(__version__)
        return 0
    if argv[0] not in COMMANDS:
        raise UsageError(
            f"there is no command {argv[0]!r}",
            detail=f"{len(COMMANDS)} commands are known",
            hint=did_you_mean(argv[0], COMMANDS),
        )
    return _run_command(argv[0], argv[1:], f"{program} {argv[0]}")


def _run_command(name: str, argv: list[str], program: str) -> int:
    command = COMMANDS[name]
    if command.lab and not has_lab():
        raise UsageError(
            f"{name} is not installed here",
            detail="it belongs to the laboratory, which an image and the single file lack",
            hint="run it from a checkout of the kit",
        )
    if assignments := make_variables():
        _refuse_unknown(assignments)
    parser = _Parser(prog=program, description=command.help, allow_abbrev=False)
    try:
        command.add_arguments(parser)
        # for a command that starts itself again in another Python
        parser.set_defaults(command_line=(name, *argv))
        return command.run(parser.parse_args(argv))
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("submission"):
            raise
        raise missing_package(error.name, name, command.extras) from error


def _refuse_unknown(make_variables: str) -> None:
    # imported only under make: the checker's start-up needs none of the settings
    from submission.workspace.resolve import check_make_variables  # noqa: PLC0415

    check_make_variables(make_variables)


class _Parser(argparse.ArgumentParser):
    """Raises a three-line UsageError where argparse would print its usage."""

    def error(self, message: str) -> NoReturn:
        """``message`` is argparse's own; under make a missing option is named as make's word."""
        hint = f"see {self.prog} --help"
        if under_make() and "are required" in message:
            message = re.sub(r"--([a-z]+)", lambda option: f"{option[1].upper()}=…", message)
            hint = "make help shows what each target takes"
        raise UsageError("the command line is not valid", detail=message, hint=hint)


def overview(program: str = PROGRAM) -> str:
    """What ``--help`` prints: every command that is installed here, with its sentence."""
    every = aligned(((name, command.help) for name, command in COMMANDS.items()), indent="  ")
    lines = [f"usage: {program} COMMAND [OPTION …]   (COMMAND --help says more)"]
    for group in Group:
        if group is Group.LAB and not has_lab():
            continue
        lines += ["", f"{group}:"]
        lines += [
            line
            for line, command in zip(every, COMMANDS.values(), strict=True)
            if command.group is group
        ]
    return "\n".join(lines)
