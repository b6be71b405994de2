"""The JSON schemas (draft 2020-12) of what the checker reads and writes, as they are published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from submission.files import packaged

FOLDER = Path(__file__).parent / "schemas"
SCHEMAS = ("config", "report", "waivers")


def schema_text(name: str) -> str:
    """The schema of that name: of ``mlperf-kit.json``, of a report in JSON, or of waivers."""
    return packaged(FOLDER / f"{name}.schema.json").read_text(encoding="utf-8")


def report_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of ``report_json``, with its version policy."""
    schema: dict[str, Any] = json.loads(schema_text("report"))
    return schema
