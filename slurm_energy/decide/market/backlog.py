"""Work against room: what is due by when, and which hours a crowded cluster may leave idle.

Of the work that is due by a slot, no part may be left when that slot ends: so much of the room
before it is needed, and the rest may stay idle (the demand bound of Baruah, Rosier and Howell,
"Algorithms and complexity concerning the preemptive scheduling of periodic, real-time tasks on one
processor", 1990). What may stay idle is spent on the dearest slots first. Amounts are shares of the
cluster, by slot from now on.
"""

import numpy as np

from slurm_energy.decide.market.congestion import Wishes
from slurm_energy.decide.market.starts import carry
from slurm_energy.decide.pricing.price import Values
from slurm_energy.decide.pricing.prices import Index

CROWDED = 1.25
"""Work of so many times the room ahead makes a crowd: below, prices do better by themselves."""
FIRM = 0.85
"""The same of work that nothing may stop: what holds its units until it ends leaves no latest start
its room, however early it is told."""
OVERBOOKED = 0.1
"""Share of the cluster that may wait for it eligible, where it is to be full."""
SURE = 2.0
"""Standard deviations of what is due for which room is kept."""
NEAR = 2
"""Slots that stay in hand: nobody's last moment is planned with."""


def work_due(wishes: Wishes, slots: int) -> Values:
    """Work that must be done by the end of each slot, in cluster-slots, shape (slots,).

    Everybody waits as long as he may. Nobody knows how long runs last: ``SURE`` standard deviations
    are added to the mean, and jobs run on independently of each other.
    """
    alive, asks, courses = wishes.alive, wishes.asks, wishes.resumables
    due = np.append(asks.last, courses.first + courses.budget) - NEAR
    due = np.clip(due, np.append(asks.first, courses.first), slots)
    done = np.append(np.zeros(len(asks), dtype=np.int64), courses.done.astype(np.int64))
    shape, units = np.append(asks.shape, courses.shape), np.append(asks.units, courses.units)
    done = np.minimum(done, np.maximum(0, (alive > 0).sum(axis=1)[shape] - 1))
    load, unsure = wishes.base.copy(), np.zeros(slots)
    reach = alive.shape[1]
    pair = shape * reach + done
    present = np.bincount(pair) > 0
    pairs, which = np.flatnonzero(present), (np.cumsum(present) - 1)[pair]
    row, behind = np.divmod(pairs, reach)
    left = _left(alive, row, behind)
    cell = which * (slots + 1) + due
    for amount, share, total in ((units, left, load), (units**2, _unsure(left), unsure)):
        begun = np.bincount(cell, amount, len(pairs) * (slots + 1)).reshape(-1, slots + 1)
        # Without any job numpy has counted in whole numbers.
        carry(np.ascontiguousarray(begun[:, :slots], dtype=np.float64), share, total)
    return np.asarray(np.cumsum(load) + SURE * np.sqrt(np.cumsum(unsure).clip(min=0.0)))


def _left(alive: Values, row: Index, behind: Index) -> Values:
    """By pair, the chance of going on after ``behind`` slots of the run, shape (pairs, slots)."""
    reach = alive.shape[1]
    at = behind[:, None] + np.arange(reach)
    left = np.where(at < reach, alive[row[:, None], np.minimum(at, reach - 1)], 0.0)
    return np.asarray(left / np.maximum(left[:, :1], 1e-9), dtype=np.float64)


def _unsure(left: Values) -> Values:
    """By how much the variance of the work that was done grows with each slot of a run."""
    square = np.cumsum((2 * np.arange(left.shape[1]) + 1) * left, axis=1)
    return np.diff(square - np.cumsum(left, axis=1) ** 2, prepend=0.0, axis=1)


def fills(wishes: Wishes, room: Values, ahead: int) -> bool:
    """Whether what runs, waits and is expected within ``ahead`` slots makes a crowd."""
    alive, asks, courses = wishes.alive, wishes.asks, wishes.resumables
    work = alive.sum(axis=1)
    firm = float(wishes.base[:ahead].sum()) + float(work[asks.shape] @ asks.units)
    left = np.maximum(work[courses.shape] - courses.done, 1.0)
    return bool(firm / FIRM + float(left @ courses.units) / CROWDED >= room[:ahead].sum())


def planned_load(price: Values, room: Values, due: Values) -> Values:
    """The load by slot that leaves the dearest slots idle as far as all due work still fits.

    Where the room before some slot is not enough for what is due by then, every slot until there is
    full. The sets of slots "until here" lie one in another, so the greedy choice is the best
    one. Of slots that are equally dear the later ones stay idle.
    """
    spare = np.cumsum(room) - due
    spare = np.maximum(np.minimum.accumulate(spare[::-1])[::-1], 0.0)
    idle = np.zeros(len(room))
    for slot in np.lexsort((-np.arange(len(room)), -price)).tolist():
        amount = min(float(room[slot]), float(spare[slot]))
        if amount > 0.0:
            idle[slot] = amount
            spare[slot:] -= amount
            np.minimum(spare[:slot], spare[slot], out=spare[:slot])
    return room - idle


def water_level(price: Values, room: Values, load: Values) -> float:
    """What an hour of work saves that is done at once: the price of the dearest later full slot.

    Work done earlier than planned makes room there. Where no later slot is to be full, work that is
    put off goes to the cheapest one.
    """
    later, full = price[1:], load[1:] >= room[1:] - 1e-6
    return float(later[full].max() if full.any() else price.min())


def turns_come(cumulated: Values, room: Values, load: Values) -> Index:
    """By job, the first slot whose load has room for it; ``cumulated`` counts those before it.

    Where the present slot is full, some more may go than fit: who waits in Slurm's own queue takes
    over at once when somebody ends.
    """
    full = load >= room - 1e-6
    reached = np.where(full, np.inf, load)
    if full[0]:
        reached[0] = room[0] + OVERBOOKED
    return np.searchsorted(np.maximum.accumulate(reached), cumulated, side="left").astype(np.int64)
