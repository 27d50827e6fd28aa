"""A job as Slurm shows it, in Slurm's words."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class JobState(StrEnum):
    """The states that matter to us; every other base state is OTHER."""

    PENDING = "PENDING"
    """Waits. A requeued job whose last run has not ended everywhere yet is OTHER."""
    RUNNING = "RUNNING"
    SUSPENDED = "SUSPENDED"
    OTHER = "OTHER"


class JobKey(NamedTuple):
    """Names a job for ever: ids are reused, and a requeue resets Slurm's SubmitTime.

    ``submit`` is the original submit time, as annotated; Slurm's own where there is none.
    """

    cluster: str
    job_id: int
    submit: int


@dataclass(frozen=True, slots=True)
class Job:
    """One record of ``slurm_load_jobs``. Missing is None, never 0."""

    cluster: str
    """The cluster whose slurmctld showed this record."""
    job_id: int
    name: str
    user: str
    account: str
    partition: str
    qos: str
    state: JobState
    reason: str
    submit_time: int
    eligible_time: int | None
    """Begin time: EligibleTime while it lies ahead (StartTime becomes backfill's estimate)."""
    time_limit: int | None
    """Seconds; None for UNLIMITED or unset."""
    nodes: int
    cpus: int
    gpus: int
    comment: str = ""
    admin_comment: str = ""
    accrue_time: int | None = None
    """Since when Slurm counts its age; None while it does not."""
    site_factor: int | None = None
    """Signed points added to the priority sum; None where the client can't read it."""
    priority_set: bool | None = None
    """True when somebody set Priority directly; None where the client can't tell."""
    held: bool = False
    batch: bool = True
    cron: bool = False
    dependency: str = ""
    reservation: str = ""
    deadline: int | None = None
    """Slurm's own --deadline."""
    array_task_count: int = 0
    """0: no array. Otherwise the tasks this record still stands for."""
    het: bool = False
    restarts: int = 0
    start_time: int | None = None
    """When it started, for a running job."""
    end_time: int | None = None
    origin: str | None = None
    """Federation origin; None outside a federation."""
    siblings: tuple[str, ...] = ()
    """Clusters the job is still open to (viable siblings); empty outside a federation."""
    nodelist: tuple[str, ...] = ()
    memory: int | None = None
    """MiB it asked for in all; None where Slurm shows none."""
    gpu_type: str = ""
    """The GPU type it asked for, as gres.conf has it, such as ``h100``; empty: any."""
    array_most: int | None = None
    """Tasks of its array that may run at once (``--array=…%5``); None: all."""
    array: str = ""
    """How squeue names it where it belongs to an array: ``98_[4-9%2]``, ``98_4``; else empty."""
    requeue: bool = True
    """Whether Slurm may send it back to the queue (sbatch --requeue, JobRequeue)."""

    @property
    def is_sibling(self) -> bool:
        """Whether this record is another cluster's job, offered here too by the federation.

        Not one that its origin may no longer run: it is decided where it still is pending.
        """
        away = self.origin is not None and self.origin != self.cluster
        return away and (not self.siblings or self.origin in self.siblings)

    @property
    def home(self) -> str:
        """The cluster that names the job for ever: its origin, unless that decides beside us."""
        return self.cluster if self.origin is None or self.is_sibling else self.origin


@dataclass(frozen=True, slots=True)
class Reservation:
    """A reservation that takes nodes away from ordinary jobs for a while."""

    name: str
    start: int
    end: int
    nodes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition's size, for width and capacity."""

    name: str
    nodes: frozenset[str]
    gpus: int


@dataclass(frozen=True, slots=True)
class Node:
    """One node's size, and whether it can be given a job now."""

    name: str
    cpus: int
    memory: int
    """MiB."""
    gpus: int
    gpu_type: str = ""
    """As gres.conf has it; empty where it names none. Of several types the most frequent."""
    usable: bool = True
    """Not down, drained, failing or silent."""


@dataclass(frozen=True, slots=True)
class Health:
    """What sdiag says of the controller's load; None where it says nothing."""

    server_threads: int | None = None
    mean_cycle_us: int | None = None
    update_mean_us: int | None = None
    dbd_queue: int | None = None


@dataclass(frozen=True, slots=True)
class Queue:
    """One cluster read at one moment."""

    cluster: str
    read_at: int
    jobs: tuple[Job, ...]
    partitions: tuple[Partition, ...] = ()
    reservations: tuple[Reservation, ...] = ()
    health: Health = field(default_factory=Health)
    gpus_total: int = 0
    gpus_idle: int = 0
    max_job_count: int | None = None
    job_count: int = 0
    """Records in slurmctld's job table, for MaxJobCount."""
    rate_limited: bool = False
    """SlurmctldParameters=rl_enable."""
    age_points_per_hour: float | None = None
    """PriorityWeightAge / PriorityMaxAge in hours; None without multifactor."""
    forgets_age: bool = False
    """Whether a job whose begin time is moved ahead loses the age it had (limits enforced)."""
    age_points_most: int | None = None
    """PriorityWeightAge: all that age can ever give; None without multifactor."""
    submit_limits: tuple[tuple[str, int], ...] = ()
    """(user, MaxSubmitJobs) where a limit is known."""
    nodes: tuple[Node, ...] = ()
    """Every node; empty for a pool without nodes."""
