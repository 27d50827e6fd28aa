"""Where and when a trace is played: sites with their machines, their grid, and the period."""

from dataclasses import dataclass, field
from enum import StrEnum

from slurm_energy.model.rates import ClusterRates
from slurm_energy.model.series import Series
from slurm_energy.simulate.trace import TraceJob


@dataclass(frozen=True, slots=True)
class Pool:
    """Units without nodes, each 1 kW while a job has it: a job runs where enough are free."""

    units: int | None
    """None: without limit."""
    idle_share: float = 0.0
    """What an idle unit draws, as a share of an active one; needs a limit to the units."""


@dataclass(frozen=True, slots=True)
class PowerDown:
    """Idle nodes are powered down, as Slurm's SuspendTime and ResumeTimeout do it."""

    after: int
    """Seconds of idleness before a node goes down."""
    boot: int
    """Seconds until it can run a job again."""
    boot_watts: float
    off_watts: float = 0.0


@dataclass(frozen=True, slots=True)
class Nodes:
    """Equal nodes; watts are per node (base) and per GPU."""

    count: int
    gpus: int
    cpus: int
    base_watts: float = 400.0
    idle_gpu_watts: float = 60.0
    active_gpu_watts: float = 400.0
    power_down: PowerDown | None = None
    gpu_type: str = "h100"
    """As gres.conf names it."""


@dataclass(frozen=True, slots=True)
class Site:
    """One cluster: its machines and the truth about its grid, for the whole period."""

    name: str
    machines: Pool | Nodes
    carbon: Series
    price: Series | None = None
    pue: Series | None = None
    """What carbon and price are multiplied by already; None: nothing."""
    rates: ClusterRates = field(default_factory=ClusterRates)
    """What its machines cost by the hour beside their energy."""


class Backfill(StrEnum):
    """How jobs overtake."""

    EASY = "easy"
    """Whoever does not delay the first that waits."""
    CONSERVATIVE = "conservative"
    """Whoever delays nobody; slow where thousands wait."""
    FIRST_FIT = "first-fit"
    """Whoever fits: nothing is kept for the first, so wide jobs may starve. Not Slurm's way."""


@dataclass(frozen=True, slots=True)
class Queueing:
    """How each cluster's Slurm orders and plans."""

    backfill: Backfill = Backfill.EASY
    age_points_per_hour: float = 100.0
    """PriorityWeightAge over PriorityMaxAge, which no wait is to reach here."""
    usual_limit: int = 86_400
    """What backfill plans a job with that has no time limit (a partition's DefaultTime), and adds
    to a run that outlasts its own: limits plan here, and kill nobody. Seconds."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that is given before any policy decides.

    ``jobs`` are placed: submits, deadlines and delays on the epoch's clock, in order of
    submission; none of them can leave ``[start, end)`` if started by its last permitted moment.
    """

    jobs: tuple[TraceJob, ...]
    sites: tuple[Site, ...]
    """The primary first; at most one more."""
    start: int
    end: int
    left_out: int = 0
    """Jobs of the trace that would leave the period or the signals, and are not played."""
    interruption_cost: int = 0
    """Seconds of extra run time for each interruption: checkpoint and restart."""
    too_wide: int = 0
    """Jobs that the primary's machines could never hold; not played either."""
    queueing: Queueing = Queueing()
