"""Jobs that are alike do not all move to the same slot: a crowd is parted over what is free.

At one set of prices identical jobs give identical answers, so prices alone send a crowd from slot
to slot together, and find no level at which a part of it goes here and a part there. They say what
a slot is worth; who gets it takes a rounding step (recovery of a primal solution from a Lagrangian
dual; Bertsekas, Nonlinear Programming 6.3). Each crowd fills its cheapest slots one after the other
as far as there is room, in order of job ids; who has a begin time that is still good keeps it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from slurm_energy.decide.market.congestion import Settled, Wishes
from slurm_energy.decide.market.floor import Floor
from slurm_energy.decide.market.starts import Asks, demand, expected_means
from slurm_energy.decide.pricing.price import Values
from slurm_energy.decide.pricing.prices import Index

CROWD = 12
"""Identical jobs from which on prices alone do not part them."""
MOST = 8
"""Crowds that are parted in a turn, the largest first: each takes about a millisecond."""
DENSE = 8
"""Keys up to so many times their number are counted: room for each is cheaper than sorting them."""
LIKELY = 0.05
"""Chance of still running below which no room is kept for a run."""


def berthed(floor: Floor, wanted: Wishes, settled: Settled, limit: Values | None) -> Settled:
    """``settled`` with crowds parted, where by slot more is wanted than ``limit``.

    Only jobs that run in one piece, at least ``CROWD`` alike. They have the room that nobody known
    takes at the market's prices; who finds none does as the market told him.
    """
    if limit is None or not (settled.load > limit * (1 + 1e-9)).any():
        return settled
    crowds = _crowds(floor, wanted.asks)
    if not crowds:
        return settled
    starts, market = settled.starts, floor.prices.plus(settled.surcharge, floor.here)
    start, later, chosen = starts.start.copy(), starts.later.copy(), starts.chosen.copy()
    room = _Room(_left(floor, wanted, settled, limit, crowds))
    kinds = _kinds(wanted.asks, crowds)
    means, dear = (
        expected_means(values, wanted.alive, *kinds)
        for values in (floor.prices.values, market.values)
    )
    told = [_Crowd(wanted, *one) for one in zip(crowds, means, dear, strict=True)]
    for one in sorted(told, key=lambda crowd: (-crowd.gain, int(crowd.rows[0]))):
        start[one.rows] = one.parted(room, start[one.rows])
        later[one.rows] = one.later(start[one.rows])
        chosen[one.rows] = one.dear[start[one.rows]]
    return replace(settled, starts=replace(starts, start=start, later=later, chosen=chosen))


def _crowds(floor: Floor, asks: Asks) -> Sequence[Index]:
    """Rows of ``asks`` that are alike in everything that decides, each in order of job ids."""
    waits = np.flatnonzero((asks.last > asks.first) & (asks.units > 0))
    waits = waits[waits < len(floor.block)]
    _, units = np.unique(asks.units[waits], return_inverse=True)
    key = np.zeros(len(waits), dtype=np.int64)
    for column in (
        asks.curve[waits],
        asks.shape[waits],
        asks.first[waits],
        asks.last[waits],
        units,
    ):
        key = key * (column.max(initial=0) + 1) + column
    kind = numbered(key)
    members = np.bincount(kind)
    largest = np.argsort(-members, kind="stable")[:MOST]
    job_id = floor.stage.applicants.rows.job_id[floor.block]
    crowds = [waits[kind == one] for one in largest.tolist() if members[one] >= CROWD]
    return [crowd[np.argsort(job_id[crowd], kind="stable")] for crowd in crowds]


def numbered(key: Index) -> Index:
    """Each key's place among those that there are, in order; few keys are counted, not sorted."""
    if key.max(initial=0) > DENSE * len(key):
        return np.asarray(np.unique(key, return_inverse=True)[1], dtype=np.int64)
    return np.asarray((np.cumsum(np.bincount(key) > 0) - 1)[key], dtype=np.int64)


def _left(
    floor: Floor, wanted: Wishes, settled: Settled, limit: Values, crowds: Sequence[Index]
) -> Values:
    """What is free by slot without the crowds, and without those who are only expected."""
    expected = np.arange(len(floor.block), len(wanted.asks))
    rows = np.concatenate([*crowds, expected])
    asks = Asks(*(getattr(wanted.asks, field.name)[rows] for field in fields(Asks)))
    theirs = demand(asks, settled.starts.start[rows], wanted.alive, len(settled.load))
    return np.maximum(0.0, limit - settled.load + theirs)


