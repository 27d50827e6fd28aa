"""Every job of a queue as columns: what wants to start, what runs, and how much it wants."""

from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slurm_energy.model.job import Job, JobState, Queue

_UNLIMITED = 3600
"""Seconds that count for a job without a time limit."""


class Census(NamedTuple):
    """Shapes are (jobs,); each row rests on its job alone."""

    job_id: NDArray[np.int64]
    pending: NDArray[np.bool_]
    """Pending, and held by nobody."""
    free: NDArray[np.bool_]
    """Waits for no other job."""
    running: NDArray[np.bool_]
    eligible: NDArray[np.int64]
    gpus: NDArray[np.int64]
    """Of all tasks."""
    work: NDArray[np.int64]
    """GPU-seconds of all tasks, at their time limit."""

    def wanting(self, now: int) -> NDArray[np.bool_]:
        """Who starts as soon as there is room: the column of :func:`.wants_to_start`."""
        return self.pending & self.free & (self.eligible <= now)

    def demand_hours(self, queue: Queue, now: int) -> float:
        """Hours that all GPUs would need for what is eligible and pending, at time limits."""
        seconds = int(self.work[self.pending & (self.eligible <= now)].sum())
        return seconds / 3600 / queue.gpus_total if queue.gpus_total else 0.0


def census(jobs: Sequence[Job]) -> Census:
    """The columns of these jobs."""
    count = len(jobs)
    tasks = np.fromiter(map(attrgetter("array_task_count"), jobs), np.int64, count)
    gpus = np.fromiter(map(attrgetter("gpus"), jobs), np.int64, count) * np.maximum(1, tasks)
    limits = np.fromiter((job.time_limit or _UNLIMITED for job in jobs), np.int64, count)
    state = [job.state for job in jobs]
    pending, running = JobState.PENDING, JobState.RUNNING
    held = np.fromiter(map(attrgetter("held"), jobs), np.bool_, count)
    return Census(
        np.fromiter(map(attrgetter("job_id"), jobs), np.int64, count),
        np.fromiter((one is pending for one in state), np.bool_, count) & ~held,
        np.fromiter((not job.dependency for job in jobs), np.bool_, count),
        np.fromiter((one is running for one in state), np.bool_, count),
        np.fromiter((job.eligible_time or 0 for job in jobs), np.int64, count),
        gpus,
        gpus * limits,
    )
