import logging
import threading

import pytest

from seismic_assets.alerts.channels.unlogged import unlogged


def test_a_library_is_silent_while_it_sends_and_only_then(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with unlogged():
        logging.getLogger("httpx").info("POST https://example.org/token")
    logging.getLogger("httpx").info("after")
    assert caplog.messages == ["after"]


def test_other_threads_log_on(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with unlogged():
        thread = threading.Thread(target=logging.getLogger("httpx").info, args=("elsewhere",))
        thread.start()
        thread.join()
    assert caplog.messages == ["elsewhere"]


def test_one_within_another_does_not_end_the_silence(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with unlogged():
        with unlogged():
            pass
        logging.getLogger("apprise").warning("token")
    assert caplog.messages == []
