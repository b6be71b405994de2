"""Run metadata: what else is needed to judge and repeat a run, beside its logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from submission import __version__
from submission.files import read_json, sha256_of
from submission.host.facts import host_facts
from submission.runs.context import Context
from submission.runs.mend import Mend
from submission.runs.numbers import found_rate
from submission.runs.profile_run import Launched
from submission.stages.features import dataset_file
from submission.terms import RunId
from submission.workspace.schema import validate


def run_metadata(
    context: Context,
    run: RunId,
    launched: Launched,
    *,
    mends: Sequence[Mend] = (),
    fleet: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Image, versions, command, host, times, checksums and plan of one run, schema-checked.

    ``mends``: what earlier INVALID runs changed of its settings. ``fleet``: what a campaign's
    engine took of the system just before the run.
    """
    settings, order, outcome = context.settings, launched.order, launched.outcome
    image = read_json(context.workspace.image_file())
    value = {
        "version": 1,
        "kit": __version__,
        "round": context.profile.round,
        "run": {"benchmark": run.benchmark, "scenario": run.scenario, "mode": run.mode},
        "profile": context.profile.name,
        "submittable": context.profile.submittable,
        "runner": settings.runner,
        "engine": context.engine.version(),
        "image": {
            **{key: image[key] for key in ("reference", "id", "digest", "fingerprint")},
            "openvino": {
                "version": image["openvino"],
                "reason": image["openvino_chosen"]["reason"],
            },
        },
        "command": list(order.command),
        "cpuset": order.cpuset,
        "memory_bytes": order.memory_bytes,
        "started": _iso(outcome.started_at),
        "ended": _iso(outcome.ended_at),
        "host": host_facts().to_json(),
        "model": _model(context, run.benchmark),
        "dataset": _dataset(context),
        "harness": dict(launched.report.values),
        **_found_rate(context, run),
        **({"mended": [_mended(each) for each in mends]} if mends else {}),
        **({"fleet": dict(fleet)} if fleet else {}),
    }
    validate(value, "run_metadata", what=f"the metadata of {run}")
    return value


def _found_rate(context: Context, run: RunId) -> dict[str, Any]:
    rate = found_rate(context, run)
    if rate is None:
        return {}
    # the metadata says whose rate it is
    return {"found_rate": {key: each for key, each in asdict(rate).items() if key != "model"}}


def _mended(mend: Mend) -> dict[str, Any]:
    # where the INVALID run is kept means nothing elsewhere
    return {key: value for key, value in asdict(mend).items() if key != "kept"}


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def _model(context: Context, benchmark: str) -> dict[str, Any]:
    manifest = context.manifest(benchmark)
    folder = context.workspace.model_folder(benchmark)
    return {
        "name": manifest.name,
        "made_up": manifest.synthetic,
        "sha256": {file.name: sha256_of(folder / file.name) for file in manifest.files},
    }


def _dataset(context: Context) -> dict[str, Any]:
    data, vocab = dataset_file(context, "data"), dataset_file(context, "vocab")
    return {
        "name": context.profile.dataset,
        "sha256": {path.name: sha256_of(path) for path in (data, vocab)},
        "features_sha256": sha256_of(context.features_file()),
        **({"cased": True} if context.manifest(context.profile.dataset).cased else {}),
    }
