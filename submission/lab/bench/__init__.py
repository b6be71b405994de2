"""Measures the SUT against the published way and against OpenVINO alone, side by side."""
