"""The sockets of the house: what the cycle needs from outside, one to three methods each."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from slurm_energy.model.decision import CycleRecord, Decision, JobEnd, Outcome, Update
from slurm_energy.model.job import JobKey, Queue
from slurm_energy.model.series import ClusterSignals


class Clock(Protocol):
    """Time, as an argument."""

    def now(self) -> int:
        """Seconds since the epoch, UTC."""


class QueueReader(Protocol):
    """Reads one cluster."""

    cluster: str

    def read(self) -> Queue:
        """The whole queue now. Raises :class:`~slurm_energy.errors.SlurmUnavailable`."""

    def ended(self, since: int) -> Sequence[JobEnd]:
        """Jobs that ended at or after ``since``, from accounting. Raises ``SlurmUnavailable``."""


class Actuator(Protocol):
    """Changes fields of pending jobs of one cluster."""

    def apply(self, updates: Sequence[Update]) -> Sequence[Outcome]:
        """One outcome per update, in order. Never raises for a single job's refusal."""


class SignalSource(Protocol):
    """Tells each cluster's energy signals."""

    def read(self, now: int) -> Mapping[str, ClusterSignals]:
        """By cluster; what is missing, stale or absurd is None with a problem. Never raises."""


class Ledger(Protocol):
    """The memory that outlives us."""

    def record(
        self, cycle: CycleRecord, decisions: Iterable[Decision], outcomes: Iterable[Outcome]
    ) -> None:
        """Append one turn: its aggregate, the decisions that changed, the effects.

        Never raises for an absent database: what can't be written now is kept within bounds.
        """

    def record_ends(self, ends: Iterable[JobEnd]) -> None:
        """Append how jobs ended; a job already known is skipped."""

    def history(self, key: JobKey, limit: int = 50) -> Sequence[Decision]:
        """A job's recorded decisions, newest first. Raises ``LedgerUnavailable``."""
