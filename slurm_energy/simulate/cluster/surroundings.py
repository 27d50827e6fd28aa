"""What the clusters of one world share."""

from collections.abc import Iterator
from dataclasses import dataclass

from slurm_energy.ports import Clock
from slurm_energy.simulate.cluster.diary import Diary
from slurm_energy.simulate.events import EventHeap
from slurm_energy.simulate.scene import Queueing


@dataclass(frozen=True, slots=True)
class Surroundings:
    """One clock, one heap of events, one diary."""

    clock: Clock
    events: EventHeap
    diary: Diary
    ids: Iterator[int]
    """Ids for tasks of arrays as they start."""
    queueing: Queueing
    interruption_cost: int
    """Seconds that each interruption adds to what is left."""
