"""The sockets of the house: what the cycle needs from outside, one to three methods each."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from slurm_energy.model.budget import Spent
from slurm_energy.model.contract import Annotation
from slurm_energy.model.decision import CycleRecord, Decision, JobEnd, Outcome, Update
from slurm_energy.model.held import Held
from slurm_energy.model.history import Measured, Topic
from slurm_energy.model.job import Job, JobKey, Queue
from slurm_energy.model.lease import Lease
from slurm_energy.model.power import GridEvents, Peak, PostedEvent, PowerLimit
from slurm_energy.model.report import KnownJob, Recorded
from slurm_energy.model.scores import Scores
from slurm_energy.model.series import ClusterSignals, Series


class Clock(Protocol):
    """Time, as an argument."""

    def now(self) -> int:
        """Seconds since the epoch, UTC."""

    def elapsed(self) -> float:
        """Seconds on a clock that never jumps, for durations."""


class QueueReader(Protocol):
    """Reads one cluster."""

    cluster: str

    def read(self) -> Queue:
        """The whole queue now. Raises :class:`~slurm_energy.errors.SlurmUnavailable`."""

    def ended(self, since: int) -> Sequence[JobEnd]:
        """Jobs that ended at or after ``since``, from accounting. Raises ``SlurmUnavailable``."""


class Accounting(Protocol):
    """Tells of one cluster's past, a piece at a time."""

    def ended(self, since: int, until: int) -> Sequence[JobEnd]:
        """Jobs that ended in ``[since, until)``. Raises ``SlurmUnavailable``."""


class Actuator(Protocol):
    """Changes fields of pending jobs of one cluster."""

    def apply(self, updates: Sequence[Update]) -> Sequence[Outcome]:
        """One outcome per update, in order. Never raises for a single job's refusal."""


class SignalSource(Protocol):
    """Tells each cluster's energy signals."""

    def read(self, now: int) -> Mapping[str, ClusterSignals]:
        """By cluster; what is missing, stale or absurd is None with a problem. Never raises."""


class PowerSource(Protocol):
    """Tells each cluster's power limit."""

    def read(self, now: int) -> Mapping[str, PowerLimit]:
        """By cluster, those that have one; what is wrong is a problem in it. Never raises."""


class GridEventSource(Protocol):
    """Tells one cluster's grid events: a file, a webhook, a schedule."""

    def read(self, now: int) -> GridEvents:
        """Those that are not over at ``now``, others as well; never raises."""


class PostedStore(Protocol):
    """Where the events that were posted to us survive our death."""

    def load(self) -> Sequence[PostedEvent]:
        """As saved last; empty when nothing was. Raises ``LedgerError`` for a damaged file."""

    def save(self, posted: Sequence[PostedEvent]) -> None:
        """Durable when this returns. Raises ``LedgerError``."""


class PowerMeter(PowerSource, Protocol):
    """Tells each cluster's power limit, and remembers what was drawn under it."""

    def drawn(self, watts: Mapping[str, float], now: int) -> Sequence[str]:
        """What limited clusters draw now, in W; problems, one line each. Never raises."""


class SeriesStore(Protocol):
    """Where the last good series of each provider survives our death."""

    def load(self, name: str) -> Series | None:
        """As saved last under ``name``; None when nothing readable was. Never raises."""

    def save(self, name: str, series: Series) -> None:
        """Durable when this returns. Raises ``OSError``."""


class ScoreStore(Protocol):
    """Where the record of one signal's forecasts survives our death."""

    def load(self) -> Scores | None:
        """As saved last; None where nothing readable was. Never raises."""

    def save(self, scores: Scores) -> None:
        """Durable when this returns. Raises ``OSError``."""


class PeakStore(Protocol):
    """Where each cluster's highest draw of the month survives our death."""

    def load(self) -> Mapping[str, Peak]:
        """By cluster, as saved last; empty when nothing was. Never raises."""

    def save(self, peaks: Mapping[str, Peak]) -> None:
        """Durable when this returns. Raises ``LedgerError``."""


class Annotator(Protocol):
    """Reads what was agreed for a job out of what Slurm shows."""

    def __call__(self, job: Job) -> Annotation | None:
        """The job's annotation, or None. Raises ``InputError`` for a damaged one."""


class Lead(Protocol):
    """Who acts when several daemons run: one leads, the others follow."""

    def acquire(self) -> bool:
        """Whether we lead from now on; asks without waiting, and again after a loss."""

    def holding(self) -> bool:
        """Whether we still lead; asked between deciding and applying."""

    def release(self) -> None:
        """Let another lead."""


