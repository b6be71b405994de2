"""A report in many forms, a module for each."""
