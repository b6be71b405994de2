"""Logs that LoadGen wrote for the tests: which runs, and how to record them once more."""
