"""The files in the folder of a run, besides those of LoadGen."""

SPEC_FILE = "run_spec.json"
LOG_FILE = "harness.log"
REPORT_FILE = "harness.json"
ERROR_FILE = "error.json"
LATENCIES_FILE = "latencies.npz"
