"""The packages of an image as a CycloneDX 1.5 document: Debian's and Python's.

The image's own Python writes it at the end of the build (Dockerfile). Without times and serial
numbers, so that the same packages give the same file.
"""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Any
from urllib.parse import quote

from submission import __version__
from submission.files import write_json

SBOM_FILE = Path("/opt/workdir/sbom.cdx.json")
# the name of the file in a tree
SBOM = "sbom.cdx.json"
FIELDS = "${Package}\\t${Version}\\t${Architecture}\\t${db:Status-Abbrev}\\n"
INSTALLED = "ii"
TIMEOUT_S = 60


def sbom() -> dict[str, Any]:
    """The document for the machine that this runs on."""
    components = sorted((*_debian(), *_python()), key=lambda each: str(each["purl"]))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {
                "type": "container",
                "name": "mlperf-submission-kit",
                "version": __version__,
            }
        },
        "components": list({each["purl"]: each for each in components}.values()),
    }


def write_sbom(path: Path = SBOM_FILE) -> None:
    """Write the document to ``path``; raises OSError."""
    write_json(path, sbom())


#: under which ``packages`` has OpenVINO
OPENVINO_PURL = "pkg:pypi/openvino"


def packages(document: Mapping[str, Any]) -> dict[str, str]:
    """Package URL without its version, to version; of a document that may be anybody's."""
    found = document.get("components", [])
    return {str(each["purl"]).partition("@")[0]: str(each["version"]) for each in found}


def _python() -> Iterator[dict[str, str]]:
    yield _component("python", platform.python_version(), "generic")
    for found in distributions():
        name = found.metadata["Name"]
        if name:
            yield _component(name, found.version, "pypi")


def _debian() -> Iterator[dict[str, str]]:
    """Nothing where there is no dpkg."""
    command = ["dpkg-query", "-W", f"-f={FIELDS}"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return
    for line in done.stdout.splitlines():
        name, version, architecture, status = line.split("\t")
        if status.strip() == INSTALLED:
            yield _component(name, version, "deb/debian", f"?arch={architecture}")


def _component(name: str, version: str, kind: str, more: str = "") -> dict[str, str]:
    given = name.lower().replace("_", "-") if kind == "pypi" else name
    url = f"pkg:{kind}/{quote(given)}@{quote(version)}{more}"
    return {"type": "library", "name": name, "version": version, "purl": url}
