"""How the scripts beside this file start a command of the kit, with whichever Python runs them.

Kept readable for old versions of Python, 2.7 included, so that they get three lines and no
traceback: no annotations, no f-strings, no pathlib.
"""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
VENV = os.path.join(ROOT, ".venv")
OLDEST_PYTHON = (3, 11)
#: what the extras "run" and "host" bring, by the names that are imported;
#: LoadGen is left out: it has no wheel for every Python, and only runs on the host need it here
PACKAGES = (
    "docker",
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


def start(command, packages=PACKAGES):
    """Run ``command`` with the arguments of this process; its exit code.

    Where this Python is too old or lacks one of ``packages``, the one of ``.venv`` takes over.
    """
    trouble = _trouble(packages)
    if trouble:
        python = os.path.join(VENV, "bin", "python")
        if os.path.exists(python) and os.path.realpath(sys.prefix) != os.path.realpath(VENV):
            os.execv(python, [python] + sys.argv)
        sys.stderr.write(_WORDS.format(program=sys.argv[0], trouble=trouble))
        return 2
    sys.path.insert(0, ROOT)
    from submission.cli import main  # noqa: PLC0415 - an old Python could not read it

    return main(sys.argv[1:], program=sys.argv[0], command=command)


_WORDS = """\
error: {program} needs packages that are not installed
  detail: {trouble}
  hint:   run make setup, which installs them into .venv; then run the same command again
"""


def _trouble(packages):
    here = "{} is Python {}.{}".format(sys.executable, *sys.version_info)
    if sys.version_info < OLDEST_PYTHON:
        return "{}, and the kit needs {}.{} or newer".format(here, *OLDEST_PYTHON)
    from importlib.util import find_spec  # noqa: PLC0415 - Python 2.7 has none

    lacking = [name for name in packages if find_spec(name) is None]
    return "{} without {}".format(here, ", ".join(lacking)) if lacking else ""
