"""Named questions to the ledger, each one statement."""

from collections.abc import Sequence
from typing import Any

from slurm_energy.ledger.database import Connection
from slurm_energy.ledger.rows import to_decision, to_end
from slurm_energy.model.decision import JobEnd
from slurm_energy.model.job import JobKey
from slurm_energy.model.report import DeferredJob, DeferredReport, Kept, KnownJob, Recorded


def ping(connection: Connection) -> None:
    """Nothing, if the database answers."""
    connection.execute("SELECT 1")


def recorded(connection: Connection, key: JobKey, limit: int) -> list[Recorded]:
    """A job's recorded decisions, newest first."""
    rows = connection.execute(_HISTORY, [*key, limit]).fetchall()
    return [to_decision(row) for row in rows]


def find(connection: Connection, job_id: int) -> list[KnownJob]:
    """Jobs with this id that were decided on, newest first; the user where the end is known."""
    rows = connection.execute(FIND, [job_id]).fetchall()
    return [
        KnownJob(JobKey(cluster, number, submit), user) for cluster, number, submit, user in rows
    ]


def last_decisions(connection: Connection, keys: Sequence[JobKey]) -> dict[JobKey, Recorded]:
    """The newest decision of each of these jobs that has one."""
    columns = [list(column) for column in zip(*keys, strict=True)]
    if not columns:
        return {}
    found = map(to_decision, connection.execute(_LAST, columns).fetchall())
    return {one.decision.key: one for one in found}


def queue_waits(
    connection: Connection, since: int, quantile: float, minimum: int
) -> dict[tuple[str, int], int]:
    """Seconds from eligible to start at ``quantile`` (0-1), of starts at or after ``since``.

    By (partition, width bucket); of several clusters the slowest counts. Buckets with fewer than
    ``minimum`` samples on a cluster are left out. Jobs that never started are not in it: where
    many give up waiting, the true wait is longer.
    """
    rows = connection.execute(_WAITS, [quantile, since, minimum]).fetchall()
    return {(partition, bucket): seconds for partition, bucket, seconds in rows}


def deferred_report(connection: Connection, since: int, until: int, limit: int) -> DeferredReport:
    """What became of jobs first deferred in ``[since, until)``; the newest ``limit`` in full."""
    with connection.transaction():
        totals = connection.execute(_TOTALS, [since, until]).fetchall()
        jobs = connection.execute(_DEFERRED, [since, until, limit]).fetchall()
    return DeferredReport(
        totals={Kept(row[0]): row[1] for row in totals},
        ours=sum(row[2] for row in totals),
        jobs=tuple(map(_deferred_job, jobs)),
    )


def last_cycle(connection: Connection) -> int | None:
    """The newest cycle's number, to go on from after a restart; None in an empty ledger."""
    row = connection.execute(
        "SELECT cycle FROM slurm_energy.cycle ORDER BY at DESC, cycle DESC LIMIT 1"
    ).fetchone()
    return None if row is None else int(row[0])


def last_end(connection: Connection, cluster: str) -> int | None:
    """When the newest recorded job of a cluster ended; None where none is recorded."""
    row = connection.execute(
        "SELECT extract(epoch FROM max(end_time))::bigint FROM slurm_energy.job_end"
        " WHERE ran_on = %s",
        [cluster],
    ).fetchone()
    return None if row is None else row[0]


def first_end(connection: Connection, cluster: str) -> int | None:
    """When the oldest recorded job of a cluster ended; None where none is recorded."""
    row = connection.execute(
        "SELECT extract(epoch FROM min(end_time))::bigint FROM slurm_energy.job_end"
        " WHERE ran_on = %s",
        [cluster],
    ).fetchone()
    return None if row is None else row[0]


def ended_runs(
    connection: Connection, cluster: str, since: int, until: int, most: int
) -> list[JobEnd]:
    """Jobs that ended on a cluster in ``[since, until)``, the newest ``most`` in order of end."""
    rows = connection.execute(_ENDED, [cluster, since, until, most]).fetchall()
    return [to_end(row) for row in reversed(rows)]