def _kinds(asks: Asks, crowds: Sequence[Index]) -> tuple[Index, Index]:
    """Curve and shape of each crowd."""
    first = np.array([crowd[0] for crowd in crowds])
    return asks.curve[first], asks.shape[first]


class _Room:
    """What is free by slot, as it is taken."""

    def __init__(self, left: Values) -> None:
        self._left = left

    def places(self, alive: Values, units: float) -> Index:
        """By start slot, how many such runs find room from there to their likely end; 0 at least.

        What is likely to be over takes room as well, so more may be taken than there is.
        """
        need = units * alive[: max(1, int((alive > LIKELY).sum()))]
        padded = np.concatenate([self._left, np.full(len(need) - 1, np.inf)])
        fit = (sliding_window_view(padded, len(need)) / need).min(axis=1)
        return np.asarray(np.clip(fit, 0.0, 2**31) + 1e-9, dtype=np.int64)

    def take(self, alive: Values, units: float, slot: int) -> None:
        """``units`` start in that slot."""
        end = min(len(self._left), slot + len(alive))
        self._left[slot:end] -= units * alive[: end - slot]


@dataclass(frozen=True, slots=True)
class _Crowd:
    """Rows that are alike, and what each start slot costs them."""

    wanted: Wishes
    rows: Index
    mean: Values
    """By the signals alone."""
    dear: Values
    """At the market's prices."""

    @property
    def first(self) -> int:
        """The slot in which they would go at once."""
        return int(self.wanted.asks.first[self.rows[0]])

    @property
    def cost(self) -> Values:
        """From ``first`` to the last slot that they may start in, delay included."""
        asks, row = self.wanted.asks, self.rows[0]
        mean = self.mean[self.first : int(asks.last[row]) + 1]
        return np.asarray(mean + asks.delay[row] * np.arange(len(mean)), dtype=np.float64)

    @property
    def gain(self) -> float:
        """What the best start of all saves."""
        cost = self.cost
        return float(cost[0] - cost.min())

    def later(self, start: Index) -> Values:
        """By how much a start that is kept free for them is dearer than going at once."""
        cost = self.cost
        now = cost[0] + self.dear[self.first] - self.mean[self.first]
        best = np.where(start > self.first, cost[start - self.first], cost[1:].min())
        return np.asarray(best - now, dtype=np.float64)

    def parted(self, room: _Room, market: Index) -> Index:
        """A start for each row; who finds no room worth waiting for keeps that of ``market``."""
        asks, row = self.wanted.asks, int(self.rows[0])
        alive, units = self.wanted.alive[asks.shape[row]], float(asks.units[row])
        found = market.copy()
        for members, slot in self._turns(room, alive, units):
            found[members] = slot
            room.take(alive, units * len(members), slot)
        return found

    def _turns(self, room: _Room, alive: Values, units: float) -> Iterator[tuple[Index, int]]:
        """Members and the slot that they get: one slot after the other, the cheapest first."""
        cost, first = self.cost, self.first
        kept = self.wanted.asks.kept[self.rows] - first
        good = cost < cost[0] - self.wanted.least_gain
        waiting = np.arange(len(self.rows))
        while len(waiting):
            free = np.where(good, room.places(alive, units)[first : first + len(cost)], 0)
            if not free.any():
                return
            best = int(np.argmin(np.where(free > 0, cost, np.inf)))
            slot = self._kept(kept[waiting], cost, free, best)
            members = waiting if slot is None else waiting[kept[waiting] == slot]
            slot = best if slot is None else slot
            members = members[: int(free[slot])]
            yield members, first + slot
            waiting = np.setdiff1d(waiting, members)

    def _kept(self, kept: Index, cost: Values, free: Index, best: int) -> int | None:
        """The cheapest slot that somebody has already and that is as good as the best free one."""
        own = np.unique(kept[(kept > 0) & (kept < len(cost))])
        good = own[(free[own] > 0) & (cost[own] <= cost[best] + self.wanted.least_gain)]
        return int(good[np.argmin(cost[good])]) if len(good) else None
