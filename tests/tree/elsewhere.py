"""Where the files of v3.0's good trees lie in those of another round."""

from collections.abc import Callable, Mapping

from submission.policy import Policy
from submission.tree.grammar import BY_KIND
from tests.fakes.submission_tree import node_benchmark, open_folder

AREA, SYSTEM, BENCHMARK = 2, 3, 4
# in these the first folder is a system's, the second a benchmark's
OF_SYSTEMS = ("results", "measurements", "compliance")
# in these the first folder is a benchmark's; in a tree by result there is one for all
OF_BENCHMARKS = {"code": "src", "calibration": "documentation"}


def named_in(policy: Policy) -> Callable[[str], str]:
    """The path in a tree of the round, of a path in a tree of v3.0."""
    folders = {"bert-99": node_benchmark(policy), "sparse-bert": open_folder(policy)}

    def named(path: str) -> str:
        steps = _benchmarks_named(path.split("/"), folders)
        return "/".join(steps if policy.layout == BY_KIND.name else _by_result(steps, folders))

    return named


def _benchmarks_named(steps: list[str], folders: Mapping[str, str]) -> list[str]:
    area = steps[AREA] if len(steps) > AREA else ""
    at = BENCHMARK if area in OF_SYSTEMS else SYSTEM if area in OF_BENCHMARKS else len(steps)
    return [folders.get(step, step) if i == at else step for i, step in enumerate(steps)]


def _by_result(steps: list[str], folders: Mapping[str, str]) -> list[str]:
    """The same where everything of a result lies in its folder."""
    above, area, below = steps[:AREA], "".join(steps[AREA : AREA + 1]), steps[SYSTEM:]
    if area in OF_BENCHMARKS:
        own = below[2:] if below[:1] == [folders["sparse-bert"]] else []
        return [*above, OF_BENCHMARKS[area], *(own or below)]
    if area == "measurements" and below and below[-1].endswith(".json") and "_kit_" in below[-1]:
        below = [*below[:-1], "measurements.json"]
    return [*above, "results", *below] if area in OF_SYSTEMS else steps
