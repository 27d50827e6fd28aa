"""The door to PostgreSQL: connecting, time limits, and foreign errors translated in one place."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg

from slurm_energy.errors import LedgerError, LedgerUnavailable

Connection = psycopg.Connection[tuple[Any, ...]]

OLDEST_SERVER = 150_000
"""PostgreSQL 15, for UNIQUE NULLS NOT DISTINCT."""
APPLICATION = "slurm-energyd"

_AWAY = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.ReadOnlySqlTransaction,
)
"""Not the statement's fault: gone, starting, full, or a standby that was not promoted yet."""
_ROWS_FAULT = (psycopg.DataError, psycopg.IntegrityError)

_SETTINGS = {
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
    "idle_session_timeout": "0",
    # The server notices a host that vanished within half a minute, and frees its lead.
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}


@contextmanager
def translated() -> Iterator[None]:
    """Turn psycopg's errors into LedgerUnavailable (it is away) or LedgerError (it said no)."""
    try:
        yield
    except _AWAY as error:
        raise LedgerUnavailable(f"the ledger's database is away: {_one_line(error)}") from error
    except psycopg.Error as error:
        raise LedgerError(f"the ledger's database refused: {_one_line(error)}") from error


def is_rows_fault(error: LedgerError) -> bool:
    """Tell whether the refused rows themselves are wrong, so that repeating can't help."""
    return isinstance(error.__cause__, _ROWS_FAULT)


def connect(url: str) -> Connection:
    """Open a session, in autocommit, that gives up by itself when the network or server hangs.

    Raises :class:`LedgerUnavailable`; :class:`LedgerError` for a server that is too old.
    """
    with translated():
        connection = psycopg.connect(
            url,
            autocommit=True,
            connect_timeout=5,
            application_name=APPLICATION,
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
            tcp_user_timeout=15_000,
        )
    try:
        _prepare(connection)
    except LedgerError:
        connection.close()
        raise
    return connection


@contextmanager
def within(connection: Connection, seconds: float) -> Iterator[None]:
    """Cut the connection when the block takes longer: a server that hangs can't hold us."""
    timer = threading.Timer(seconds, _cut, (connection,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def _prepare(connection: Connection) -> None:
    version = connection.info.server_version
    if version < OLDEST_SERVER:
        msg = f"PostgreSQL {version // 10_000}: {OLDEST_SERVER // 10_000} or newer is needed"
        raise LedgerError(msg)
    with translated(), within(connection, 10):
        connection.execute(
            "SELECT set_config(name, value, false) FROM unnest(%s::text[], %s::text[])"
            " AS setting (name, value)",
            [list(_SETTINGS), list(_SETTINGS.values())],
        )


def _cut(connection: Connection) -> None:
    """Shut the socket under a call in another thread, which then fails as for a lost server."""
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as end:
        end.shutdown(socket.SHUT_RDWR)


def _one_line(error: psycopg.Error) -> str:
    return " ".join(str(error).split()) or type(error).__name__
