from pathlib import Path

from submission.runs.harness_log import harness_log

RUN = (
    'PROGRESS {"phase": "run", "elapsed_s": 150.2, "expected_s": 600, "answered": 9, "total": null}'
)


class Heard:
    def __init__(self) -> None:
        self.steps: list[str] = []

    def line(self, text: str) -> None:
        raise AssertionError(text)

    def progress(self, fraction: float, text: str) -> None:
        self.steps.append(text)


def test_every_line_of_the_harness_is_kept_and_only_progress_moves_the_bar(tmp_path: Path) -> None:
    heard = Heard()
    with harness_log(heard, tmp_path / "harness.log") as receive:
        receive("a warning")
        receive(RUN)
    assert heard.steps == ["run: 150 of about 600 s, 9 samples, ends in 450 s"]
    assert (tmp_path / "harness.log").read_text() == f"a warning\n{RUN}\n"
