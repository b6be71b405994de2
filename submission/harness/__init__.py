"""Runs inside the image: SUT, QSL, LoadGen settings, OpenVINO backend."""
