"""Profiles: which benchmarks are run, in which scenarios and modes, with which numbers."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from submission.errors import UsageError, did_you_mean
from submission.terms import Mode, PlanRequest, RunId, Scenario
from submission.workspace.schema import validate

# of the probed Offline rate: one sample at a time, and queues, leave about this much
_SERVER_SHARE = 0.5


@dataclass(frozen=True, kw_only=True)
class RunNumbers:
    """What a profile says of one run; ``None`` means the round's own number.

    ``target_qps`` is queries a second (Server) or samples a second (Offline); in its place a
    ``share_of_probed_rate`` of what the ``probe`` stage measures on this machine.
    """

    target_qps: float | None = None
    share_of_probed_rate: float | None = None
    min_duration_ms: int | None = None
    min_query_count: int | None = None
    samples_per_query: int | None = None
    target_latency_ms: float | None = None
    target_latency_percentile: float | None = None
    performance_sample_count: int | None = None


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """One model of the profile and its runs; the model's name is the benchmark's folder."""

    model: str
    plans: Mapping[Scenario, PlanRequest]
    runs: Mapping[tuple[Scenario, Mode], RunNumbers]

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """The scenarios that are run, in the profile's order."""
        return tuple(dict.fromkeys(scenario for scenario, _ in self.runs))

    @property
    def probed(self) -> bool:
        """Whether a number of a run or a plan waits for the probe."""
        shares = (numbers.share_of_probed_rate for numbers in self.runs.values())
        return any(shares) or any(plan.by_probe for plan in self.plans.values())

    @property
    def run_ids(self) -> tuple[RunId, ...]:
        """Every run of this benchmark, in the order in which it is measured."""
        return tuple(
            RunId(benchmark=self.model, scenario=scenario, mode=mode)
            for scenario, mode in self.runs
        )


class F1Of(StrEnum):
    """What relative F1 is a share of: the round's FP32 model, or the reference as measured."""

    ROUND = "round"
    REFERENCE = "reference"


@dataclass(frozen=True, kw_only=True)
class ReferenceChoice:
    """The dense model that the others are compared with; not measured, it gives no figure."""

    model: str
    f1_of: F1Of


@dataclass(frozen=True, kw_only=True)
class WaiverWish:
    """A rule that the profile's runs break knowingly, where, and why."""

    rule: str
    path: str
    reason: str


