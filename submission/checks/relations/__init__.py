"""What LoadGen's figures follow from: every relation between the keys of a detail log."""

from submission.checks.relations import clocks, figures, queries, settings, stopping, tokens
from submission.checks.relations.relation import LogFigures, Relation, Relations, RunPart

RELATIONS = Relations(
    (
        *settings.RELATIONS,
        *queries.RELATIONS,
        *clocks.RELATIONS,
        *figures.RELATIONS,
        *stopping.RELATIONS,
        *tokens.RELATIONS,
    )
)

__all__ = ["RELATIONS", "LogFigures", "Relation", "Relations", "RunPart"]
