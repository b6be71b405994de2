"""Arguments in, text and exit code out; the only package that prints or reads the environment."""

from submission.cli.main import main

__all__ = ["main"]
