import pytest

from submission.container.build_log import BuildLog
from submission.container.lines import Tail
from submission.errors import StageError


def fed(*messages: dict[str, object]) -> tuple[list[str], BuildLog]:
    said: list[str] = []
    log = BuildLog(Tail(said.append))
    for message in messages:
        log.feed(message)
    return said, log


def test_a_step_says_how_many_there_are() -> None:
    said, _ = fed({"stream": "Step 2/9 : RUN true"}, {"stream": "\n"})
    assert said == ["step 2 of 9: RUN true"]


def test_a_line_may_come_in_pieces() -> None:
    assert fed({"stream": "Get:1 "}, {"stream": "http\n"})[0] == ["Get:1 http"]


def test_colours_and_empty_lines_are_left_out() -> None:
    assert fed({"stream": "\x1b[91mwarning\n\x1b[0m\n"})[0] == ["warning"]


def test_the_image_id_is_the_last_one_reported() -> None:
    _, log = fed({"aux": {"ID": "sha256:1"}}, {"aux": {"ID": "sha256:2"}}, {"stream": "done\n"})
    assert log.image_id == "sha256:2"


def test_a_failure_names_step_instruction_reason_and_last_lines() -> None:
    with pytest.raises(StageError) as error:
        fed(
            {"stream": "Step 3/9 : RUN pip install x\n"},
            {"stream": "ERROR: no matching distribution\n"},
            {"errorDetail": {"code": 1, "message": "returned a non-zero code: 1"}, "error": "..."},
        )
    assert error.value.what == "the image build failed at step 3 of 9"
    assert error.value.detail.startswith("RUN pip install x: returned a non-zero code: 1")
    assert "no matching distribution" in error.value.detail


def test_a_failure_before_the_first_step_is_reported_as_that() -> None:
    with pytest.raises(StageError, match="before its first step") as error:
        fed({"error": "dockerfile parse error line 1:\n unknown instruction"})
    assert "\n" not in error.value.detail
