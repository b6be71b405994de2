"""Build, run, check and reproduce MLPerf Inference open-division submissions."""

__version__ = "0.1.0"
