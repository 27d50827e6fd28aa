"""What jobs take of a cluster, what is taken anyway, and how much may be planned: as shares of it.

Where nothing limits the cluster, a job takes its GPUs.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.market.stage import Stage
from slurm_energy.decide.power.capacity import Capacity, Sizes, demand_of, sizes
from slurm_energy.decide.pricing.price import Values
from slurm_energy.model.job import Job, JobState

_AT_ONCE = 1024
"""Jobs whose loads are added at a time."""
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
    drawn = stage.drawn(slice(len(stage.applicants), None))
    return load_of_others(stage, units_of(stage.others, stage.capacity, drawn), slots)


def load_of_others(stage: Stage, takes: Values, slots: int) -> Values:
    """The same in another unit, of which each of them ``takes`` so much."""
    rows = stage.shapes.row[len(stage.applicants) :]
    done = np.array([_slots_done(job, stage) for job in stage.others], dtype=np.int64)
    return _carried(stage.shapes.alive, rows, done, takes, slots)


def _slots_done(job: Job, stage: Stage) -> int:
    """Slots of its run that are over."""
    if job.state is not JobState.RUNNING or job.start_time is None:
        return 0
    return max(0, (stage.now - job.start_time) // stage.shapes.slot)


def _carried(
    alive: Values, rows: NDArray[np.int64], done: NDArray[np.int64], units: Values, slots: int
) -> Values:
    """What runs of these shapes take by slot, ``done`` slots of each being over.

    One that lasts longer than any of its kind did is expected to end within the slot.
    """
    reach = alive.shape[1]
    known = np.zeros((len(alive), reach + min(slots, reach)))
    known[:, :reach] = alive
    ahead = np.arange(min(slots, reach))
    load = np.zeros(slots)
    for first in range(0, len(rows), _AT_ONCE):
        of = slice(first, first + _AT_ONCE)
        still = known[rows[of, None], np.minimum(done[of], reach)[:, None] + ahead]
        base = still[:, :1].copy()
        over = base[:, 0] <= 0
        still = np.divide(still, base, out=np.zeros_like(still), where=base > 0)
        still[over, 0] = 1.0
        # One after the other, as they would be added by hand: the order is the result's last bit.
        parts = np.vstack([load[None, : len(ahead)], units[of, None] * still])
        load[: len(ahead)] = np.add.reduce(parts, axis=0)
    return load


def _finite_most(known: Capacity) -> Values:
    finite = np.where(np.isfinite(known.limit), known.limit, 0.0)
    return np.asarray(finite.max(axis=0, initial=0.0), dtype=np.float64)
