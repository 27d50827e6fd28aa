"""Who runs in a crowd: as many as the plan of loads has room for, least slack first.

In a crowd prices alone decide nothing: at the surcharge that fills every clean hour, all hours are
alike to everybody. There a quantity does: :mod:`backlog` plans the load, and jobs fill it.
"""

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.market.answered import Answers
from slurm_energy.decide.market.backlog import (
    NEAR,
    fills,
    planned_load,
    turns_come,
    water_level,
    work_due,
)
from slurm_energy.decide.market.congestion import Wishes
from slurm_energy.decide.market.expected import AHEAD
from slurm_energy.decide.market.floor import Floor
from slurm_energy.decide.market.shares import room
from slurm_energy.decide.pricing.price import Values
from slurm_energy.decide.pricing.prices import Index, Prices


def lined_up(floor: Floor, wishes: Wishes, told: Answers) -> Answers:
    """The answers as they were told; in a crowd, those of this cluster in turn."""
    slots = floor.prices.values.shape[1]
    limit = room(floor.stage, slots)
    if limit is None or not fills(wishes, limit, AHEAD // floor.prices.slot):
        return told
    rows = _rows(floor)
    if not len(rows):
        return told
    limit = limit / (1 - floor.stage.policy.headroom)
    weight = np.bincount(floor.curve[rows], floor.units[rows], len(floor.prices.values))
    price = weight @ floor.prices.values / weight.sum()
    load = planned_load(price, limit, work_due(wishes, slots))
    slot = _slots(floor, wishes, rows, limit, load)
    level = water_level(price, limit, load)
    slot[_stays(floor, wishes, rows, slot, level)] = 0
    begin = np.where(slot > 0, floor.prices.start + slot * floor.prices.slot, floor.earliest[rows])
    return told.moved(rows, begin)


def _rows(floor: Floor) -> Index:
    """Applicants that could go in this slot, take of this cluster, and have a price to choose."""
    rows = np.sort(np.append(floor.block, floor.course), kind="stable")  # two runs to merge
    asks = (
        (floor.first[rows] == 0)
        & (floor.units[rows] > 0)
        & _varies(floor.prices)[floor.curve[rows]]
    )
    return np.asarray(rows[asks], dtype=np.int64)


def _varies(prices: Prices) -> NDArray[np.bool_]:
    """By curve, whether one hour is dearer than another: nobody waits for the crowd alone."""
    ahead = np.arange(prices.values.shape[1]) < prices.known[:, None]
    highest = np.where(ahead, prices.values, -np.inf).max(axis=1)
    return np.asarray(highest > np.where(ahead, prices.values, np.inf).min(axis=1))


def _slots(floor: Floor, wishes: Wishes, rows: Index, limit: Values, load: Values) -> Index:
    """When the turn of each comes: who can't wait, then who runs, then who has least slack."""
    stage, slot = floor.stage, floor.prices.slot
    slack = stage.applicants.latest[rows] - stage.now
    near = slack <= NEAR * slot
    order = np.lexsort(
        (stage.applicants.rows.job_id[rows], slack, ~stage.applicants.running[rows], ~near)
    )
    takes = floor.units[rows][order]
    turn = np.empty(len(rows), dtype=np.int64)
    turn[order] = turns_come(wishes.base[0] + np.cumsum(takes) - takes / 2, limit, load)
    last = (slack - NEAR * slot) // slot
    return np.asarray(np.where(near, 0, np.minimum(turn, np.maximum(last, 0))), dtype=np.int64)


def _stays(
    floor: Floor, wishes: Wishes, rows: Index, slot: Index, level: float
) -> NDArray[np.bool_]:
    """Those that run and would gain less by stopping until then than a stop costs.

    Waiting spares only the work that the run would have done meanwhile: one that would soon have
    ended gains little by a long wait.
    """
    runs = np.flatnonzero(floor.stage.applicants.running[rows])
    prices, curve, until = floor.prices, floor.curve[rows[runs]], slot[runs]
    passed = (prices.values[curve] - level) * _still(floor, wishes, rows[runs])
    gain = np.insert(passed.cumsum(axis=1), 0, 0.0, axis=1)[np.arange(len(runs)), until]
    cost = wishes.interruption * (prices.level[curve] + prices.values[curve, until])
    stays = np.zeros(len(rows), dtype=np.bool_)
    stays[runs[gain <= cost]] = True
    return stays


def _still(floor: Floor, wishes: Wishes, rows: Index) -> Values:
    """By running job and slot from now on, the chance that it would still run; (rows, slots).

    One that outlasts all of its kind is expected to end within the slot.
    """
    alive, courses = wishes.alive, wishes.resumables
    course = np.searchsorted(floor.course, rows)
    done = courses.done[course].astype(np.int64)[:, None] + np.arange(floor.prices.values.shape[1])
    left = alive[courses.shape[course][:, None], np.minimum(done, alive.shape[1] - 1)]
    first = left[:, :1].copy()
    left = np.divide(left, first, out=np.zeros_like(left), where=first > 0)
    left[first[:, 0] <= 0, :1] = 1.0
    return np.asarray(left, dtype=np.float64)
