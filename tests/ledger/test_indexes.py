"""What is asked often is found by an index, however much there is."""

import pytest

from slurm_energy.ledger.database import Connection, connect
from slurm_energy.ledger.migrate import migrate, shipped
from slurm_energy.ledger.read import FIND
from slurm_energy.ledger.retention import AGES


def plan_of(connection: Connection, question: bytes) -> str:
    """How PostgreSQL would answer where reading all rows is out of the question."""
    connection.execute("SET enable_seqscan = off")
    lines = connection.execute(b"EXPLAIN " + question).fetchall()
    return "\n".join(line for (line,) in lines)


@pytest.mark.parametrize("table", AGES)
def test_rows_past_their_time_are_found_by_an_index(url: str, table: str) -> None:
    age = AGES[table]
    with connect(url) as connection:
        migrate(connection, shipped())
        rows = b"SELECT ctid FROM slurm_energy." + table.encode()
        plan = plan_of(connection, rows + b" WHERE " + age + b" < now() LIMIT 5000")
    assert "Index Cond: (" in plan, plan


def test_a_job_is_found_by_its_number(url: str) -> None:
    with connect(url) as connection:
        migrate(connection, shipped())
        plan = plan_of(connection, FIND.replace(b"%s", b"4711"))
    assert "decision_job" in plan, plan
