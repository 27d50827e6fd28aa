import os
import signal
import threading
import time

import pytest

from slurm_energy.service.wakeups import NUDGE, Wakeups


def test_time_passes_without_a_signal() -> None:
    with Wakeups({signal.SIGHUP}) as wakeups:
        began = time.monotonic()
        assert wakeups.wait(0.05) == frozenset()
        assert time.monotonic() - began >= 0.04


def test_a_signal_during_a_turn_waits_for_its_end() -> None:
    with Wakeups({signal.SIGHUP, signal.SIGTERM}) as wakeups:
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGTERM)
        began = time.monotonic()
        assert wakeups.wait(30) == {signal.SIGHUP, signal.SIGTERM}
        assert time.monotonic() - began < 5
        assert wakeups.wait(0) == frozenset()


def test_another_thread_ends_the_wait_at_once() -> None:
    with Wakeups({signal.SIGHUP, NUDGE}) as wakeups:
        threading.Timer(0.05, wakeups.wake).start()
        began = time.monotonic()
        assert wakeups.wait(30) == {NUDGE}
        assert time.monotonic() - began < 5
        assert wakeups.wait(0) == frozenset()


def test_any_number_of_wakes_is_one(recwarn: pytest.WarningsRecorder) -> None:
    with Wakeups({NUDGE}) as wakeups:
        for _ in range(100_000):
            wakeups.wake()
        assert wakeups.wait(30) == {NUDGE}
    assert not recwarn.list


def test_a_wake_after_the_end_is_nothing() -> None:
    with Wakeups({NUDGE}) as wakeups:
        pass
    wakeups.wake()


def test_handlers_are_as_before_afterwards() -> None:
    before = signal.getsignal(signal.SIGHUP)
    with Wakeups({signal.SIGHUP}):
        assert signal.getsignal(signal.SIGHUP) is not before
    assert signal.getsignal(signal.SIGHUP) is before
    assert signal.set_wakeup_fd(-1) == -1
