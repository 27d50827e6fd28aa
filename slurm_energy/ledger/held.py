"""What we wrote into jobs, where the daemons of all hosts find it."""

from collections.abc import Mapping

from slurm_energy.ledger.database import Connection
from slurm_energy.ledger.session import Session
from slurm_energy.model.held import Held
from slurm_energy.model.job import JobKey


class HeldTable:
    """Implements :class:`~slurm_energy.ports.HeldStore` in the ledger; sends only differences."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._saved: Mapping[JobKey, Held] = {}

    def load(self) -> Mapping[JobKey, Held]:
        """What the last leader saved. Raises ``LedgerError``."""
        self._saved = self._session.run(_read)
        return self._saved

    def save(self, held: Mapping[JobKey, Held]) -> None:
        """Write what changed since, all or nothing. Raises ``LedgerError``."""
        changed = {key: value for key, value in held.items() if self._saved.get(key) != value}
        gone = [key for key in self._saved if key not in held]
        if changed or gone:
            self._session.run(lambda connection: _write(connection, changed, gone))
        self._saved = dict(held)


def _read(connection: Connection) -> dict[JobKey, Held]:
    rows = connection.execute(_SELECT).fetchall()
    return {JobKey(*row[:3]): Held(*row[3:]) for row in rows}


def _write(connection: Connection, changed: Mapping[JobKey, Held], gone: list[JobKey]) -> None:
    rows = [
        (
            *key,
            one.begin,
            one.begin_sent,
            one.site_factor,
            one.site_factor_sent,
            one.restarts,
            one.theirs,
            one.age_since,
            one.floor,
            one.done,
            one.stops,
            one.stopping,
            one.warned,
        )
        for key, one in changed.items()
    ]
    with connection.transaction():
        if gone:
            connection.execute(_DELETE, [list(column) for column in zip(*gone, strict=True)])
        if rows:
            connection.execute(_UPSERT, [list(column) for column in zip(*rows, strict=True)])


_SELECT = b"""
SELECT cluster, job_id, submit_time, begin_time, begin_sent, site_factor, site_factor_sent,
    restarts, theirs, age_since, floor, done, stops, stopping, warned
FROM slurm_energy.held
"""

_DELETE = b"""
DELETE FROM slurm_energy.held
USING unnest(%s::text[], %s::bigint[], %s::bigint[]) AS gone (cluster, job_id, submit_time)
WHERE held.cluster = gone.cluster AND held.job_id = gone.job_id
    AND held.submit_time = gone.submit_time
"""

_UPSERT = b"""
INSERT INTO slurm_energy.held (
    cluster, job_id, submit_time, begin_time, begin_sent, site_factor, site_factor_sent,
    restarts, theirs, age_since, floor, done, stops, stopping, warned)
SELECT * FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
    %s::bigint[], %s::bigint[], %s::bigint[], %s::boolean[], %s::bigint[],
    %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
ON CONFLICT (cluster, job_id, submit_time) DO UPDATE SET
    begin_time = excluded.begin_time,
    begin_sent = excluded.begin_sent,
    site_factor = excluded.site_factor,
    site_factor_sent = excluded.site_factor_sent,
    restarts = excluded.restarts,
    theirs = excluded.theirs,
    age_since = excluded.age_since,
    floor = excluded.floor,
    done = excluded.done,
    stops = excluded.stops,
    stopping = excluded.stopping,
    warned = excluded.warned
"""
