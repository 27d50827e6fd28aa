"""Everything that a turn needs from outside, and what was configured for it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from slurm_energy.decide.durations.shapes import RunTimes
from slurm_energy.decide.gpus.boards import DEFAULT_MODEL
from slurm_energy.decide.gpus.speeds import Speeds
from slurm_energy.decide.power.watthistory import WattHistory
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.job import Queue
from slurm_energy.model.policy import Policy
from slurm_energy.model.power import PowerModel
from slurm_energy.model.rates import ClusterRates
from slurm_energy.ports import (
    Actuator,
    Annotator,
    Chore,
    Clock,
    HeldStore,
    Lead,
    Ledger,
    Lessons,
    PowerMeter,
    QueueReader,
    SignalSource,
    SpentStore,
    TableWriter,
)
from slurm_energy.power import UNLIMITED


def no_lessons(now: int, *, leading: bool) -> Sequence[str]:  # noqa: ARG001
    """Run times that are known, or taught by somebody else."""
    return ()


def nobody_looks(queue: Queue) -> None:
    """Nobody wants to know on which machines jobs run."""


@dataclass(frozen=True, slots=True)
class World:
    """Everything a turn needs from outside."""

    clock: Clock
    readers: Mapping[str, QueueReader]
    actuators: Mapping[str, Actuator]
    signals: SignalSource
    annotate: Annotator
    ledger: Ledger
    held: HeldStore
    lead: Lead
    table: TableWriter
    run_times: RunTimes
    spent: SpentStore
    drawn_before: WattHistory | None = None
    """What ended jobs drew; None: nobody learns it."""
    speeds: Speeds | None = None
    """How fast GPU types are; None: nobody learns it."""
    power: PowerMeter = UNLIMITED
    lessons: Lessons = no_lessons
    chores: Sequence[Chore] = ()
    see: Callable[[Queue], None] = nobody_looks
    """Shown every queue as it is read: whoever learns on which GPU types jobs run."""


@dataclass(frozen=True, slots=True)
class CycleSettings:
    """What was configured for the turn."""

    local: str
    """The cluster whose submit hook reads our table."""
    mode: str
    policy: Policy
    interval: int
    max_delays: Mapping[WorkloadClass, int]
    machines: PowerModel = field(default_factory=lambda: DEFAULT_MODEL)
    """What is known of the machines' draw."""
    rates: Mapping[str, ClusterRates] = field(default_factory=dict)
    """By cluster, what machines cost by the hour beside their energy."""
