"""A LoadGen run from outside: its plan, its RunSpec, its process and its outcome."""
