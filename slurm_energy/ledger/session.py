"""One connection that comes back: opened when needed, given up on errors, retried with back-off."""

import threading
from collections.abc import Callable
from typing import TypeVar

from slurm_energy.errors import LedgerError, LedgerUnavailable
from slurm_energy.ledger.database import Connection, connect, translated, within
from slurm_energy.ledger.migrate import migrate, shipped
from slurm_energy.ports import Clock

T = TypeVar("T")
LONGEST_PAUSE = 10
"""Seconds between two attempts at most. A turn tries once, as it does for the lead: a longer pause
would keep jobs from being put off long after the database is back."""


class Session:
    """Runs work on a migrated connection, from any thread, one at a time.

    ``url`` is called for each new connection: the embedded server starts there when it is down.
    ``limit`` bounds one piece of work in seconds; a server that hangs longer counts as away.
    """

    def __init__(self, url: Callable[[], str], clock: Clock, limit: float = 20.0) -> None:
        self._url = url
        self._clock = clock
        self._limit = limit
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._failures = 0
        self._not_before = 0.0
        self._last_problem = ""

    def run(self, work: Callable[[Connection], T]) -> T:
        """Return what ``work`` returns. Raises ``LedgerUnavailable``, else ``LedgerError``.

        While backing off it raises at once, without touching the network.
        """
        with self._lock:
            connection = self._connection or self._reconnected()
            try:
                with translated(), within(connection, self._limit):
                    result = work(connection)
            except LedgerUnavailable as error:
                self._drop()
                self._pause(error)
                raise
            self._failures = 0
            return result

    def close(self) -> None:
        """Close the connection; the next work opens another."""
        with self._lock:
            self._drop()

    def _reconnected(self) -> Connection:
        if self._clock.elapsed() < self._not_before:
            # The same words each time: whoever reports problems says them once.
            raise LedgerUnavailable(self._last_problem)
        try:
            self._connection = _migrated(self._url())
        except LedgerError as error:
            self._pause(error)
            raise
        return self._connection

    def _pause(self, error: LedgerError) -> None:
        """Wait twice as long after each failure."""
        self._last_problem = str(error)
        self._not_before = self._clock.elapsed() + min(2**self._failures, LONGEST_PAUSE)
        self._failures = min(self._failures + 1, LONGEST_PAUSE)

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _migrated(url: str) -> Connection:
    connection = connect(url)
    try:
        migrate(connection, shipped())
    except LedgerError:
        connection.close()
        raise
    return connection