class HeldStore(Protocol):
    """Where what we wrote into jobs survives our death."""

    def load(self) -> Mapping[JobKey, Held]:
        """What was saved last; empty when nothing was. Raises ``LedgerError``."""

    def save(self, held: Mapping[JobKey, Held]) -> None:
        """Durable when this returns; called before updates are sent. Raises ``LedgerError``."""


class SpentStore(Protocol):
    """Where what is spent of the budgets survives our death."""

    def load(self) -> Mapping[str, Spent]:
        """By cluster, as saved last, without the jobs put off now. Raises ``LedgerError``."""

    def save(self, spent: Mapping[str, Spent]) -> None:
        """Keep it. Raises ``LedgerError``; then a later turn saves it."""


class Chore(Protocol):
    """Something a leader does now and then, on a beat of its own."""

    def __call__(self, now: int) -> Sequence[str]:
        """Problems met, one line each. Never raises for an absent cluster or database."""


class Lessons(Protocol):
    """Learns how long jobs run, from accounting where we lead, else from the ledger."""

    def __call__(self, now: int, *, leading: bool) -> Sequence[str]:
        """Problems met, one line each. Never raises for an absent cluster or database."""


class TableWriter(Protocol):
    """Tells the submit hook beside us what holds now."""

    def write(self, leases: Sequence[Lease], now: int) -> None:
        """Replace the table of now; it expires by itself. Raises ``SlurmError``."""


class Ledger(Protocol):
    """The memory that outlives us."""

    def record(
        self, cycle: CycleRecord, decisions: Iterable[Decision], outcomes: Iterable[Outcome]
    ) -> None:
        """Append one turn: its aggregate, the decisions that changed, the effects.

        Never raises for an absent database: what can't be written now is kept within bounds.
        """

    def record_signals(self, now: int, signals: Mapping[str, ClusterSignals]) -> None:
        """Append each signal's present value where it is another than before."""

    def available(self) -> bool:
        """Whether what is recorded now will be written now."""

    def usual_waits(self) -> Mapping[tuple[str, int], int]:
        """Usual queue wait in seconds by (partition, width bucket); empty when not known."""

    def record_ends(self, ends: Iterable[JobEnd]) -> None:
        """Append how jobs ended; a job already known is skipped."""

    def prune(self, before: int) -> int:
        """Delete some rows older than ``before``; how many. Raises ``LedgerError``."""

    def last_end(self, cluster: str) -> int | None:
        """Until when a cluster's job ends are known. Raises ``LedgerError``."""

    def last_cycle(self) -> int | None:
        """The newest recorded turn's number. Raises ``LedgerError``."""

    def find(self, job_id: int) -> Sequence[KnownJob]:
        """Recorded jobs that had this id, newest first. Raises ``LedgerError``."""

    def last_decisions(self, keys: Sequence[JobKey]) -> Mapping[JobKey, Recorded]:
        """The newest recorded decision of each of these jobs. Raises ``LedgerError``."""


class SignalHistory(Protocol):
    """The ledger's memory of what was measured of the signals."""

    def record(self, told: Iterable[Measured]) -> int:
        """Append all or nothing of what is not known yet; how many values were new.

        Of one source's values of one moment the last issued stays, told in the order of their
        issues: what is confirmed is not written again. Raises ``LedgerError``.
        """

    def read(self, topic: Topic, since: int, until: int) -> Series | None:
        """What began to hold in ``[since, until)``, gaps named; None for nothing.

        Of several sources the last issued counts. Raises ``LedgerError``.
        """


class RunHistory(Protocol):
    """The ledger's memory of how jobs ended."""

    def last_end(self, cluster: str) -> int | None:
        """Until when a cluster's job ends are known. Raises ``LedgerError``."""

    def first_end(self, cluster: str) -> int | None:
        """Since when a cluster's job ends are known. Raises ``LedgerError``."""

    def ended_runs(self, cluster: str, since: int, until: int, most: int) -> Sequence[JobEnd]:
        """Jobs that ended on a cluster in ``[since, until)``, in order of their end.

        Of more than ``most`` the newest. Raises ``LedgerError``.
        """

    def record_ends(self, ends: Iterable[JobEnd]) -> None:
        """Append how jobs ended; a job already known is skipped."""

    def find(self, job_id: int) -> Sequence[KnownJob]:
        """Recorded jobs that had this id, newest first. Raises ``LedgerError``."""
