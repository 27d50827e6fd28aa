"""The trade-off a site chooses: weights, margins, limits. Durations are wall-clock seconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from slurm_energy.model.budget import Budgets
from slurm_energy.model.contract import Sensitivity, WorkloadClass
from slurm_energy.model.series import Signal

HOUR = 3600


@dataclass(frozen=True, slots=True)
class Threshold:
    """A clause of a class's price curve: it waits while a signal is above a value.

    ``above`` is in the signal's own unit: gCO2eq/kWh, or currency per MWh.
    """

    workload_class: WorkloadClass
    signal: Signal
    above: float
    ahead_below: int | None = None
    """It holds while fewer GPUs than this are wanted ahead of the class; None: always."""


@dataclass(frozen=True, slots=True)
class ClassPolicy:
    """How one workload class weighs carbon, price, delay and urgency.

    ``carbon`` and ``price`` weigh the normalised signals (standard deviations from the mean of
    the known series); ``delay`` is what an hour of waiting costs, in hours of run time at one
    standard deviation: a short run saves little, so it waits little. A boost appears once slack
    falls below ``ramp`` seconds (None: always, for latency-critical work) and is split between
    ``urgency`` and ``energy``, the regret of starting later than now.
    """

    carbon: float = 0.5
    price: float = 0.5
    delay: float = 0.02
    ramp: int | None = 4 * HOUR
    urgency: float = 0.7
    energy: float = 0.3
    stop: bool = False
    """Whether running jobs of this class that are ``interruptible`` may be stopped and resumed."""


DEFAULT_CLASSES: Mapping[WorkloadClass, ClassPolicy] = {
    WorkloadClass.LATENCY_CRITICAL: ClassPolicy(carbon=0, price=0, ramp=None, urgency=1, energy=0),
    WorkloadClass.NEARLINE: ClassPolicy(delay=0.2, ramp=HOUR // 2, urgency=0.9, energy=0.1),
    WorkloadClass.TRAINING: ClassPolicy(delay=0.02, ramp=6 * HOUR),
    WorkloadClass.EVALUATION: ClassPolicy(delay=0.01, ramp=4 * HOUR),
    WorkloadClass.UNMANAGED: ClassPolicy(carbon=0, price=0, delay=0, urgency=0, energy=0),
}

DEFAULT_SENSITIVITY: Mapping[Sensitivity, float] = {
    Sensitivity.LOW: 0.5,
    Sensitivity.NORMAL: 1.0,
    Sensitivity.HIGH: 2.0,
}


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything the planner may not decide for itself."""

    classes: Mapping[WorkloadClass, ClassPolicy] = field(default_factory=lambda: DEFAULT_CLASSES)
    sensitivity: Mapping[Sensitivity, float] = field(default_factory=lambda: DEFAULT_SENSITIVITY)
    """Factor on the energy weights (carbon, price) against the price on delay."""
    slot: int = HOUR // 4
    """Grain of the planner and of begin times."""
    horizon: int = 48 * HOUR
    """How far ahead a start may lie."""
    typical_run: int = HOUR
    """Run time assumed for a job without a limit, for its preference; never for a promise."""
    margin: int = HOUR // 4
    """Kept free before every latest start."""
    usual_wait: int = HOUR // 6
    """Queue wait assumed where history has too few samples."""
    wide_wait: int = 24 * HOUR
    """Least queue wait assumed for a job wider than half its partition (bf_window)."""
    least_gain: float = 0.1
    """A later start must be better by this many standard deviations; also the dead band."""
    busy_hours: float = 4.0
    """The queue is manageable while eligible demand is below this many hours of all GPUs."""
    headroom: float = 0.05
    """Share of the cluster that is not planned for: room for what nobody foresaw."""
    band_hours: float = 12.0
    """The largest boost, as hours of age on this site."""
    interruption_cost: int = 600
    """Seconds of run time lost with each stop: checkpoint, requeue and restart."""
    least_run: int = HOUR
    """A job that we stopped before runs at least this long before it is stopped again."""
    levels: int = 8
    """Steps from no boost to the largest: the quantum of SiteFactor."""
    update_cap: int = 300
    """Most updates sent in one cycle."""
    limited_update_cap: int = 60
    """The same where slurmctld limits RPC rates (rl_enable)."""
    pending_share: float = 0.6
    """Nothing is put off once the job table is this full (of MaxJobCount)."""
    submit_share: float = 0.8
    """Nothing of a user is put off once that share of MaxSubmitJobs is used."""
    thresholds: tuple[Threshold, ...] = ()
    budgets: Budgets = field(default_factory=Budgets)

    def scaled(self, speed: float) -> "Policy":
        """The same policy for signals replayed ``speed`` times as fast as they were recorded.

        Grain, horizon, margins and ramps shrink with the signals; contracts, limits and Slurm's
        own times stay wall time.
        """
        if speed == 1:
            return self
        return replace(
            self,
            slot=_shrunk(self.slot, speed),
            horizon=_shrunk(self.horizon, speed),
            typical_run=_shrunk(self.typical_run, speed),
            margin=_shrunk(self.margin, speed),
            usual_wait=_shrunk(self.usual_wait, speed),
            wide_wait=_shrunk(self.wide_wait, speed),
            least_run=_shrunk(self.least_run, speed),
            classes={
                name: replace(
                    kind,
                    ramp=None if kind.ramp is None else _shrunk(kind.ramp, speed),
                )
                for name, kind in self.classes.items()
            },
        )


def _shrunk(seconds: int, speed: float) -> int:
    return max(1, round(seconds / speed))
