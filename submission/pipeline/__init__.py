"""Stages with stamps: what has to run, why, and running it."""
