"""Write build.json: what the image was made from, and which versions it holds.

usage: describe.py CONTEXT OUTPUT, with the image's own Python, while the image is built.
"""

import platform
import sys
from importlib.metadata import distributions
from pathlib import Path

from submission import __version__
from submission.container.context import fingerprint, folder_digest
from submission.container.witnesses import witnesses
from submission.files import write_json

INSTALLED = Path("/opt/kit")


def main(context: Path, output: Path) -> None:
    """Write ``output`` for the build context unpacked at ``context``."""
    packages = {found.metadata["Name"]: found.version for found in distributions()}
    write_json(
        output,
        {
            "version": 1,
            "kit": __version__,
            "fingerprint": fingerprint(context),
            "python": platform.python_version(),
            "packages": dict(sorted(packages.items(), key=lambda item: item[0].lower())),
            "installed": folder_digest(INSTALLED),
            **witnesses(context),
        },
    )


main(Path(sys.argv[1]), Path(sys.argv[2]))
