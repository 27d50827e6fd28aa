"""What jobs take of a cluster, what is taken anyway, and how much may be planned: as shares of it.

Where nothing limits the cluster, a job takes its GPUs.
"""

from collections.abc import Sequence

import numpy as np

from slurm_energy.decide.capacity import Capacity, Sizes, demand_of, sizes
from slurm_energy.decide.price import Values
from slurm_energy.decide.stage import Stage
from slurm_energy.model.job import Job, JobState

_LITTLE = 1e-9
"""In place of a limit of nothing: whatever is asked of it is too much."""


def units_of(jobs: Sequence[Job], known: Capacity, watts: Values | None = None) -> Values:
    """What each takes while it runs: its largest share of any resource; else its GPUs."""
    return shares_of(sizes(jobs), known, watts)


def shares_of(asked: Sizes, known: Capacity, watts: Values | None = None) -> Values:
    """The same of columns."""
    if not known.resources or not len(asked.gpus):
        return np.maximum(1.0, asked.gpus)
    most = np.maximum(_finite_most(known), _LITTLE)
    total = demand_of(asked, known, watts).total
    return np.asarray((total / most).max(axis=1), dtype=np.float64)


def room(stage: Stage, slots: int) -> Values | None:
    """By slot, the share of the cluster that may be planned; None: without limit."""
    known = stage.capacity
    if not known.resources:
        return None
    most = np.maximum(_finite_most(known), _LITTLE)
    share = np.minimum(known.limit / most, 1.0).min(axis=1)
    full = np.concatenate([share, np.full(max(0, slots - len(share)), share[-1])])[:slots]
    return np.asarray(full * (1 - stage.policy.headroom), dtype=np.float64)


def free_now(stage: Stage) -> float:
    """The share of the cluster that is there now, taken or not; infinite without limit."""
    limit = room(stage, 1)
    return float("inf") if limit is None else float(limit[0]) / (1 - stage.policy.headroom)


def base_load(stage: Stage, slots: int) -> Values:
    """What the others take, by slot: they run on, or start at once, as long as such runs last."""
    load = np.zeros(slots)
    drawn = stage.drawn(slice(len(stage.applicants), None))
    takes = units_of(stage.others, stage.capacity, drawn)
    rows = stage.shapes.row[len(stage.applicants) :]
    for job, row, units in zip(stage.others, rows, takes, strict=True):
        running = job.state is JobState.RUNNING and job.start_time is not None
        done = (stage.now - (job.start_time or 0)) // stage.shapes.slot if running else 0
        ahead = stage.shapes.alive[row, max(0, done) :]
        if len(ahead) and ahead[0] > 0:
            still = ahead[:slots] / ahead[0]
            load[: len(still)] += units * still
        else:
            load[0] += units
    return load


def _finite_most(known: Capacity) -> Values:
    finite = np.where(np.isfinite(known.limit), known.limit, 0.0)
    return np.asarray(finite.max(axis=0, initial=0.0), dtype=np.float64)
