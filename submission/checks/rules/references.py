"""What rules appeal to, where several do; the adoc files are those of the round."""

from __future__ import annotations

TREE_LAYOUT = "submission_rules.adoc, section 'Submission', directory structure"
RESULTS_LAYOUT = TREE_LAYOUT + " of results"
MEASUREMENTS_LAYOUT = (
    "submission_rules.adoc, section 'Submission', directory structure of measurements"
)
SYSTEM_FIELDS = "submission_rules.adoc, section 'System description', <system_desc_id>.json"
TRUNCATION = "submission_rules.adoc, truncation of mlperf_log_accuracy.json"
FOLDER_CHECKS = "submission checker of the round, folder checks"
SCENARIOS = "inference_rules.adoc, section 'Scenarios'"
GENERAL_RULES = "inference_rules.adoc, section 'General rules'"
SCORES = "submission_rules.adoc, section 'Submission', accuracy.txt"
LOADGEN = "inference_rules.adoc, section 'Load generator'"
EARLY_STOPPING = "inference_rules.adoc, appendix 'Early stopping'"
