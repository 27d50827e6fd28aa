"""Run times as the planner sees them: the chance that a run still goes on after so many slots."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.job import Job


@dataclass(frozen=True, slots=True)
class Shapes:
    """Distributions of run times on the planner's grid, shared by the jobs that have the same.

    ``alive[s, k]`` is the chance that a run of shape ``s`` lasts longer than ``k`` slots: 1 at 0
    for every run that ends at all, never rising with ``k``, 0 from the time limit on. What lies
    beyond the last column is not told apart.
    """

    slot: int
    """Seconds."""
    alive: NDArray[np.float64]
    """Shape (shapes, slots), C-contiguous."""
    row: NDArray[np.int64]
    """Shape (jobs,): which row of ``alive`` is each job's."""
    label: Sequence[str]
    """By shape, what it was learned from: ``alice's train-*`` or ``partition gpu``."""
    samples: NDArray[np.int64]
    """By shape, how many ended jobs it rests on; 0: the time limit alone."""
    queue: "Shapes | None" = None
    """Those of the same jobs if only their queue were known; None: no more than that is known."""


class RunTimes(Protocol):
    """Predicts run times. The limit bounds a promise; this decides a preference."""

    def shapes(
        self, jobs: Sequence[Job], classes: Sequence[WorkloadClass], slot: int, slots: int
    ) -> Shapes:
        """The distribution of each job's whole run time, ``slots`` columns of ``slot`` seconds."""


def lengths(alive: NDArray[np.float64]) -> NDArray[np.float64]:
    """By shape, the expected run time in slots; at least one."""
    return np.asarray(np.maximum(alive.sum(axis=1), 1.0), dtype=np.float64)


def slots_until(alive: NDArray[np.float64], share: float) -> NDArray[np.int64]:
    """By shape, slots after which ``share`` of the runs have ended; at least one."""
    return np.asarray(np.maximum(1, (alive > 1 - share).sum(axis=1)), dtype=np.int64)
