"""Stages with stamps: what has to run and why, and running it."""
