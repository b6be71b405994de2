"""Lets LoadGen read configuration files, in a process of its own: python conf_reader.py JOB OUT.

JOB holds ``files`` (path, model, scenario) and ``names`` of settings; OUT gets for each file
LoadGen's return code and the settings afterwards.
"""

import json
import os
import sys
from pathlib import Path

import mlperf_loadgen as loadgen


def main(job_path: str, out_path: str) -> None:
    job = json.loads(Path(job_path).read_text())
    answers = []
    for path, model, scenario in job["files"]:
        settings = loadgen.TestSettings()
        code = settings.FromConfig(path, model, scenario, 2)
        answers.append((code, {name: getattr(settings, name) for name in job["names"]}))
    Path(out_path).write_text(json.dumps(answers))


if __name__ == "__main__":
    main(*sys.argv[1:])
    os._exit(0)  # LoadGen's logger thread would be waited for
