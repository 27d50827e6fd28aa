"""Writing: one transaction per turn, kept back within bounds while the database is away."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from slurm_energy.errors import LedgerError
from slurm_energy.ledger import rows
from slurm_energy.ledger.database import Connection, is_rows_fault
from slurm_energy.ledger.session import Session
from slurm_energy.model.decision import CycleRecord, Decision, JobEnd, Outcome


@dataclass(frozen=True, slots=True)
class SignalValue:
    """What was acted on from ``at``; None where nothing was trusted."""

    cluster: str
    signal: str
    at: int
    value: float | None
    source: str
    issued: int | None


@dataclass(frozen=True, slots=True)
class Batch:
    """What is written together or not at all."""

    cycle: CycleRecord | None = None
    decisions: tuple[Decision, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    ends: tuple[JobEnd, ...] = ()
    signals: tuple[SignalValue, ...] = ()

    def __len__(self) -> int:
        """Rows it will make."""
        return sum(map(len, (self.decisions, self.outcomes, self.ends, self.signals))) + bool(
            self.cycle
        )


@dataclass(frozen=True, slots=True)
class Backlog:
    """How the writing stands: rows kept back, rows lost since the start, and why."""

    rows: int
    dropped: int
    """Lost because the database was away for too long."""
    refused: int
    """Lost because the database refused the rows themselves."""
    problem: str
    """One line; empty when all is written."""


class Writer:
    """Writes batches in order; while the database is away it keeps the newest ``limit`` rows."""

    def __init__(self, session: Session, limit: int = 50_000) -> None:
        self._session = session
        self._limit = limit
        self._waiting: deque[Batch] = deque()
        self._rows = 0
        self._dropped = 0
        self._refused = 0
        self._problem = ""

    def write(self, batch: Batch) -> None:
        """Write it and what waited before it; keep it when that can't be done now."""
        self._waiting.append(batch)
        self._rows += len(batch)
        self.flush()

    def flush(self) -> None:
        """Write what waits, oldest first, as far as the database lets us. Never raises for it."""
        self._problem = ""
        while self._waiting:
            try:
                self._session.run(self._write_oldest)
            except LedgerError as error:
                self._problem = str(error)
                if not is_rows_fault(error):
                    break
                self._refused += self._take_oldest()
            else:
                self._take_oldest()
        while self._rows > self._limit:
            self._dropped += self._take_oldest()

    @property
    def backlog(self) -> Backlog:
        """How the writing stands now."""
        return Backlog(self._rows, self._dropped, self._refused, self._problem)

    def _write_oldest(self, connection: Connection) -> None:
        write_batch(connection, self._waiting[0])

    def _take_oldest(self) -> int:
        taken = len(self._waiting.popleft())
        self._rows -= taken
        return taken


def write_batch(connection: Connection, batch: Batch) -> None:
    """Write a batch in one transaction. The same batch again changes nothing."""
    with connection.transaction():
        if batch.cycle is not None:
            _insert_cycle(connection, batch.cycle)
            at, cycle = batch.cycle.at, batch.cycle.cycle
            write_decisions(connection, at, batch.decisions)
            _insert(connection, _EFFECT, rows.effect_columns(at, cycle, batch.outcomes))
        _insert(connection, _JOB_END, rows.end_columns(batch.ends))
        _insert(connection, _SIGNAL, _signal_columns(batch.signals))


def write_decisions(connection: Connection, at: int, decisions: Sequence[Decision]) -> None:
    """Write decisions of one moment. The same ones again change nothing."""
    _insert(connection, _DECISION, rows.decision_columns(at, decisions))


def _insert(connection: Connection, statement: bytes, columns: rows.Columns) -> None:
    """Send all rows as one array per column: one round trip however many they are."""
    if columns:
        connection.execute(statement, columns)


def _insert_cycle(connection: Connection, one: CycleRecord) -> None:
    values: list[Any] = [
        one.at,
        one.cycle,
        one.mode,
        list(one.clusters),
        list(one.unread),
        one.pending,
        one.managed,
        one.deferred,
        rows.to_json(one.by_class),
        rows.to_json(one.by_reason),
        one.sent,
        one.skipped,
        one.failed,
        rows.to_json(one.seconds),
        [rows.clean(problem) for problem in one.problems],
    ]
    connection.execute(_CYCLE, values)


def _signal_columns(signals: Sequence[SignalValue]) -> rows.Columns:
    every = [(s.cluster, s.signal, s.at, s.value, rows.clean(s.source), s.issued) for s in signals]
    return [list(column) for column in zip(*every, strict=True)]


_CYCLE = b"""
INSERT INTO slurm_energy.cycle (
    at, cycle, mode, clusters, unread, pending, managed, deferred, by_class, by_reason,
    sent, skipped, failed, seconds, problems)
VALUES (to_timestamp(%s::bigint), %s, %s, %s::text[], %s::text[], %s, %s, %s, %s::jsonb,
    %s::jsonb, %s, %s, %s, %s::jsonb, %s::text[])
ON CONFLICT DO NOTHING
"""

_DECISION = b"""
INSERT INTO slurm_energy.decision (
    cluster, job_id, submit_time, at, cycle, action, reason, begin_time, site_factor,
    latest_start, terms)
SELECT cluster, job_id, to_timestamp(submit), to_timestamp(at), cycle, action, reason,
    to_timestamp(begin), site_factor, to_timestamp(latest_start), terms::jsonb
FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[],
    %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[])
AS given (cluster, job_id, submit, at, cycle, action, reason, begin, site_factor,
    latest_start, terms)
ON CONFLICT DO NOTHING
"""

_EFFECT = b"""
INSERT INTO slurm_energy.effect (
    at, cycle, seq, cluster, job_id, submit_time, begin_time, site_factor, rank, fate, detail)
SELECT to_timestamp(at), cycle, seq, cluster, job_id, to_timestamp(submit), to_timestamp(begin),
    site_factor, rank, fate, detail
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::bigint[],
    %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[])
AS given (at, cycle, seq, cluster, job_id, submit, begin, site_factor, rank, fate, detail)
ON CONFLICT DO NOTHING
"""

_JOB_END = b"""
INSERT INTO slurm_energy.job_end (
    cluster, job_id, submit_time, ran_on, name, user_name, account, partition, state,
    eligible_time, start_time, end_time, time_limit_seconds, gpus, cpus, nodes, width_bucket,
    admin_comment, energy_joules, gpu_type)
SELECT cluster, job_id, to_timestamp(submit), ran_on, name, user_name, account, partition, state,
    to_timestamp(eligible), to_timestamp(start), to_timestamp(ended), time_limit, gpus, cpus,
    nodes, width_bucket, admin_comment, energy_joules, gpu_type
FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[],
    %s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
    %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::text[])
AS given (cluster, job_id, submit, ran_on, name, user_name, account, partition, state, eligible,
    start, ended, time_limit, gpus, cpus, nodes, width_bucket, admin_comment, energy_joules,
    gpu_type)
ON CONFLICT DO NOTHING
"""

_SIGNAL = b"""
INSERT INTO slurm_energy.signal (cluster, signal, at, value, source, issued)
SELECT cluster, signal, to_timestamp(at), value, source, to_timestamp(issued)
FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::double precision[], %s::text[],
    %s::bigint[])
AS given (cluster, signal, at, value, source, issued)
ON CONFLICT DO NOTHING
"""
