"""Which packages each extra of the kit brings, and the error where one of them is missing."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from submission import __version__
from submission.errors import UsageError

PROJECT = "mlperf-submission-kit"
MEASURING = ("jinja2", "jsonschema", "mlperf_loadgen", "numpy", "openvino", "tokenizers")
RUNNING = (
    "docker",
    "huggingface_hub",
    "jinja2",
    "jsonschema",
    "numpy",
    "requests",
    "rich",
    "tenacity",
    "tokenizers",
)
TRAINING = (*RUNNING, *MEASURING, "torch", "transformers")
#: as in pyproject.toml, by the names that are imported
EXTRAS = {
    "run": RUNNING,
    "host": MEASURING,
    "report": (*RUNNING, "matplotlib"),
    "train": TRAINING,
    "convert": (*TRAINING, "nncf"),
    "completion": (*RUNNING, *MEASURING, "shtab"),
    "more": ("matplotlib", "onnx", "onnxruntime", "pyarrow"),
}
_IN_A_CHECKOUT = {
    "report": "make more",
    "more": "make more",
    "train": "make train",
    "convert": ".venv/bin/python -m pip install '.[convert]'",
}
_ROOT = Path(__file__).resolve().parents[2]


def missing_package(package: str, command: str, extras: Sequence[str]) -> UsageError:
    """The error for ``command``, which needs ``extras``, where ``package`` cannot be imported."""
    module = package.partition(".")[0]
    wanted = extras if any(module in EXTRAS[name] for name in extras) else _bringing(module)
    return UsageError(
        f"{command} needs packages that are not installed",
        detail=f"{sys.executable} has no {module}",
        hint=_hint(module, wanted),
    )


def _bringing(module: str) -> Sequence[str]:
    """The first extra that brings the package; none for a package that the kit does not name."""
    return [name for name, modules in EXTRAS.items() if module in modules][:1]


def _hint(module: str, extras: Sequence[str]) -> str:
    if not extras:
        return f"pip install {module.replace('_', '-')}"
    if (_ROOT / "pyproject.toml").is_file():
        way = _IN_A_CHECKOUT.get(extras[0], "make setup")
        return f"run {way}, and use .venv/bin/python or .venv/bin/mlperf-kit"
    names = ",".join(extras)
    if _ROOT.is_dir():
        return f"{sys.executable} -m pip install '{PROJECT}[{names}]'"
    wheel = f"{PROJECT.replace('-', '_')}-{__version__}-py3-none-any.whl"
    return f"the single file holds the checker's needs only; pip install '{wheel}[{names}]'"
