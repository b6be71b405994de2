"""What no relation says of LoadGen's keys and lines: the rule that compares them, or why none can.

A name may end in ``*``, which stands for every ending.
"""

# Keys of the detail log: the rules that ask for them, and what they follow from
KEYS: dict[str, tuple[str, str]] = {
    "loadgen_version": ("LOG014 ACC019", "a version of the round, the same in both runs"),
    "loadgen_git_status_message": ("LOG015", "no changes"),
    "loadgen_file_sha1": ("LOG028", "the published sources of the version"),
    "loadgen_git_commit_date": ("", "of the build alone; nothing of a run follows from it"),
    "loadgen_git_log_message": ("", "of the build alone; nothing of a run follows from it"),
    "loadgen_build_date_*": ("", "of the build alone; nothing of a run follows from it"),
    "test_datetime": ("LOG031", "see `power_begin`"),
    "sut_name": (
        "LOG012 PRF015 ACC018 CMP009",
        "the same in the summary and in every run of a result; of a network system it says so",
    ),
    "qsl_name": ("", "a name that the submitter chose"),
    "get_sut_name_duration_ns": ("", "a time before the run, of which nothing else is logged"),
    "generic_message": ("", "LoadGen's words on what it does"),
    "warning_generic_message": ("LOG008", "none"),
    "error_*": ("LOG007 LOG019", "none; the summary counts as many"),
    "num_errors": ("LOG007 LOG019", "the lines of errors themselves are counted"),
    "logger_*": ("", "how often LoadGen's logger waited; nothing else depends on it"),
    "requested_server_coalesce_queries": ("", "how queries are handed over; no figure shows it"),
    "requested_server_num_issue_query_threads": ("", "no figure shows it"),
    "requested_server_find_peak_qps_*": ("", "of a mode that nobody submits"),
    "requested_use_token_latencies": ("LAT013", "true where the benchmark bounds tokens"),
    "requested_server_ttft_latency": ("LOG013", "the summary's ttft_latency"),
    "requested_server_tpot_latency": ("LOG013", "the summary's tpot_latency"),
    "requested_accuracy_sample_count_override": ("", "see `effective_accuracy_sample_count`"),
    "effective_accuracy_sample_count": ("LOG013", "the summary's accuracy_sample_count"),
    "result_invalid_reason": ("PRF002", "there where the run is INVALID"),
    "early_stopping_ttft_result": ("PRF028", "as `early_stopping_met` says"),
    "early_stopping_tpot_result": ("PRF028", "as `early_stopping_met` says"),
    "result_token_throughput": ("PRF018", "see `result_completed_tokens_per_second`"),
    "result_first_token_mean_latency_ns": ("LOG013", "the summary's"),
    "result_time_to_output_token_mean": ("LOG013 PRF032", "the summary's"),
    "result_first_token_min_latency_ns": ("LOG013 PRF021", "at most the percentiles"),
    "result_time_to_output_token_min": ("LOG013 PRF021", "at most the percentiles"),
    "result_tokens_per_second": (
        "ACC026 LOG013",
        "the samples a second and the tokens of a sample by accuracy.txt, within 2 %",
    ),
    "result_completed_tokens_per_second": (
        "ACC026 LOG013",
        "the samples a second and the tokens of a sample by accuracy.txt, within 2 %",
    ),
    "result_inferred_*": ("LOG013", "the summary's; the factor is not logged"),
    "early_stopping_met": (
        "LAT001 LAT002 LOG018",
        "the count of queries; see `result_overlatency_query_count`",
    ),
    "result_perf_constraints_met": ("LAT008 LOG018", "the target latency; see `result_validity`"),
    "qsl_reported_total_count": ("ACC016", "in an accuracy run the whole validation set"),
    "effective_min_duration_ms": ("PRF008", "the round's least"),
    **dict.fromkeys(
        (
            "effective_qsl_rng_seed",
            "effective_sample_index_rng_seed",
            "effective_schedule_rng_seed",
        ),
        ("PRF007", "the round's seeds, or those of the compliance test"),
    ),
    "effective_test_mode": ("PRF004", "the mode of the folder"),
    "effective_scenario": ("PRF005", "the scenario of the folder, or one that it is inferred from"),
    "effective_target_qps": ("CNF003", "user.conf and mlperf.conf"),
    "effective_performance_sample_count": ("PRF006 CNF003", "the benchmark's least"),
    "effective_performance_issue_same": ("PRF014 CMP015", "false but for TEST04"),
    "effective_performance_issue_unique": ("PRF014 CMP015", "false but for TEST04"),
    "effective_accuracy_log_sampling_target": ("PRF031 CMP014", "0 but for TEST01"),
}
"""Also of keys that relations are about: what follows from other files, or from the round."""

# Lines of the summary beside those of a number that stands in the detail log (LOG013)
LINES: dict[str, tuple[str, str]] = {
    "SUT name": ("LOG012", "`sut_name`"),
    "Scenario": ("LOG012", "`effective_scenario`"),
    "Mode": ("LOG012", "`effective_test_mode`"),
    "Result is": ("LOG011", "`result_validity`"),
    "Performance constraints satisfied": ("LOG018", "`result_perf_constraints_met`"),
    "Min duration satisfied": ("LOG018", "`result_min_duration_met`"),
    "Min queries satisfied": ("LOG018", "`result_min_queries_met`"),
    "Early stopping satisfied": ("LOG018", "`early_stopping_met`"),
    "Early Stopping Result": ("LOG030", "`early_stopping_result`, word by word"),
    "TTFT Early Stopping Result": ("", "words on tokens; see `early_stopping_ttft_result`"),
    "TPOT Early Stopping Result": ("", "words on tokens; see `early_stopping_tpot_result`"),
    "Per-query latency": ("", "a heading"),
    "Recommendations": ("LOG018", "only where the run is INVALID"),
    "WARNING": ("", "a sentence: samples are padded"),
    "TPS w/ loadgen overhead": ("", "tokens over time; how many there were is not logged"),
    "TPS w/o loadgen overhead": ("", "tokens over time; how many there were is not logged"),
}
"""The last sentences, on warnings and errors, are LOG019 and LOG020."""