#: the name in profiles that whoever submits replaces by SUBMITTER=…
PLACEHOLDER = "Example"


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A profile file, read and validated."""

    name: str
    about: str
    submittable: bool
    submitter: str
    system_desc_id: str
    round: str
    dataset: str
    implementation: str
    benchmarks: tuple[Benchmark, ...]
    reference: ReferenceChoice | None
    waivers: tuple[WaiverWish, ...]
    path: Path
    #: the profile's file that it was made from, and the data set in place of that file's
    base: str = ""
    own_dataset: str | None = None
    #: rule -> the reason of its waiver where another data set takes the place of the profile's
    reasons_for_own_data: Mapping[str, str] = field(default_factory=dict)

    def benchmark(self, model: str) -> Benchmark:
        """The benchmark of that model; UsageError with a suggestion if there is none."""
        for benchmark in self.benchmarks:
            if benchmark.model == model:
                return benchmark
        raise UsageError(
            f"the profile {self.name} has no model {model!r}",
            detail=f"profile file: {self.path.name}",
            hint=did_you_mean(model, [b.model for b in self.benchmarks]),
        )


def profile_names(folder: Path) -> list[str]:
    """The names of the profile files in ``folder``, sorted."""
    return sorted(path.stem for path in folder.glob("*.json"))


def load_profile(folder: Path, name: str) -> Profile:
    """Read ``folder/<name>.json``; UsageError if it is missing or does not fit its schema."""
    path = folder / f"{name}.json"
    if not path.is_file():
        raise UsageError(
            f"there is no profile {name!r}",
            detail=f"no file {path}",
            hint=did_you_mean(name, profile_names(folder)),
        )
    value = read_validated(path, "profile")
    if value["name"] != name:
        raise UsageError(
            f"the profile file {path.name} holds another name",
            detail=f"name: {value['name']!r}",
            hint=f'set "name": "{name}" in {path}',
        )
    return _profile(value, path)


def read_validated(path: Path, schema: str) -> Any:
    """The JSON in ``path``, validated; every way it can be wrong is a UsageError."""
    try:
        value = json.loads(
            path.read_text(encoding="utf-8"), parse_constant=_refuse, parse_float=_finite
        )
    except RecursionError as error:
        raise UsageError(
            f"{path} cannot be read",
            detail="lists or objects are nested too deeply",
            hint="correct the file",
        ) from error
    except OSError as error:
        raise UsageError(
            f"cannot read {path}",
            detail=error.strerror or str(error),
            hint="check that the file exists and is readable",
        ) from error
    except ValueError as error:
        raise UsageError(
            f"{path} is not JSON", detail=str(error), hint="correct the file at that place"
        ) from error
    validate(value, schema, what=str(path))
    return value


def _refuse(word: str) -> float:
    raise ValueError(f"{word} is no number of JSON")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text} is too large a number")
    return value


def _profile(value: Mapping[str, Any], path: Path) -> Profile:
    return Profile(
        name=value["name"],
        about=value["about"],
        submittable=value["submittable"],
        submitter=value["submitter"],
        system_desc_id=value["system_desc_id"],
        round=value["round"],
        dataset=value["dataset"],
        implementation=value.get("implementation", "openvino-cpu"),
        benchmarks=tuple(_benchmark(item) for item in value["benchmarks"]),
        reference=_reference(value.get("reference")),
        waivers=tuple(
            WaiverWish(rule=item["rule"], path=item["path"], reason=item["reason"])
            for item in value["waivers"]
        ),
        reasons_for_own_data={
            item["rule"]: item["own_data"] for item in value["waivers"] if "own_data" in item
        },
        path=path,
        base=value["name"],
    )


def with_own(profile: Profile, *, model: str | None, dataset: str | None) -> Profile:
    """The profile's settings for one model, for another data set, or both.

    A model of the profile keeps its runs, so its name stays. Another one gets the settings of the
    first, with Server rates that follow from a probe: how fast it is, nobody knows yet. Numbers
    of samples then follow from the data set.
    """
    own_model = model is not None and model not in [b.model for b in profile.benchmarks]
    own_data = dataset is not None and dataset != profile.dataset
    benchmarks = profile.benchmarks
    if model is not None:
        same = [benchmark for benchmark in benchmarks if benchmark.model == model]
        benchmarks = tuple(same) or (_for_model(benchmarks[0], model),)
    if own_data:
        benchmarks = tuple(_for_data(benchmark) for benchmark in benchmarks)
    if not own_model and not own_data:
        return replace(profile, benchmarks=benchmarks)
    reasons = (
        {rule: text.format(dataset=dataset) for rule, text in profile.reasons_for_own_data.items()}
        if own_data
        else {}
    )
    words, what = [profile.name], []
    if model is not None:
        words.append(model)
        what.append(f"the model {model}")
    if own_data:
        words.append(str(dataset))
        what.append(f"the data set {dataset}")
    about = f"The settings of the profile {profile.name} with {' and '.join(what)}."
    return replace(
        profile,
        name="-".join(words),
        about=about if profile.submittable else f"{about} Such runs may not be submitted.",
        dataset=dataset or profile.dataset,
        own_dataset=dataset if own_data else None,
        benchmarks=benchmarks,
        reference=None if own_model else profile.reference,
        waivers=tuple(
            replace(w, reason=reasons[w.rule]) if w.rule in reasons else w for w in profile.waivers
        ),
    )


def _for_model(template: Benchmark, model: str) -> Benchmark:
    runs = {
        (scenario, mode): replace(numbers, target_qps=None, share_of_probed_rate=_SERVER_SHARE)
        if scenario is Scenario.SERVER and numbers.target_qps is not None
        else numbers
        for (scenario, mode), numbers in template.runs.items()
    }
    return replace(template, model=model, runs=runs)


def _for_data(benchmark: Benchmark) -> Benchmark:
    runs = {
        run: replace(numbers, performance_sample_count=None)
        for run, numbers in benchmark.runs.items()
    }
    return replace(benchmark, runs=runs)


def _reference(value: Mapping[str, str] | None) -> ReferenceChoice | None:
    if value is None:
        return None
    return ReferenceChoice(model=value["model"], f1_of=F1Of(value["f1_of"]))


def _benchmark(value: Mapping[str, Any]) -> Benchmark:
    plan = dict(value["plan"])
    server = plan.pop("server", {})
    runs = {
        (Scenario(scenario), Mode(mode)): RunNumbers(**numbers)
        for scenario, modes in value["scenarios"].items()
        for mode, numbers in modes.items()
    }
    return Benchmark(
        model=value["model"],
        plans={
            Scenario.OFFLINE: PlanRequest(**plan),
            Scenario.SERVER: PlanRequest(**{**plan, **server}),
        },
        runs=runs,
    )
