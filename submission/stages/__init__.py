"""One module per stage; each connects a package to the pipeline."""
