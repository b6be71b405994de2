"""The names of the files that LoadGen reads and writes, and of the score beside its accuracy log.

Standard library only: the checker uses them.
"""

from __future__ import annotations

DETAIL_FILE = "mlperf_log_detail.txt"
SUMMARY_FILE = "mlperf_log_summary.txt"
ACCURACY_FILE = "mlperf_log_accuracy.json"
# what a benchmark's accuracy script says of the accuracy log
SCORE_FILE = "accuracy.txt"
MLPERF_CONF = "mlperf.conf"
USER_CONF = "user.conf"

# what the official verification scripts print
PASS = "TEST PASS"  # noqa: S105
