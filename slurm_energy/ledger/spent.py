"""What is spent of the budgets, where the next daemon finds it."""

import json
from collections.abc import Mapping
from typing import Any

from slurm_energy.errors import LedgerError
from slurm_energy.ledger.database import Connection
from slurm_energy.ledger.rows import clean
from slurm_energy.ledger.session import Session
from slurm_energy.model.budget import Spent, Tally
from slurm_energy.model.contract import WorkloadClass


class SpentTable:
    """Implements :class:`~slurm_energy.ports.SpentStore` in the ledger; one row a cluster."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def load(self) -> Mapping[str, Spent]:
        """What the last leader saved. Raises ``LedgerError``, also for a row nobody can read."""
        return dict(map(_spent, self._session.run(_read)))

    def save(self, spent: Mapping[str, Spent]) -> None:
        """Write every cluster's sums, all or nothing. Raises ``LedgerError``."""
        rows = [_row(cluster, one) for cluster, one in spent.items()]
        if rows:
            self._session.run(lambda connection: _write(connection, rows))


def _read(connection: Connection) -> list[tuple[Any, ...]]:
    return connection.execute(_SELECT).fetchall()


def _write(connection: Connection, rows: list[tuple[Any, ...]]) -> None:
    connection.execute(_UPSERT, [list(column) for column in zip(*rows, strict=True)])


def _row(cluster: str, one: Spent) -> tuple[Any, ...]:
    return (
        cluster,
        one.at,
        _json({name.value: tally for name, tally in one.classes.items()}),
        _json(one.accounts),
        one.gpu_hours,
        one.deferred_gpu_hours,
        one.idle_gpu_hours,
        one.resting,
        one.idle_gpus,
    )


def _json(tallies: Mapping[str, Tally]) -> str:
    return json.dumps({clean(name): [one.jobs, one.delay] for name, one in tallies.items()})


def _spent(row: tuple[Any, ...]) -> tuple[str, Spent]:
    cluster, at, classes, accounts, *numbers = row
    try:
        found = Spent(
            at,
            {WorkloadClass(name): Tally(*pair) for name, pair in json.loads(classes).items()},
            {name: Tally(*pair) for name, pair in json.loads(accounts).items()},
            *numbers,
        )
    except (ValueError, TypeError, AttributeError) as error:
        msg = (
            f"what {cluster} spent of its budgets can't be read ({error}); delete its row in spent"
        )
        raise LedgerError(msg) from error
    return cluster, found


_SELECT = b"""
SELECT cluster, at, classes::text, accounts::text, gpu_hours, deferred_gpu_hours, idle_gpu_hours,
    resting, idle_gpus
FROM slurm_energy.spent
"""

_UPSERT = b"""
INSERT INTO slurm_energy.spent (
    cluster, at, classes, accounts, gpu_hours, deferred_gpu_hours, idle_gpu_hours, resting,
    idle_gpus)
SELECT cluster, at, classes::jsonb, accounts::jsonb, gpu_hours, deferred_gpu_hours,
    idle_gpu_hours, resting, idle_gpus
FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[], %s::double precision[],
    %s::double precision[], %s::double precision[], %s::boolean[], %s::bigint[])
AS given (cluster, at, classes, accounts, gpu_hours, deferred_gpu_hours, idle_gpu_hours, resting,
    idle_gpus)
ON CONFLICT (cluster) DO UPDATE SET
    at = excluded.at,
    classes = excluded.classes,
    accounts = excluded.accounts,
    gpu_hours = excluded.gpu_hours,
    deferred_gpu_hours = excluded.deferred_gpu_hours,
    idle_gpu_hours = excluded.idle_gpu_hours,
    resting = excluded.resting,
    idle_gpus = excluded.idle_gpus
"""
