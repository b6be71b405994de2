"""The grammar of a submission tree: what lies where, from names to paths and back.

Everything of a submitter lies below ``<division>/<submitter>``. Where a result, its measurements,
its compliance tests and its code lie there is fixed by the round, so it is data: a ``Layout``,
which the table of the round names. Paths are relative to the root of the tree, with slashes.

Source: MLPerf Inference submission_rules.adoc, section "Submission", directory structure.
Standard library only: the checker uses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from submission.terms import Mode, Scenario


class Area(StrEnum):
    """A kind of thing below a submitter's folder."""

    RESULTS = "results"
    MEASUREMENTS = "measurements"
    COMPLIANCE = "compliance"
    SYSTEMS = "systems"
    CODE = "code"
    CALIBRATION = "calibration"


# at the root of a tree
SUMS_FILE = "SHA256SUMS"

# beside a system description: the power supplies of the system
NAMEPLATE = "_power.yaml"

# in the submitter's folder
README = "README.md"
MODEL_MAPPING = "model_mapping.json"

# in the folder of a result
ACCURACY = "accuracy"
PERFORMANCE = "performance"
PERFORMANCE_RUN = f"{PERFORMANCE}/run_1"
RANGING_RUN = f"{PERFORMANCE}/ranging"
POWER = f"{PERFORMANCE}/power"

# in the folder of a compliance test, beside the folders of a result
VERIFY_PERFORMANCE = "verify_performance.txt"
VERIFY_ACCURACY = "verify_accuracy.txt"
VERIFY_LENGTH = "verify_output_len.txt"
BASELINE_ACCURACY = "baseline_accuracy.txt"
COMPLIANCE_ACCURACY = "compliance_accuracy.txt"

# in the folder of measurements, written by this kit
RUN_METADATA: Mapping[Mode, str] = {mode: f"run_metadata_{mode}.json" for mode in Mode}
LATENCIES = "latencies_performance.npz"
QUESTION_SCORES = "scores_accuracy.npz"

# in a folder of code, written by this kit: the parts of a model, and the kit's own sources
MODEL = "model"
KIT_MARK = "submission/__main__.py"
KIT_PROFILES = "measurements/profiles"
KIT_MODELS = "models"
#: plans that were measured: <model>/<file>, those of TUNED <system_desc_id>/<model>/<file>
KIT_TUNED = "measurements/tuned"
#: texts by hand among them: <system_desc_id>/<model>/<file>
KIT_NOTES = "measurements/notes"


def submitter_folder(division: str, submitter: str) -> str:
    """Where everything of a submitter lies in a division."""
    return f"{division}/{submitter}"


def run_folder(mode: Mode) -> str:
    """Where the logs of a run lie in the folder of its result."""
    return ACCURACY if mode is Mode.ACCURACY else PERFORMANCE_RUN


def scenario_of(folder: str) -> Scenario | None:
    """The scenario of a folder's name; the all-lower-case spelling is allowed, no other."""
    return Scenario.named(folder)


@dataclass(frozen=True, kw_only=True, order=True)
class Cell:
    """One result of a tree by the names of its folders: a benchmark in a scenario on a system."""

    division: str
    submitter: str
    system: str
    benchmark: str
    scenario_folder: str

    def __str__(self) -> str:
        return f"{self.benchmark}/{self.scenario_folder}"

    @property
    def owner(self) -> str:
        return submitter_folder(self.division, self.submitter)

    @property
    def names(self) -> tuple[str, str, str]:
        """System, benchmark and scenario, as templates ask for them."""
        return self.system, self.benchmark, self.scenario_folder

    @property
    def scenario(self) -> Scenario | None:
        """The scenario that the folder is named after; None if it is none."""
        return scenario_of(self.scenario_folder)


@dataclass(frozen=True, kw_only=True)
class Located:
    """What a path of a tree belongs to.

    ``names`` are those that the area's template asks for, as far as the path has them; ``below``
    are the steps after them. ``area`` is None for what lies elsewhere in the submitter's folder.
    """

    owner: str
    area: Area | None
    names: tuple[str, ...]
    below: tuple[str, ...]


class _Step(NamedTuple):
    """One step of a template: fixed text, or text around a name that is to be filled in."""

    before: str
    after: str = ""
    named: bool = False

    def name_in(self, step: str) -> str | None:
        """The name in a step of a path; None if the step is not of this form."""
        if not (step.startswith(self.before) and step.endswith(self.after)):
            return None
        return step[len(self.before) : len(step) - len(self.after)] or None


