"""Writing while the database comes and goes: in order, within bounds, never raising."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import psycopg
import pytest

from slurm_energy.errors import LedgerUnavailable
from slurm_energy.ledger.database import connect
from slurm_energy.ledger.embedded import EmbeddedServer
from slurm_energy.ledger.postgres import PostgresLedger
from slurm_energy.ledger.session import Session
from slurm_energy.ledger.waits import UsualWaits, WaitsQuestion
from slurm_energy.ledger.write import Batch, Writer, write_batch
from tests.builders import NOON
from tests.ledger.builders import HandClock, make_cycle, make_decision, make_end, make_key
from tests.postgres import running_server

LIMIT = 10


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def own_server() -> Iterator[EmbeddedServer]:
    """A server that this test may stop."""
    with running_server() as server:
        yield server


@pytest.fixture
def ledger(own_server: EmbeddedServer, clock: HandClock) -> Iterator[PostgresLedger]:
    session = Session(lambda: own_server.url, clock, limit=2)
    waits = UsualWaits(session, clock, WaitsQuestion(minimum=1))
    ledger = PostgresLedger(session, Writer(session, LIMIT), waits)
    yield ledger
    ledger.close()


def record(ledger: PostgresLedger, *cycles: int) -> None:
    """One turn each with one decision: two rows."""
    for cycle in cycles:
        ledger.record(make_cycle(cycle), [make_decision(cycle=cycle)], [])


def recorded_cycles(server: EmbeddedServer) -> list[int]:
    """Cycle numbers in the order in which they were committed."""
    with psycopg.connect(server.url) as connection:
        rows = connection.execute("SELECT cycle FROM slurm_energy.cycle ORDER BY xmin::text::int")
        return [row[0] for row in rows]


def test_what_the_database_missed_is_written_in_order_when_it_is_back(
    own_server: EmbeddedServer, ledger: PostgresLedger, clock: HandClock
) -> None:
    record(ledger, 1)
    assert ledger.available()
    own_server.stop()
    assert not ledger.available()
    record(ledger, 2, 3)
    assert ledger.backlog.rows == 4
    assert ledger.backlog.problem.startswith("the ledger's database is away: ")
    with pytest.raises(LedgerUnavailable):
        ledger.recorded(make_key())
    own_server.start()
    clock.time += 60
    record(ledger, 4)
    assert recorded_cycles(own_server) == [1, 2, 3, 4]
    assert (ledger.backlog.rows, ledger.backlog.dropped, ledger.backlog.problem) == (0, 0, "")
    assert ledger.available()


def test_past_the_bound_the_oldest_is_dropped_and_counted(
    own_server: EmbeddedServer, ledger: PostgresLedger, clock: HandClock
) -> None:
    own_server.stop()
    record(ledger, *range(1, 9))
    assert (ledger.backlog.rows, ledger.backlog.dropped) == (LIMIT, 6)
    own_server.start()
    clock.time += 60
    assert ledger.available()
    assert recorded_cycles(own_server) == [4, 5, 6, 7, 8]


def test_a_daemon_that_starts_before_its_database_catches_up(
    own_server: EmbeddedServer, ledger: PostgresLedger, clock: HandClock
) -> None:
    own_server.stop()
    ledger.record_ends([make_end()])
    assert ledger.usual_waits() == {}
    own_server.start()
    clock.time += 60
    assert ledger.available()
    assert ledger.usual_waits() == {("gpu", 3): 600}
    own_server.stop()
    clock.time += 3600
    assert ledger.usual_waits() == {("gpu", 3): 600}


def test_an_embedded_server_that_died_is_started_again(
    own_server: EmbeddedServer, clock: HandClock
) -> None:
    session = Session(own_server.start, clock)
    ledger = PostgresLedger(session, Writer(session), UsualWaits(session, clock, WaitsQuestion()))
    record(ledger, 1)
    own_server.stop()
    record(ledger, 2)
    clock.time += 1
    record(ledger, 3)
    assert recorded_cycles(own_server) == [1, 2, 3]
    ledger.close()


def test_a_server_that_hangs_holds_us_no_longer_than_the_limit(
    own_server: EmbeddedServer, ledger: PostgresLedger, clock: HandClock
) -> None:
    record(ledger, 1)
    with psycopg.connect(own_server.url, autocommit=True) as observer:
        (backend,) = observer.execute(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'slurm-energyd'"
        ).fetchone() or (0,)
    os.kill(backend, signal.SIGSTOP)
    try:
        started = time.monotonic()
        record(ledger, 2)
        assert time.monotonic() - started < 10
        assert ledger.backlog.rows == 2
    finally:
        os.kill(backend, signal.SIGCONT)
    clock.time += 60
    record(ledger, 3)
    assert recorded_cycles(own_server) == [1, 2, 3]


def test_while_backing_off_the_network_is_left_alone(clock: HandClock) -> None:
    tries: list[int] = []

    def nowhere() -> str:
        tries.append(clock.time - NOON)
        return "host=/nonexistent dbname=none"

    session = Session(nowhere, clock)
    for _ in range(200):
        with pytest.raises(LedgerUnavailable, match="is away"):
            session.run(lambda connection: connection.execute("SELECT 1"))
        clock.time += 1
    assert tries == [0, 1, 3, 7, *range(15, 200, 10)]


def test_rows_that_the_database_refuses_do_not_hold_up_the_others(url: str) -> None:
    session = Session(lambda: url, HandClock())
    writer = Writer(session)
    writer.write(Batch(ends=(make_end(gpus=2**70),)))
    assert (writer.backlog.rows, writer.backlog.refused) == (0, 1)
    assert "out of range" in writer.backlog.problem
    assert "\n" not in writer.backlog.problem
    writer.write(Batch(make_cycle()))
    assert (writer.backlog.rows, writer.backlog.refused) == (0, 1)
    session.close()


def test_a_turn_is_written_whole_or_not_at_all(url: str) -> None:
    session = Session(lambda: url, HandClock())
    writer = Writer(session)
    sound, wrong = make_decision(), make_decision(make_key(1), site_factor=2**70)
    writer.write(Batch(make_cycle(), (sound, wrong)))
    with connect(url) as connection:
        counts = connection.execute(
            "SELECT (SELECT count(*) FROM slurm_energy.cycle),"
            " (SELECT count(*) FROM slurm_energy.decision)"
        ).fetchone()
    assert counts == (0, 0)
    session.close()


def test_the_same_turn_again_changes_nothing(url: str) -> None:
    session = Session(lambda: url, HandClock())
    batch = Batch(make_cycle(), (make_decision(),))
    for _ in range(2):
        session.run(lambda connection: write_batch(connection, batch))
    with connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM slurm_energy.decision").fetchone() == (1,)
    session.close()


def test_a_first_turn_of_thirty_thousand_decisions_takes_seconds(url: str) -> None:
    session = Session(lambda: url, HandClock())
    many = tuple(make_decision(make_key(number)) for number in range(30_000))
    started = time.monotonic()
    session.run(lambda connection: write_batch(connection, Batch(make_cycle(), many)))
    assert time.monotonic() - started < 15
    session.close()


def test_questions_from_another_thread_wait_their_turn(url: str) -> None:
    session = Session(lambda: url, HandClock())
    ledger = PostgresLedger(
        session, Writer(session), UsualWaits(session, HandClock(), WaitsQuestion())
    )
    lengths: list[int] = []

    def ask() -> None:
        lengths.extend(len(ledger.recorded(make_key())) for _ in range(30))

    asker = threading.Thread(target=ask)
    asker.start()
    record(ledger, *range(1, 31))
    asker.join()
    assert lengths == sorted(lengths)
    assert len(ledger.recorded(make_key())) == 30
    ledger.close()
