"""Arguments in, text and exit code out; the only room that prints."""

from submission.cli.main import main

__all__ = ["main"]
