"""All breaks, family by family."""

from tests.tree import (
    accuracies,
    figures,
    folders,
    logs,
    measurements,
    newest,
    runs,
    systems,
    tests_and_power,
)

BREAKS = (
    *folders.BREAKS,
    *systems.BREAKS,
    *measurements.BREAKS,
    *logs.BREAKS,
    *runs.BREAKS,
    *figures.BREAKS,
    *accuracies.BREAKS,
    *tests_and_power.BREAKS,
    *newest.BREAKS,
)
