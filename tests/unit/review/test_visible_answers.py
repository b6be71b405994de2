"""A truncated log shows some answers; their samples can be run alone."""

from submission.loadgen.answers import visible_answers
from submission.review.comparison import differing

LOG = (
    b'[\n{ "seq_id" : 2, "qsl_idx" : 79, "data" : "19054CC0F85779C0", "token_count" : 0 },\n'
    b'{ "seq_id" : 5, "qsl_idx" : 7, "data" : "00112233445566778899AA'
    b"\n\n...\n\n"
    b'FF00" },\n{ "seq_id" : 9, "qsl_idx" : 8, "data" : "aabbccddeeff0011" }\n]\n'
)


def test_the_answers_that_a_truncated_log_shows_are_found() -> None:
    assert visible_answers(LOG) == {
        79: "19054CC0F85779C0",
        7: "00112233445566778899AA",
        8: "AABBCCDDEEFF0011",
    }


def test_an_answer_of_less_than_a_token_is_passed_over() -> None:
    assert visible_answers(b'{"qsl_idx" : 1, "data" : "0011') == {}


def test_an_answer_that_differs_in_one_bit_or_is_missing_is_named() -> None:
    claimed = {1: "0011", 2: "0022", 3: "0033"}
    assert differing(claimed, {1: "001122", 2: "0023AA"}) == [2, 3]
