"""Systems that run cells of a campaign: one protocol, and an adapter for each engine."""
