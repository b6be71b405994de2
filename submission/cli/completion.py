"""The command ``completion``: a script by which a shell completes commands and their options.

The library shtab writes them from the parsers of the commands: when a wheel or the single file is
built, which then hold the scripts, and in a checkout whenever one is asked for.
"""

from __future__ import annotations

import argparse
from importlib.resources import files
from pathlib import Path

from submission.cli.table import COMMANDS, has_lab
from submission.terms import Say

SHELLS = ("bash", "fish", "tcsh", "zsh")
FOLDER = "completions"
PROGRAM = "mlperf-kit"
INSTALL = """\
how to use the script:
  bash   mlperf-kit completion bash > ~/.local/share/bash-completion/completions/mlperf-kit
  zsh    mlperf-kit completion zsh > DIR/_mlperf-kit, where DIR is in $fpath
  fish   mlperf-kit completion fish > ~/.config/fish/completions/mlperf-kit.fish
  tcsh   mlperf-kit completion tcsh > FILE, and `source FILE` in ~/.tcshrc"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``completion bash|fish|tcsh|zsh``."""
    parser.add_argument("shell", choices=SHELLS, help="whose script to print")
    parser.epilog = INSTALL
    parser.formatter_class = argparse.RawDescriptionHelpFormatter


def run(args: argparse.Namespace, *, say: Say, warn: Say) -> int:
    """Print the script of the shell, ready to be sourced."""
    del warn
    kept = files("submission.cli").joinpath(FOLDER, args.shell)
    script = kept.read_text(encoding="utf-8") if kept.is_file() else completion_script(args.shell)
    say(script.rstrip("\n"))
    return 0


def completion_script(shell: str) -> str:
    """The script for a shell, of the commands that are installed here; needs shtab."""
    import shtab  # noqa: PLC0415 - only where scripts are made

    text: str = shtab.complete(_every_command(), shell=shell)
    return text


def _every_command() -> argparse.ArgumentParser:
    """One parser with every command below it; files complete where an argument is a path."""
    import shtab  # noqa: PLC0415 - as above

    parser = argparse.ArgumentParser(prog=PROGRAM, allow_abbrev=False)
    parser.add_argument("--version", action="version", version="")
    below = parser.add_subparsers(dest="command")
    for name, command in COMMANDS.items():
        if command.lab and not has_lab():
            continue
        one = below.add_parser(name, help=command.help, description=command.help)
        command.add_arguments(one)
        for action in one._actions:  # noqa: SLF001 - argparse has no public list of them
            if action.type is Path or (action.metavar or "") in _PATHS:
                action.complete = shtab.FILE  # type: ignore[attr-defined] # as shtab reads it
    return parser


_PATHS = frozenset({"TREE", "FILE", "PATH", "DIR", "DIR|URL"})
