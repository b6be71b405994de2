"""Findings as GitHub workflow commands, shown as annotations of a pull request."""

from __future__ import annotations

from submission.checks.findings import Finding
from submission.checks.model import Severity
from submission.checks.results import Report

COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render_github(report: Report, *, prefix: str = "") -> str:
    """A line for each finding that is not waived; ``prefix`` is where the tree lies.

    GitHub takes paths from the root of the repository.
    """
    lines = [_line(finding, prefix) for finding in report.findings if finding.waived is None]
    return "".join(line + "\n" for line in lines)


def _line(finding: Finding, prefix: str) -> str:
    rule = finding.definition
    properties = {
        "file": in_repository(finding.path, prefix),
        "title": f"{finding.rule} {rule.title}",
    }
    if finding.line is not None:
        properties["line"] = str(finding.line)
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    text = f"found {finding.found}, expected {finding.expected}; {rule.hint}"
    return f"::{COMMANDS[rule.severity]} {listed}::{_message(text)}"


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")


def in_repository(path: str, prefix: str) -> str:
    """A path of the tree as one of the repository that the tree lies in, at ``prefix``."""
    return "/".join(part for part in (prefix, path) if part)