def _step(text: str) -> _Step:
    before, opened, rest = text.partition("{")
    return _Step(before, rest.partition("}")[2], named=bool(opened))


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where things lie below a submitter's folder.

    The steps of a template are fixed names, or have ``{system}``, ``{benchmark}``, ``{scenario}``,
    ``{test}`` or ``{implementation}`` in them. ``description`` is the file that describes how a
    result was measured; without ``{implementation}`` it has the same name in every folder.
    """

    name: str
    templates: Mapping[Area, str]
    description: str

    @cached_property
    def _steps(self) -> Mapping[Area, tuple[_Step, ...]]:
        return {area: tuple(map(_step, self.templates[area].split("/"))) for area in Area}

    @cached_property
    def _paths(self) -> Mapping[Area, tuple[str, ...]]:
        """The paths of an area below a submitter's folder, by how many names are given."""
        return {area: tuple(_cut_before_names(steps)) for area, steps in self._steps.items()}

    def path(self, area: Area, owner: str, *names: str) -> str:
        """The path of a thing of an area, below the submitter's folder ``owner``.

        ``names`` fill the area's template from the left. It is cut before the first name that is
        not given: the folder of all results of a submitter, of a system, of a benchmark. Raises
        ValueError for more names than the template has.
        """
        paths = self._paths[area]
        if len(names) >= len(paths):
            surplus = names[len(paths) - 1]
            raise ValueError(f"{self.templates[area]} has no place for {surplus!r}")
        return paths[len(names)].format(owner, *names)

    def depth(self, area: Area) -> int:
        """How many names the area's template has."""
        return sum(step.named for step in self._steps[area])

    def form(self, area: Area) -> str:
        """How the paths of an area look, for people."""
        path = submitter_folder("{division}", "{submitter}") + "/" + self.templates[area]
        return path.replace("{", "<").replace("}", ">")

    def of_cell(self, area: Area, cell: Cell) -> str:
        """The folder of a result's own files in an area: results, measurements or compliance."""
        return self.path(area, cell.owner, *cell.names)

    def locate(self, path: str) -> Located | None:
        """What a path belongs to; None for the root, a division, or what lies beside submitters."""
        division, _, rest = path.partition("/")
        submitter, *below = rest.split("/")
        if not submitter:
            return None
        owner = submitter_folder(division, submitter)
        for area, steps in self._steps.items():
            found = _matched(steps, below)
            if found is not None:
                names, used = found
                return Located(owner=owner, area=area, names=names, below=tuple(below[used:]))
        return Located(owner=owner, area=None, names=(), below=tuple(below))

    def cell_of(self, path: str) -> Cell | None:
        """The result to which a path belongs; None if it belongs to none, or to several."""
        found = self.locate(path)
        if found is None or found.area not in OF_RESULTS:
            return None
        match found.names:
            case (system, benchmark, scenario, *_):
                division, _, submitter = found.owner.partition("/")
                return Cell(
                    division=division,
                    submitter=submitter,
                    system=system,
                    benchmark=benchmark,
                    scenario_folder=scenario,
                )
        return None

    def description_name(self, cell: Cell, implementation: str) -> str:
        """The name of the file that describes how a result was measured."""
        return self.description.format(
            system=cell.system, scenario=cell.scenario_folder, implementation=implementation
        )

    def description_among(self, files: Iterable[str], system: str, scenario: str) -> str | None:
        """Which of a folder's files describes the measurement: the scenario's own, else any.

        The beginning of the name decides: published trees vary its end.
        """
        start, end = self._description_ends(system, scenario)
        found = sorted(name for name in files if name.startswith(start) and name.endswith(".json"))
        exact = [name for name in found if name.endswith(end)]
        return next(iter([*exact, *found]), None)

    def implementation_of(self, name: str, system: str, scenario: str) -> str:
        """The implementation in the name of a description; empty if it names none."""
        start, end = self._description_ends(system, scenario)
        end = end if name.endswith(end) else ".json"
        return name[len(start) + 1 : -len(end)]

    def _description_ends(self, system: str, scenario: str) -> tuple[str, str]:
        """How a description's name begins and ends, around the implementation."""
        start, _, end = self.description.partition("_{implementation}")
        return start.format(system=system), end.format(scenario=scenario) or ".json"


def _cut_before_names(steps: Iterable[_Step]) -> Iterator[str]:
    """A template as format strings, cut before its first name, before its second, and so on."""
    found = ["{}"]
    for step in steps:
        if step.named:
            yield "/".join(found)
        found.append(f"{step.before}{'{}' if step.named else ''}{step.after}")
    yield "/".join(found)


# the areas whose folders are those of results
OF_RESULTS = (Area.RESULTS, Area.MEASUREMENTS, Area.COMPLIANCE)


def _matched(steps: Iterable[_Step], path: list[str]) -> tuple[tuple[str, ...], int] | None:
    """The names in a path of an area and how many steps the template takes of it.

    None if the path does not begin as the template does, up to its first name.
    """
    names: list[str] = []
    used = 0
    for step, given in zip(steps, path, strict=False):
        if not step.named and given != step.before:
            break
        name = step.name_in(given) if step.named else ""
        if name is None:
            break
        names += [name] if step.named else []
        used += 1
    return (tuple(names), used) if used else None


# results, measurements and compliance tests lie apart, each divided by system, benchmark, scenario
BY_KIND = Layout(
    name="by_kind",
    templates={
        Area.RESULTS: "results/{system}/{benchmark}/{scenario}",
        Area.MEASUREMENTS: "measurements/{system}/{benchmark}/{scenario}",
        Area.COMPLIANCE: "compliance/{system}/{benchmark}/{scenario}/{test}",
        Area.SYSTEMS: "systems/{system}.json",
        Area.CODE: "code/{benchmark}/{implementation}",
        Area.CALIBRATION: "calibration/{benchmark}/{implementation}",
    },
    description="{system}_{implementation}_{scenario}.json",
)
# measurements and compliance tests lie in the folder of the result that they belong to
BY_RESULT = Layout(
    name="by_result",
    templates={
        Area.RESULTS: "results/{system}/{benchmark}/{scenario}",
        Area.MEASUREMENTS: "results/{system}/{benchmark}/{scenario}",
        Area.COMPLIANCE: "results/{system}/{benchmark}/{scenario}/{test}",
        Area.SYSTEMS: "systems/{system}.json",
        Area.CODE: "src",
        Area.CALIBRATION: "documentation",
    },
    description="measurements.json",
)
LAYOUTS: Mapping[str, Layout] = {layout.name: layout for layout in (BY_KIND, BY_RESULT)}
