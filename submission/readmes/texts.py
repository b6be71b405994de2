"""Every text of a tree that is rendered from its data, by its path in the tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from submission.readmes.facts import Readmes
from submission.readmes.source import ReadmeSource
from submission.terms import Scenario
from submission.tree.grammar import README, Area
from submission.tree.texts import (
    CalibrationFacts,
    ReadmeFacts,
    calibration_readme,
    code_pointer,
    code_readme,
    measurement_readme,
    published_recipe,
    tree_readme,
)
from submission.workspace.profile import Benchmark


@dataclass(frozen=True)
class Texts:
    """The texts of one submission; each method raises a KitError rather than leave a gap."""

    source: ReadmeSource

    @cached_property
    def _readmes(self) -> Readmes:
        return Readmes(self.source)

    @cached_property
    def _facts(self) -> ReadmeFacts:
        """Of the README of the tree, and of the code that carries the kit; its intervals cost."""
        return self._readmes.readme()

    def tree(self) -> str:
        """The README of the submitter's folder."""
        return tree_readme(self._facts)

    def code(self, benchmark: Benchmark) -> str:
        """The README of a code folder: the first carries the kit, the others point to it."""
        if benchmark.model == self.source.profile.benchmarks[0].model:
            return code_readme(self._facts)
        return code_pointer(self._readmes.pointer(benchmark))

    def calibration(self, benchmark: Benchmark) -> str:
        """How the weights of a model came about."""
        own = self.source.calibration(benchmark.model)
        return calibration_readme(
            CalibrationFacts(
                submitter=self.source.names.submitter,
                benchmark=benchmark.model,
                implementation=self.source.profile.implementation,
                recipe=published_recipe(benchmark.model) if own is None else None,
                text=own or "",
            )
        )

    def measurement(self, benchmark: Benchmark, scenario: Scenario) -> str:
        """The README of one result's measurements."""
        return measurement_readme(self._readmes.measurement(benchmark, scenario))

    def by_path(self) -> Iterator[tuple[str, str]]:
        """(path in the tree, text) of every text.

        Left out is how a model came about whose makers wrote nothing down.
        """
        names = self.source.names
        yield f"{names.owner}/{README}", self.tree()
        for benchmark in self.source.profile.benchmarks:
            yield f"{names.code_folder(benchmark.model)}/{README}", self.code(benchmark)
            model = benchmark.model
            if self.source.calibration(model) is not None or published_recipe(model):
                yield names.calibration_readme(model), self.calibration(benchmark)
            for scenario in benchmark.scenarios:
                cell = names.cell(benchmark.model, scenario)
                folder = names.layout.of_cell(Area.MEASUREMENTS, cell)
                yield f"{folder}/{README}", self.measurement(benchmark, scenario)
