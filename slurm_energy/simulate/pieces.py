"""Schedules from starts alone, or from starts and ends, for all tasks of each job alike."""

import numpy as np

from slurm_energy.simulate.columns import Columns, Ints
from slurm_energy.simulate.schedule import Schedule


def whole_runs(policy: str, jobs: Columns, start: Ints) -> Schedule:
    """Each job runs in one piece on the primary from its start."""
    return pieces(policy, jobs, np.arange(len(jobs.number)), start, start + jobs.run)


def pieces(
    policy: str, jobs: Columns, row: Ints, start: Ints, end: Ints, site: Ints | None = None
) -> Schedule:
    """Each entry is a piece of the job in that row, on the primary if no site is told."""
    where = np.zeros(len(row), np.int64) if site is None else site
    tasks = jobs.tasks[row]
    piece = np.repeat(np.arange(len(row)), tasks)
    first = np.repeat(np.cumsum(tasks) - tasks, tasks)
    return Schedule(
        policy=policy,
        job=jobs.number[row][piece],
        task=np.arange(len(piece)) - first,
        start=start[piece],
        end=end[piece],
        site=where[piece],
        units=jobs.units[row][piece],
    )
