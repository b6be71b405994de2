"""The report as JUnit XML: a test case for each result, and for each path with an error."""

from __future__ import annotations

from collections import defaultdict
from xml.etree import ElementTree as ET

from submission.checks.findings import Finding
from submission.checks.results import Report, Result, Verdict


def render_junit(report: Report) -> str:
    """The report as XML text."""
    places: dict[str, list[Finding]] = defaultdict(list)
    for finding in report.findings:
        if finding.rejects:
            places[finding.path].append(finding)
    invalid = sum(result.verdict is Verdict.INVALID for result in report.results)
    tests, failures = len(report.results) + len(places), invalid + len(places)
    root = ET.Element("testsuites", tests=str(tests), failures=str(failures))
    results = _suite(root, f"results {report.round}", len(report.results), invalid)
    for result in report.results:
        _result(results, result)
    findings = _suite(root, f"findings {report.round}", len(places), len(places))
    for path, found in sorted(places.items()):
        _place(findings, path, found)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(root: ET.Element, name: str, tests: int, failures: int) -> ET.Element:
    counts = {"tests": str(tests), "failures": str(failures), "errors": "0"}
    return ET.SubElement(root, "testsuite", {"name": name, **counts})


def _result(suite: ET.Element, result: Result) -> None:
    group = f"{result.division}.{result.submitter}.{result.system}"
    case = ET.SubElement(suite, "testcase", {"classname": group, "name": result.path})
    if result.verdict is Verdict.INVALID:
        words = f"rejected by {', '.join(result.reasons)}"
        ET.SubElement(case, "failure", {"message": words, "type": result.reasons[0]})


def _place(suite: ET.Element, path: str, found: list[Finding]) -> None:
    case = ET.SubElement(suite, "testcase", {"classname": found[0].rule, "name": path or "."})
    words = [
        f"{f.rule} {f.definition.title}: found {f.found}, expected {f.expected}" for f in found
    ]
    failure = ET.SubElement(case, "failure", {"message": words[0], "type": found[0].rule})
    failure.text = "\n".join(words)
