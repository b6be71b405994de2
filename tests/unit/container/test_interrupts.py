import signal
import threading

import pytest

from submission.container.interrupts import stopping_on_sigterm, undisturbed
from submission.errors import UserStopError


def test_sigterm_inside_the_block_is_a_stop_by_the_user() -> None:
    with pytest.raises(UserStopError, match="stopped") as error, stopping_on_sigterm():
        signal.raise_signal(signal.SIGTERM)
    assert error.value.exit_code == 130
    assert "SIGTERM" in error.value.detail


def test_the_default_is_back_after_the_block() -> None:
    with stopping_on_sigterm():
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_somebody_elses_handler_stays() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with stopping_on_sigterm():
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def test_a_ctrl_c_waits_until_the_clean_up_is_done() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), undisturbed():  # noqa: PT012 -- the order is the test
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        done.append("cleaned up")
    assert done == ["cleaned up"]


def test_a_clean_up_in_a_thread_works_without_signals() -> None:
    done = []

    def clean_up() -> None:
        with stopping_on_sigterm(), undisturbed():
            done.append("cleaned up")

    thread = threading.Thread(target=clean_up)
    thread.start()
    thread.join()
    assert done == ["cleaned up"]
