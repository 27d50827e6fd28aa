import os
import signal
import time

from slurm_energy.service.wakeups import Wakeups


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


def test_handlers_are_as_before_afterwards() -> None:
    before = signal.getsignal(signal.SIGHUP)
    with Wakeups({signal.SIGHUP}):
        assert signal.getsignal(signal.SIGHUP) is not before
    assert signal.getsignal(signal.SIGHUP) is before
    assert signal.set_wakeup_fd(-1) == -1
