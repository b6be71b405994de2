"""Runs inside the image: one LoadGen run of one RunSpec, answered by one model."""
