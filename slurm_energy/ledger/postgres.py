"""The ledger as the rest of the house sees it."""

from collections.abc import Iterable, Mapping, Sequence

from slurm_energy.errors import LedgerError
from slurm_energy.ledger import read, retention
from slurm_energy.ledger.changes import SignalChanges
from slurm_energy.ledger.session import Session
from slurm_energy.ledger.waits import UsualWaits
from slurm_energy.ledger.write import Backlog, Batch, Writer, write_decisions
from slurm_energy.model.decision import CycleRecord, Decision, JobEnd, Outcome
from slurm_energy.model.job import JobKey
from slurm_energy.model.report import DeferredReport, KnownJob, Recorded
from slurm_energy.model.series import ClusterSignals


class PostgresLedger:
    """Implements :class:`~slurm_energy.ports.Ledger` over a session.

    Writing never raises for the database; every question raises ``LedgerUnavailable`` while it is
    away, ``LedgerError`` when it can't be answered. Writes come from one thread; questions may
    come from others.
    """

    def __init__(self, session: Session, writer: Writer, waits: UsualWaits) -> None:
        self._session = session
        self._writer = writer
        self._waits = waits
        self._signals = SignalChanges()

    def record(
        self, cycle: CycleRecord, decisions: Iterable[Decision], outcomes: Iterable[Outcome]
    ) -> None:
        """Append one turn, in one transaction, now or when the database is back."""
        self._writer.write(Batch(cycle, tuple(decisions), tuple(outcomes)))

    def record_ends(self, ends: Iterable[JobEnd]) -> None:
        """Append how jobs ended; an attempt already known is skipped."""
        batch = Batch(ends=tuple(ends))
        if batch.ends:
            self._writer.write(batch)

    def record_signals(self, now: int, signals: Mapping[str, ClusterSignals]) -> None:
        """Append each signal's present value where it is another than before."""
        changed = self._signals.changed(now, signals)
        if changed:
            self._writer.write(Batch(signals=changed))

    def available(self) -> bool:
        """Whether what is recorded now will be written now: nothing waits, and it answers."""
        self._writer.flush()
        if self._writer.backlog.rows:
            return False
        try:
            self._session.run(read.ping)
        except LedgerError:
            return False
        return True

    def usual_waits(self) -> Mapping[tuple[str, int], int]:
        """Usual seconds from eligible to start by (partition, width bucket); may be old."""
        return self._waits.get()

    @property
    def backlog(self) -> Backlog:
        """What is kept back and what was lost, for metrics and the cycle's sentence."""
        return self._writer.backlog

    def recorded(self, key: JobKey, limit: int = 50) -> Sequence[Recorded]:
        """A job's recorded decisions with their times, newest first."""
        return self._session.run(lambda connection: read.recorded(connection, key, limit))

    def find(self, job_id: int) -> Sequence[KnownJob]:
        """Jobs that had this id, newest first: ids are reused."""
        return self._session.run(lambda connection: read.find(connection, job_id))

    def last_decisions(self, keys: Sequence[JobKey]) -> Mapping[JobKey, Recorded]:
        """The newest decision of each of these jobs: what a new leader goes on from."""
        return self._session.run(lambda connection: read.last_decisions(connection, keys))

    def deferred_report(self, since: int, until: int, limit: int = 1000) -> DeferredReport:
        """What became of the jobs first deferred in ``[since, until)``."""
        return self._session.run(
            lambda connection: read.deferred_report(connection, since, until, limit)
        )

    def note(self, at: int, decisions: Sequence[Decision]) -> None:
        """Append what was not decided in a turn; from any thread, all or nothing."""
        if decisions:
            self._session.run(lambda connection: write_decisions(connection, at, decisions))

    def last_cycle(self) -> int | None:
        """The newest cycle's number, to go on from; None in an empty ledger."""
        return self._session.run(read.last_cycle)

    def last_end(self, cluster: str) -> int | None:
        """Until when a cluster's job ends are known: ask accounting from a little before."""
        return self._session.run(lambda connection: read.last_end(connection, cluster))

    def first_end(self, cluster: str) -> int | None:
        """Since when a cluster's job ends are known."""
        return self._session.run(lambda connection: read.first_end(connection, cluster))

    def ended_runs(self, cluster: str, since: int, until: int, most: int) -> Sequence[JobEnd]:
        """Jobs that ended on a cluster in ``[since, until)``, the newest in order of their end."""
        return self._session.run(
            lambda connection: read.ended_runs(connection, cluster, since, until, most)
        )

    def prune(self, before: int, batches: int = 20) -> int:
        """Delete rows older than ``before``, a bounded number at a time; return how many."""
        return self._session.run(lambda connection: retention.prune(connection, before, batches))

    def close(self) -> None:
        """Write what can be written and close the connection."""
        self._writer.flush()
        self._session.close()
