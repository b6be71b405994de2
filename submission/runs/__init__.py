"""A LoadGen run from outside: its plan, its RunSpec, its process, and what came of it."""
