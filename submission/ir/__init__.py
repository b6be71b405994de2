"""OpenVINO IRs: what a model consists of, how it is read, and how it is compiled and run."""
