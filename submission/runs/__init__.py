"""Decides how the SUT spreads samples over shapes and cores, and says why."""
