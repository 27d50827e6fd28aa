"""What any policy comes to, ours, a published one or the bound: when and where each job ran."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Schedule:
    """Pieces of runs, a column per field; a job that was interrupted has several rows.

    Pieces include what interruptions cost. Times are seconds since the epoch. ``units`` are those
    of the piece: a task of an array, or the whole job.
    """

    policy: str
    job: NDArray[np.int64]
    """``TraceJob.number``."""
    task: NDArray[np.int64]
    """Task of the array, from 0."""
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    site: NDArray[np.int64]
    """Index into ``Scene.sites``."""
    units: NDArray[np.int64]


class NodeOff(NamedTuple):
    """A node without power from ``off`` to ``boot``, booting until ``up``; epoch seconds."""

    site: int
    node: int
    off: int
    boot: int
    up: int