def _deferred_job(row: tuple[Any, ...]) -> DeferredJob:
    cluster, job_id, submit, first, deadline, state, start, end, kept, ours = row
    key = JobKey(cluster, job_id, submit)
    return DeferredJob(key, first, deadline, state, start, end, Kept(kept), ours)


_DECISION_ROW = b"""
    cluster, job_id, extract(epoch FROM submit_time)::bigint, extract(epoch FROM at)::bigint,
    cycle, action, reason, extract(epoch FROM begin_time)::bigint, site_factor,
    extract(epoch FROM latest_start)::bigint, terms::text
"""

_HISTORY = (
    b"SELECT"
    + _DECISION_ROW
    + b"""
FROM slurm_energy.decision
WHERE cluster = %s AND job_id = %s AND submit_time = to_timestamp(%s::bigint)
ORDER BY decision.at DESC, decision.cycle DESC
LIMIT %s
"""
)

_LAST = (
    b"SELECT newest.* FROM unnest(%s::text[], %s::bigint[], %s::bigint[])"
    b"""
AS wanted (cluster, job_id, submit)
CROSS JOIN LATERAL (
    SELECT"""
    + _DECISION_ROW
    + b"""
    FROM slurm_energy.decision
    WHERE (decision.cluster, decision.job_id, decision.submit_time)
        = (wanted.cluster, wanted.job_id, to_timestamp(wanted.submit))
    ORDER BY decision.at DESC, decision.cycle DESC
    LIMIT 1
) AS newest
"""
)

_WAITS = b"""
WITH by_cluster AS (
    SELECT partition, width_bucket,
        percentile_disc(%s) WITHIN GROUP (ORDER BY start_time - eligible_time) AS wait
    FROM slurm_energy.job_end
    WHERE start_time >= to_timestamp(%s::bigint) AND start_time >= eligible_time
    GROUP BY ran_on, partition, width_bucket
    HAVING count(*) >= %s
)
SELECT partition, width_bucket, extract(epoch FROM max(wait))::bigint
FROM by_cluster
GROUP BY partition, width_bucket
"""

_ENDED = b"""
SELECT cluster, job_id, extract(epoch FROM submit_time)::bigint, ran_on, name, user_name, account,
    partition, state, extract(epoch FROM eligible_time)::bigint,
    extract(epoch FROM start_time)::bigint, extract(epoch FROM end_time)::bigint,
    time_limit_seconds, gpus, cpus, nodes, admin_comment, energy_joules, gpu_type
FROM slurm_energy.job_end
WHERE ran_on = %s AND end_time >= to_timestamp(%s::bigint) AND end_time < to_timestamp(%s::bigint)
ORDER BY job_end.end_time DESC, cluster DESC, job_id DESC, start_time DESC
LIMIT %s
"""

_TOTALS = b"""
SELECT kept, count(*), count(*) FILTER (WHERE ours)
FROM slurm_energy.deferred_job
WHERE first_deferred >= to_timestamp(%s::bigint) AND first_deferred < to_timestamp(%s::bigint)
GROUP BY kept
"""

_DEFERRED = b"""
SELECT cluster, job_id, extract(epoch FROM submit_time)::bigint,
    extract(epoch FROM first_deferred)::bigint, extract(epoch FROM deadline)::bigint, state,
    extract(epoch FROM start_time)::bigint, extract(epoch FROM end_time)::bigint, kept, ours
FROM slurm_energy.deferred_job
WHERE first_deferred >= to_timestamp(%s::bigint) AND first_deferred < to_timestamp(%s::bigint)
ORDER BY deferred_job.first_deferred DESC, cluster, job_id
LIMIT %s
"""

FIND = b"""
SELECT DISTINCT decision.cluster, decision.job_id,
    extract(epoch FROM decision.submit_time)::bigint AS submit, ended.user_name
FROM slurm_energy.decision
LEFT JOIN LATERAL (
    SELECT user_name FROM slurm_energy.job_end
    WHERE job_end.cluster = decision.cluster AND job_end.job_id = decision.job_id
        AND job_end.submit_time = decision.submit_time
    LIMIT 1
) AS ended ON true
WHERE decision.job_id = %s
ORDER BY submit DESC
LIMIT 20
"""
