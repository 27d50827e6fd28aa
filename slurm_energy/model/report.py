"""What became of the jobs that were deferred: the ledger's answer, counted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from slurm_energy.model.decision import Decision
from slurm_energy.model.job import JobKey


@dataclass(frozen=True, slots=True)
class Recorded:
    """A decision and the time of the cycle that wrote it."""

    at: int
    decision: Decision


class Kept(StrEnum):
    """What became of a deferred job's promise."""

    KEPT = "kept"
    """Completed by its deadline."""
    MISSED = "missed"
    """Ended after its deadline, or Slurm ended it for its deadline."""
    FAILED = "failed"
    """Ended before its deadline without completing: its own failure, a cancel, a time-out."""
    NO_DEADLINE = "no deadline"
    OPEN = "open"
    """Its end is not recorded yet."""


@dataclass(frozen=True, slots=True)
class DeferredJob:
    """One job that was deferred at least once. Times are None where there are none."""

    key: JobKey
    first_deferred: int
    deadline: int | None
    state: str | None
    start: int | None
    end: int | None
    kept: Kept
    ours: bool
    """A miss that starting at once would have avoided."""


@dataclass(frozen=True, slots=True)
class DeferredReport:
    """Deferred jobs first deferred in a period: totals over all, the newest of them in full."""

    totals: Mapping[Kept, int] = field(default_factory=dict)
    ours: int = 0
    jobs: tuple[DeferredJob, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownJob:
    """A job the ledger knows; ``user`` None where its end is not recorded yet."""

    key: JobKey
    user: str | None
