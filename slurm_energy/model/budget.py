"""What deferral may cost a site at most, and what of it is spent."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.job import JobKey

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Budgets:
    """The most that putting jobs off may come to on one cluster; None and absent: no bound."""

    deferred_share: float | None = None
    """Largest share (0-1) of the GPU-hours asked for that may be put off."""
    class_delay: Mapping[WorkloadClass, int] = field(default_factory=dict)
    """Largest mean delay of a class's jobs, in seconds."""
    account_delay: int | None = None
    """Largest mean delay of each account's jobs, in seconds."""
    accounts: Mapping[str, int] = field(default_factory=dict)
    """The same for single accounts, instead of ``account_delay``."""
    idle_gpu_hours: float | None = None
    """Most GPU-hours in a day that stand idle while a put-off job could use them."""
    window: int = 7 * DAY
    """Seconds over which shares and means fade: a job counts 1/e of a new one after them."""

    @property
    def bound(self) -> bool:
        """Whether anything is bounded at all."""
        delays = self.class_delay or self.accounts or self.account_delay is not None
        return bool(delays) or not (self.deferred_share is None and self.idle_gpu_hours is None)

    def of_account(self, account: str) -> int | None:
        """The largest mean delay of one account's jobs, in seconds."""
        return self.accounts.get(account, self.account_delay)


@dataclass(frozen=True, slots=True)
class Charge:
    """What putting one job off takes from the budgets. Known from its record at any time."""

    workload_class: WorkloadClass
    account: str
    submit: int
    tasks: int
    """Tasks of an array; 1 for any other job."""
    gpu_hours: float
    """Of all its tasks, at the time limit."""
    gpus: int
    """Of one task."""
    since: int
    """When it was first put off, or the user's own begin where that is later."""
    begin: int
    """The begin time given."""

    @property
    def delay(self) -> int:
        """Seconds by which it is put off in all."""
        return max(0, self.begin - self.since)


@dataclass(frozen=True, slots=True)
class Tally:
    """Weighted sums over the jobs of a class or an account, each job by its age in the window."""

    jobs: float = 0.0
    delay: float = 0.0
    """Seconds, charged in full when they are given."""

    def plus(self, jobs: float = 0.0, delay: float = 0.0) -> "Tally":
        """With more jobs, or more delay."""
        return Tally(self.jobs + jobs, self.delay + delay)

    def faded(self, share: float) -> "Tally":
        """With every job counting so much less."""
        return Tally(self.jobs * share, self.delay * share)

    @property
    def mean(self) -> float:
        """Mean delay in seconds; 0 without jobs."""
        return self.delay / self.jobs if self.jobs > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Spent:
    """What one cluster has spent of its budgets by the time ``at``."""

    at: int = 0
    """The turn that counted last; 0: none yet."""
    classes: Mapping[WorkloadClass, Tally] = field(default_factory=dict)
    accounts: Mapping[str, Tally] = field(default_factory=dict)
    gpu_hours: float = 0.0
    """Asked for by all jobs, ours or not, each by its age in the window."""
    deferred_gpu_hours: float = 0.0
    """Asked for by the jobs among them that were put off."""
    idle_gpu_hours: float = 0.0
    """Stood idle while a put-off job could have used them, fading over a day."""
    resting: bool = False
    """The idle budget was used up, and has not recovered enough yet."""
    idle_gpus: int = 0
    """Stand idle since ``at`` although a put-off job could use them."""
    asked: frozenset[tuple[int, int]] | None = None
    """(id, submit) of the jobs counted lately; None: only those submitted after ``at`` are new."""
    came: frozenset[tuple[int, int]] | None = None
    """The same of ours."""
    open: Mapping[JobKey, Charge] = field(default_factory=dict)
    """Jobs put off now. Not kept over a restart: Slurm and ``Held`` tell them again."""

    @property
    def deferred_share(self) -> float:
        """Share (0-1) of the GPU-hours asked for that were put off."""
        return self.deferred_gpu_hours / self.gpu_hours if self.gpu_hours > 0 else 0.0
