"""Forgetting: rows older than a chosen age, in small batches, and only here."""

from slurm_energy.ledger.database import Connection

BATCH = 5_000
"""Rows in one transaction: a lock held for milliseconds."""

AGES = {
    "cycle": b"at",
    "decision": b"at",
    "effect": b"at",
    "signal": b"at",
    "signal_history": b"at",
    "job_end": b"coalesce(end_time, recorded_at)",
}
"""What tells the age of a row, by table; each has an index of its own."""


def prune(connection: Connection, before: int, batches: int) -> int:
    """Delete up to ``batches`` batches of rows older than ``before``; return how many rows went.

    Fewer than ``batches`` full batches means that nothing older is left. Call it again later
    otherwise: a first pruning after years must not hold up a cycle.
    """
    deleted = 0
    for table, age in AGES.items():
        while batches > 0:
            batches -= 1
            count = _delete(connection, table.encode(), age, before)
            deleted += count
            if count < BATCH:
                break
    return deleted


def _delete(connection: Connection, table: bytes, age: bytes, before: int) -> int:
    """Delete one batch. Table and column are our own constants, never input."""
    statement = (
        b"DELETE FROM slurm_energy." + table + b" WHERE ctid = ANY (ARRAY("
        b"SELECT ctid FROM slurm_energy."
        + table
        + b" WHERE "
        + age
        + b" < to_timestamp(%s::bigint)"
        b" LIMIT %s))"
    )
    with connection.transaction():
        connection.execute("SELECT set_config('slurm_energy.retention', 'on', true)")
        return connection.execute(statement, [before, BATCH]).rowcount
