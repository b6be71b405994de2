"""Build, run, check and reproduce MLPerf Inference v3.0 open-division submissions."""

__version__ = "0.1.0"
