"""Sets of rules that many rules require."""

from __future__ import annotations

LOG_READ = frozenset({"LOG001", "LOG002", "LOG003"})
"""The run's detail log is there and holds lines of LoadGen."""

LOG_TYPED = LOG_READ | {"LOG005", "LOG006"}
"""The keys that every run logs are there too, and of their type."""

SYSTEM_READ = frozenset({"SYS001", "SYS002"})
"""The system description is there and is a JSON object."""

DESCRIPTION_READ = frozenset({"MEA001", "MEA005", "MEA006"})
"""The measurements folder is there, and its JSON description is a JSON object."""

SCORE_READ = frozenset({"ACC001", "ACC002"})
"""accuracy.txt is there and is text about an accuracy."""

TESTS_THERE = frozenset({"CMP001", "BEN001", "BEN008"})
"""The compliance folder of a known benchmark and scenario is there."""
