"""When a job starts that must run in one piece: the least expected price over its run times.

::

    mean[s]  = sum over k of alive[k] * price[s + k], divided by the sum of alive
    cost[s]  = mean[s] + delay * (s - first)
    start    = the s in (first, last] of least cost, if it is better than first by least_gain

``alive[k]`` is the chance that the run lasts longer than ``k`` slots, so the sum is the expected
price of the whole run. A start that holds already is kept while it is within ``least_gain`` of
the best: a forecast that wobbles moves nobody.
"""

from dataclasses import dataclass

import numpy as np

from slurm_energy.decide.pricing.price import Values
from slurm_energy.decide.pricing.prices import Index, Prices

try:
    from slurm_energy.decide.market import _starts
except ImportError:  # not compiled here: slower, and equal to the bit
    _KERNEL = False
else:
    _KERNEL = True


@dataclass(frozen=True, slots=True)
class Asks:
    """A column per field, a row per job; slots count from the start of the prices."""

    curve: Index
    shape: Index
    first: Index
    last: Index
    """Last slot it may start in; ``first`` or less: it can't wait."""
    kept: Index
    """Slot of the begin time it has from us already; -1: none."""
    delay: Values
    """Price of waiting a slot."""
    units: Values
    """What it takes of the capacity while it runs."""

    def __len__(self) -> int:
        return len(self.curve)


@dataclass(frozen=True, slots=True)
class Starts:
    """Answers, row by row."""

    start: Index
    later: Values
    """By how much the best later start is dearer than the first; infinite: there is none."""
    at_once: Values
    """Expected mean price of the run when started in its first slot."""
    chosen: Values
    """The same for the chosen start."""


def best_starts(prices: Prices, alive: Values, asks: Asks, least_gain: float) -> Starts:
    """The start of each job. ``alive``: shape (shapes, slots), see :class:`Shapes`."""
    pair = asks.curve * len(alive) + asks.shape
    present = np.bincount(pair) > 0
    line = (np.cumsum(present) - 1)[pair]
    curve, shape = np.divmod(np.flatnonzero(present), len(alive))
    starts = int(max(asks.first.max(initial=0), asks.last.max(initial=0))) + 1
    mean = expected_means(prices.values, alive, curve, shape, starts)
    start, later = np.empty(len(asks), dtype=np.int64), np.empty(len(asks))
    pick = _starts.pick if _KERNEL else pick_plain
    pick(mean, line, asks.first, asks.last, asks.kept, asks.delay, least_gain, start, later)
    return Starts(start, later, mean[line, asks.first], mean[line, start])


def expected_means(
    values: Values, alive: Values, curve: Index, shape: Index, starts: int | None = None
) -> Values:
    """Mean price of a run by start slot, shape (pairs, starts); beyond the curves it is 0.

    ``starts``: how many of the first slots are asked about; None: all.
    """
    slots = values.shape[1]
    means = np.empty((len(curve), slots if starts is None else min(starts, slots)))
    fill = _starts.means if _KERNEL else means_plain
    fill(np.ascontiguousarray(values), alive, curve, shape, alive[shape].sum(axis=1), means)
    return means


def demand(asks: Asks, start: Index, alive: Values, slots: int) -> Values:
    """What the jobs are expected to take, slot by slot, if they start so."""
    counted = np.bincount(asks.shape * slots + start, asks.units, len(alive) * slots)
    # Without any ask numpy has counted in whole numbers.
    begun = np.asarray(counted, dtype=np.float64)
    load = np.zeros(slots)
    carry(begun.reshape(-1, slots), alive, load)
    return load


def carry(begun: Values, alive: Values, load: Values) -> None:
    """Add to ``load`` what runs take that begin so: units by shape and slot, C-contiguous."""
    fill = _starts.fill_load if _KERNEL else load_plain
    fill(begun, alive, load)


def means_plain(
    values: Values, alive: Values, curve: Index, shape: Index, length: Values, means: Values
) -> None:
    """The specification of the compiled loop: a sum over the slots of the run, in their order."""
    slots, starts = values.shape[1], means.shape[1]
    means[:] = 0.0
    for pair in range(len(curve)):
        for slot, chance in enumerate(alive[shape[pair], :slots]):
            if chance <= 0:
                break
            known = min(starts, slots - slot)
            means[pair, :known] += chance * values[curve[pair], slot : slot + known]
        means[pair] /= length[pair]


def load_plain(begun: Values, alive: Values, load: Values) -> None:
    """The specification of the compiled loop: shape by shape, start by start."""
    slots = len(load)
    for units, still in zip(begun, alive, strict=True):
        still = np.trim_zeros(still, "b")
        for start in np.flatnonzero(units).tolist():
            known = min(len(still), slots - start)
            load[start : start + known] += units[start] * still[:known]


def pick_plain(
    mean: Values,
    line: Index,
    first: Index,
    last: Index,
    kept: Index,
    delay: Values,
    least_gain: float,
    start: Index,
    later: Values,
) -> None:
    """The specification of the compiled loop, job by job."""
    for job in range(len(line)):
        here = int(first[job])
        options = range(here + 1, int(last[job]) + 1)
        costs = {s: float(mean[line[job], s]) + float(delay[job]) * (s - here) for s in options}
        now = float(mean[line[job], here])
        start[job], later[job] = here, np.inf
        if not costs:
            continue
        best = min(costs, key=lambda s: (costs[s], s))
        if costs.get(int(kept[job]), np.inf) <= costs[best] + least_gain:
            best = int(kept[job])
        later[job] = costs[best] - now
        if costs[best] < now - least_gain:
            start[job] = best
