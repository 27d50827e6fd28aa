"""Waiting for time to pass or a signal to arrive, without polling."""

import contextlib
import selectors
import signal
import socket
from collections.abc import Callable, Iterable
from types import FrameType, TracebackType
from typing import Any, Self

NUDGE = signal.SIGUSR1
"""Asks for nothing but a turn at once."""
_Handler = Callable[[int, FrameType | None], Any] | int | None


class Wakeups:
    """A context in which the given signals are noted instead of acted on.

    A signal that arrives during a turn waits until the next :meth:`wait`, which then returns at
    once: the turn is finished first. Only for the main thread, as Python delivers signals there.
    """

    def __init__(self, signals: Iterable[signal.Signals]) -> None:
        self._signals = tuple(signals)
        self._before: dict[signal.Signals, _Handler] = {}

    def __enter__(self) -> Self:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._reader, selectors.EVENT_READ)
        # A full buffer loses nothing: the signals in it have not been looked at yet.
        self._fd_before = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in self._signals:
            self._before[number] = signal.signal(number, _noted)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._fd_before)
        self._selector.close()
        self._reader.close()
        self._writer.close()

    def wake(self) -> None:
        """End the present or the next :meth:`wait` as :data:`NUDGE` does. From any thread."""
        with contextlib.suppress(OSError):  # full: it will wake anyway; closed: nobody waits
            self._writer.send(bytes([NUDGE]))

    def wait(self, seconds: float) -> frozenset[signal.Signals]:
        """The signals that arrived, at once when there are some; empty after ``seconds``."""
        self._selector.select(max(0.0, seconds))
        try:
            numbers = self._reader.recv(4096)
        except BlockingIOError:
            return frozenset()
        return frozenset(signal.Signals(n) for n in numbers if n in self._signals)


def _noted(number: int, frame: FrameType | None) -> None:
    """Do nothing here: the byte in the wake-up socket is the note."""
