"""Run times that the trace itself gives away: what a planner could know at best, and GAIA's rule.

Both implement :class:`.RunTimes`. GAIA: Hanafy et al., ASPLOS 2024.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.durations.shapes import Shapes
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.job import Job
from slurm_energy.simulate.trace import TraceJob

Values = NDArray[np.float64]


class TrueRuns:
    """Each job's own run time, as only an oracle knows it."""

    def __init__(self, jobs: Iterable[TraceJob]) -> None:
        self._run = {str(job.number): job.run for job in jobs}

    def shapes(
        self,
        jobs: Sequence[Job],
        classes: Sequence[WorkloadClass],  # noqa: ARG002
        slot: int,
        slots: int,
    ) -> Shapes:
        """One shape for all runs of equally many slots: certain to last, then certain to be over.

        A run that ends within a slot is alive until that slot's end.
        """
        lasting = np.array([-(-self._run[job.admin_comment] // slot) for job in jobs], dtype=int)
        lengths, row = np.unique(np.clip(lasting, 1, slots), return_inverse=True)
        alive = np.arange(slots) < lengths[:, None]
        return Shapes(
            slot=slot,
            alive=np.ascontiguousarray(alive, dtype=np.float64),
            row=row.astype(np.int64).reshape(-1),
            label=[f"true run time, {length * slot / 3600:g} h" for length in lengths],
            samples=np.ones(len(lengths), dtype=np.int64),
        )


class QueueRuns:
    """The run times of each queue over the whole trace: GAIA's assumption.

    Which queue a job is in is known at submit, its run time is not.
    """

    def __init__(self, jobs: Iterable[TraceJob]) -> None:
        runs: dict[str, list[int]] = {}
        self._queue: dict[str, str] = {}
        for job in jobs:
            runs.setdefault(job.partition, []).append(job.run)
            self._queue[str(job.number)] = job.partition
        self._runs = {name: np.sort(np.array(found)) for name, found in sorted(runs.items())}
        self._row = {name: number for number, name in enumerate(self._runs)}
        self._alive: dict[tuple[int, int], Values] = {}

    def shapes(
        self,
        jobs: Sequence[Job],
        classes: Sequence[WorkloadClass],  # noqa: ARG002
        slot: int,
        slots: int,
    ) -> Shapes:
        """One shape for each queue, whichever jobs are asked for."""
        return Shapes(
            slot=slot,
            alive=self._shared(slot, slots),
            row=np.array([self._row[self._queue[job.admin_comment]] for job in jobs], dtype=int),
            label=[f"partition {name or 'gpu'}" for name in self._runs],
            samples=np.array([len(runs) for runs in self._runs.values()], dtype=np.int64),
        )

    def _shared(self, slot: int, slots: int) -> Values:
        """Share of each queue's runs that last longer than so many slots; made once."""
        if (slot, slots) not in self._alive:
            edges = np.arange(slots) * slot
            self._alive[slot, slots] = np.array(
                [
                    1 - np.searchsorted(runs, edges, side="right") / len(runs)
                    for runs in self._runs.values()
                ]
            ).reshape(len(self._runs), slots)
        return self._alive[slot, slots]
