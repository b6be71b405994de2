"""OpenVINO IR files to facts: what a model consists of, without running it."""
