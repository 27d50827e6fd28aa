"""The door: foreign errors come out as ours, in one line, without secrets."""

import threading
import time
from pathlib import Path

import psycopg
import pytest

from slurm_energy.errors import LedgerError, LedgerUnavailable
from slurm_energy.ledger.database import connect, translated, within
from slurm_energy.ledger.server import Server


def test_an_absent_server_is_unavailable_and_no_password_is_told() -> None:
    with pytest.raises(LedgerUnavailable) as caught:
        connect("postgresql://us:secret@/db?host=/nonexistent")
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unreadable_url_is_refused() -> None:
    with pytest.raises(LedgerError, match=r"^the ledger's database"):
        connect("nonsense without equals")


def test_a_refused_statement_is_no_absence(url: str) -> None:
    with connect(url) as connection, pytest.raises(LedgerError) as caught, translated():
        connection.execute("SELECT * FROM nowhere")
    assert not isinstance(caught.value, LedgerUnavailable)
    assert isinstance(caught.value.__cause__, psycopg.errors.UndefinedTable)


def test_a_standby_counts_as_away_until_it_is_promoted(url: str) -> None:
    with connect(url) as connection:
        connection.execute("SET default_transaction_read_only = on")
        with pytest.raises(LedgerUnavailable), translated():
            connection.execute("CREATE TABLE t ()")


def test_a_session_that_the_server_ended_is_away(url: str) -> None:
    with connect(url) as victim, connect(url) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [victim.info.backend_pid])
        with pytest.raises(LedgerUnavailable), translated():
            victim.execute("SELECT 1")


def test_time_limits_cut_a_call_short_and_leave_no_thread(url: str) -> None:
    with connect(url) as connection:
        started = time.monotonic()
        with pytest.raises(LedgerUnavailable), translated(), within(connection, 0.3):
            connection.execute("SELECT pg_sleep(20)")
        assert time.monotonic() - started < 5
    with connect(url) as connection, within(connection, 60):
        connection.execute("SELECT 1")
    assert [t for t in threading.enumerate() if isinstance(t, threading.Timer)] == []


def test_the_password_is_read_anew_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    server = Server("postgresql://us@db.example/ledger", file)
    with pytest.raises(LedgerUnavailable, match="No such file"):
        server.address()
    file.write_text("first\n")
    assert "password=first" in server.address()
    file.write_text("second\n")
    assert "password=second" in server.address()
    assert Server("postgresql://us@db.example/ledger").address().endswith("/ledger")
