"""The schema: brought up to date once, whoever comes first, and never behind our back."""

import threading
from dataclasses import replace

import pytest

from slurm_energy.errors import LedgerError
from slurm_energy.ledger.database import connect
from slurm_energy.ledger.migrate import Migration, migrate, outstanding, shipped
from slurm_energy.ledger.read import ended_runs
from tests.builders import HOUR, NOON
from tests.ledger.builders import make_end


def test_every_migration_runs_once(url: str) -> None:
    with connect(url) as connection:
        assert migrate(connection, shipped()) == len(shipped())
        assert migrate(connection, shipped()) == 0


def test_of_two_migrators_at_once_one_does_the_work(url: str) -> None:
    ran: list[int] = []

    def bring_up_to_date() -> None:
        with connect(url) as connection:
            ran.append(migrate(connection, shipped()))

    threads = [threading.Thread(target=bring_up_to_date) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ran) == [0, 0, 0, len(shipped())]


def test_an_edited_migration_is_refused_in_one_line(url: str) -> None:
    with connect(url) as connection:
        migrate(connection, shipped())
        edited = replace(shipped()[0], sql=shipped()[0].sql + b"-- and a thought")
        with pytest.raises(LedgerError, match=r"^migration 0001_ledger was edited .*new number$"):
            migrate(connection, [edited, *shipped()[1:]])


def test_a_database_newer_than_we_are_is_refused_in_one_line(url: str) -> None:
    newer = Migration(9999, "future", b"CREATE TABLE slurm_energy.future ()")
    with connect(url) as connection:
        migrate(connection, [*shipped(), newer])
        with pytest.raises(LedgerError, match=r"^the ledger's schema is at 9999, this version"):
            migrate(connection, shipped())


def test_a_migration_that_fails_leaves_nothing_behind(url: str) -> None:
    bad = Migration(9999, "bad", b"CREATE TABLE slurm_energy.half (); SELECT 1 / 0")
    with connect(url) as connection:
        with pytest.raises(LedgerError, match="division by zero"):
            migrate(connection, [*shipped(), bad])
        assert connection.execute("SELECT to_regnamespace('slurm_energy')").fetchone() == (None,)
        assert migrate(connection, shipped()) == len(shipped())


def test_of_runs_recorded_before_there_were_gpu_types_nobody_knows_it(url: str) -> None:
    steps = shipped()
    added = [step.name for step in steps].index("gpu_type")
    old = make_end()
    with connect(url) as connection:
        migrate(connection, steps[:added])
        connection.execute(
            "INSERT INTO slurm_energy.job_end (cluster, job_id, submit_time, ran_on, name,"
            " user_name, account, partition, state, start_time, end_time, gpus, cpus, nodes,"
            " width_bucket, admin_comment) VALUES ('east', 100, to_timestamp(%s), 'east', 'eval',"
            " 'alice', 'research', 'gpu', 'COMPLETED', to_timestamp(%s), to_timestamp(%s), 8, 16,"
            " 1, 0, '')",
            [NOON, old.start, old.end],
        )
        migrate(connection, shipped())
        (known,) = ended_runs(connection, "east", NOON, NOON + 2 * HOUR, 5)
        assert (known.gpu_type, known.gpus) == ("", 8)


def test_shipped_numbers_follow_each_other() -> None:
    assert [step.number for step in shipped()] == list(range(1, len(shipped()) + 1))


def test_what_is_outstanding_is_what_has_not_run() -> None:
    one, two = Migration(1, "one", b"1"), Migration(2, "two", b"2")
    assert outstanding([one, two], {}) == [one, two]
    assert outstanding([one, two], {1: one.checksum}) == [two]
    assert outstanding([one, two], {1: one.checksum, 2: two.checksum}) == []


@pytest.mark.parametrize("table", ["cycle", "decision", "effect", "job_end", "signal"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE slurm_energy.{} SET {} = {}",
        "DELETE FROM slurm_energy.{}",
        "TRUNCATE slurm_energy.{}",
    ],
)
def test_the_past_is_not_rewritten(url: str, table: str, statement: str) -> None:
    column = {"cycle": "pending", "signal": "value"}.get(table, "job_id")
    refused = statement.format(table, column, column).split(" SET ")
    text = " SET ".join(refused)
    with connect(url) as connection:
        migrate(connection, shipped())
        with pytest.raises(Exception, match="is refused: the ledger is append-only"):
            connection.execute(text.encode())


def test_an_ordinary_role_owns_everything_it_needs(url: str) -> None:
    with connect(url) as connection:
        connection.execute("DROP ROLE IF EXISTS plain_owner")
        connection.execute("CREATE ROLE plain_owner NOSUPERUSER")
        connection.execute("CREATE SCHEMA slurm_energy AUTHORIZATION plain_owner")
        connection.execute("SET ROLE plain_owner")
        assert migrate(connection, shipped()) == len(shipped())
        connection.execute("RESET ROLE")
        connection.execute("DROP OWNED BY plain_owner")
        connection.execute("DROP ROLE plain_owner")
