"""One module a stage: each joins a room to the pipeline."""
