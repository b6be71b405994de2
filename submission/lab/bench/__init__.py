"""Measures the SUT beside the reference implementation and OpenVINO alone."""
