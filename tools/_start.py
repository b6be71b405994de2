"""How the scripts beside this file start a command of the kit, with whichever Python runs them.

Kept readable for old versions of Python, so that they get three lines and no traceback.
"""

import importlib.util
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
OLDEST_PYTHON = (3, 11)
#: what the kit imports beside the standard library: its dependencies, and the extra "host";
#: LoadGen is left out: it has no wheel for every Python, and only runs on the host need it here
PACKAGES = (
    "docker",
    "filelock",
    "huggingface_hub",
    "jinja2",
    "jsonschema",
    "numpy",
    "openvino",
    "requests",
    "rich",
    "tenacity",
    "tokenizers",
)


def start(command: str, packages: tuple = PACKAGES) -> int:
    """Run ``command`` with the arguments of this process; its exit code.

    Where this Python is too old or lacks one of ``packages``, the one of ``.venv`` takes over.
    """
    trouble = _trouble(packages)
    if trouble:
        python = VENV / "bin" / "python"
        if python.exists() and Path(sys.prefix).resolve() != VENV.resolve():
            os.execv(str(python), [str(python), *sys.argv])  # noqa: S606 - a path of our own
        sys.stderr.write(_WORDS.format(program=sys.argv[0], trouble=trouble))
        return 2
    sys.path.insert(0, str(ROOT))
    from submission.cli import main  # noqa: PLC0415 - an old Python could not read it

    return main(sys.argv[1:], program=sys.argv[0], command=command)


_WORDS = """\
error: {program} needs packages that are not installed
  detail: {trouble}
  hint:   run make setup, which installs them into .venv; then run the same command again
"""


def _trouble(packages: tuple) -> str:
    here = "{} is Python {}.{}".format(sys.executable, *sys.version_info)
    if sys.version_info < OLDEST_PYTHON:
        return "{}, and the kit needs {}.{} or newer".format(here, *OLDEST_PYTHON)
    lacking = [name for name in packages if importlib.util.find_spec(name) is None]
    return f"{here} without {', '.join(lacking)}" if lacking else ""
