"""One turn as it happened: what was read, decided, sent and reported."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from slurm_energy.decide.plan import Plan
from slurm_energy.decide.rules.guard import Subject
from slurm_energy.decide.scoring.points import CurvesByCluster
from slurm_energy.decide.updates import Batch
from slurm_energy.model.decision import CycleRecord, Outcome
from slurm_energy.model.job import Queue
from slurm_energy.model.power import PowerLimit
from slurm_energy.model.series import ClusterSignals


@dataclass(slots=True)
class Turn:
    """One turn as it happened; ``explain``, ``status`` and metrics read it."""

    number: int
    at: int
    leading: bool = False
    queues: dict[str, Queue] = field(default_factory=dict)
    signals: Mapping[str, ClusterSignals] = field(default_factory=dict)
    running: dict[str, Sequence[Subject]] = field(default_factory=dict)
    """By cluster, the running jobs that the site and their users allow to be stopped."""
    power: Mapping[str, PowerLimit] = field(default_factory=dict)
    """By cluster, where the site limits the draw."""
    drawn: dict[str, float] = field(default_factory=dict)
    """What these clusters are thought to draw, in W."""
    curves: CurvesByCluster = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)
    batches: dict[str, Batch] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    record: CycleRecord | None = None
