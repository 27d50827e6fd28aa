"""One daemon leads and acts, the others follow and watch.

Both implement :class:`~slurm_energy.ports.Lead`. What is guaranteed: when ``holding`` returns
True, no other contender held the lead at the moment of the check; the cycle asks between deciding
and applying. What is not: nothing reaches into Slurm, so a leader that is cut off between the check
and its last update can overlap with its successor for the length of one ``apply``. That is harmless
by construction and needs no fencing token, which Slurm could not check anyway: every update is
compare-and-set against what the queue shows, and every begin time expires. Two databases that both
believe to be the primary would give two leads; the same holds then.
"""

import fcntl
import hashlib
import os
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import IO

from slurm_energy.errors import LedgerError
from slurm_energy.ledger.database import Connection, connect, translated, within

CHECK_SECONDS = 5.0
"""A database that takes longer to confirm the lead has lost it for us."""


class PostgresLead:
    """The lead as a session lock of ``ledger.url``, on a connection of its own.

    The database frees it when the session ends: at once when the process dies, within half a
    minute when its host vanishes. It needs a session: a pooler in transaction mode is noticed,
    and leads nobody. ``federation`` names what is led; others may share the database.
    """

    def __init__(self, url: Callable[[], str], federation: str) -> None:
        self._url = url
        self._key = _lock_key(federation)
        self._connection: Connection | None = None
        _LEADS.add(self)

    def acquire(self) -> bool:
        """Try once. False also while the database is away: without it nobody leads."""
        if self.holding():
            return True
        try:
            self._connection = connect(self._url())
            taken = self._ask(self._connection, "SELECT pg_try_advisory_lock(%s)")
        except LedgerError:
            taken = False
        if not taken:
            self.release()
            return False
        return self.holding()

    def holding(self) -> bool:
        """Ask the database whether our session still holds the lock."""
        if self._connection is None:
            return False
        try:
            held = self._ask(self._connection, _HELD)
        except LedgerError:
            held = False
        if not held:
            self.release()
        return held

    def release(self) -> None:
        """Close the session, and the lock with it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def descriptor(self) -> int | None:
        """Return the descriptor that carries the lead; None without one."""
        if self._connection is None or self._connection.closed:
            return None
        return self._connection.fileno()

    def _ask(self, connection: Connection, question: str) -> bool:
        with translated(), within(connection, CHECK_SECONDS):
            row = connection.execute(question.encode(), [self._key]).fetchone()
        return row == (True,)


class FileLead:
    """The lead as a lock on a file of this host, for the embedded database.

    The kernel frees it when the process dies, however it dies. ``path`` must be on a local disk.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None
        _LEADS.add(self)

    def acquire(self) -> bool:
        """Try once; the file then holds our process id. Raises OSError for an unusable path."""
        if self.holding():
            return True
        file = self._path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._file = file
        return self.holding()

    def holding(self) -> bool:
        """Check that the locked file is still the one at its path: a new file is a new lock."""
        if self._file is None:
            return False
        try:
            ours = os.path.samestat(os.fstat(self._file.fileno()), self._path.stat())
        except OSError:
            ours = False
        if not ours:
            self.release()
        return ours

    def release(self) -> None:
        """Close the file, and the lock with it."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def descriptor(self) -> int | None:
        """Return the descriptor that carries the lead; None without one."""
        return None if self._file is None else self._file.fileno()


def _lock_key(federation: str) -> int:
    """Return a 64-bit key that every daemon of the federation derives alike."""
    digest = hashlib.sha256(f"slurm-energy lead {federation}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _forget_in_child() -> None:
    """Let go of a fork's copies: a worker that outlives us must not keep the lead alive.

    The number stays taken, by the null device, since its owner will close it once more.
    """
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in [lead.descriptor() for lead in _LEADS]:
        if descriptor is not None:
            os.dup2(null, descriptor, inheritable=False)
    os.close(null)


_LEADS: "weakref.WeakSet[PostgresLead | FileLead]" = weakref.WeakSet()
os.register_at_fork(after_in_child=_forget_in_child)

_HELD = """
SELECT EXISTS (
    SELECT FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid() AND objsubid = 1
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (classid::bigint << 32 | objid::bigint) = %s)
"""
