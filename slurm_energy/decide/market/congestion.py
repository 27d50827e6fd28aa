"""What it costs that many want the same hour: a price by slot, the dual of the capacity limit.

Every job answers for itself at the prices it sees. Where the answers together exceed what the
cluster can give, the slot's price rises in proportion; where they do not, it falls again, never
below 0 (projected subgradient steps on the Lagrangian dual; Bertsekas, Nonlinear Programming 6.3).
A few rounds a turn suffice, since each turn goes on from the prices of the last.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slurm_energy.decide.market.starts import Asks, Starts, best_starts, demand
from slurm_energy.decide.market.stopping import Courses, Resumables, alike, best_courses
from slurm_energy.decide.pricing.price import Values
from slurm_energy.decide.pricing.prices import Index, Prices

ROUNDS = 3
STEP = 0.3
"""Standard deviations by which a slot that is wanted twice over rises in the first round."""
FADING = 0.3


@dataclass(frozen=True, slots=True)
class Congestion:
    """The surcharge by slot, in standard deviations, from ``start`` on."""

    start: int
    slot: int
    price: Values

    def moved_to(self, start: int, slots: int) -> Values:
        """The surcharge on a grid of the same slots from ``start`` on; new slots are free."""
        passed = max(0, (start - self.start) // self.slot)
        kept = self.price[passed : passed + slots]
        return np.concatenate([kept, np.zeros(slots - len(kept))])

    def at(self, time: int) -> float:
        """The surcharge at a moment; 0 outside."""
        slot = (time - self.start) // self.slot
        return float(self.price[slot]) if 0 <= slot < len(self.price) else 0.0


@dataclass(frozen=True, slots=True)
class Wishes:
    """Everything that wants the cluster: rows of ``alive`` are shapes."""

    alive: Values
    asks: Asks
    resumables: Resumables
    base: Values
    """Shape (slots,): what is taken whatever the price."""
    interruption: float
    """Slots of run time that a stop costs."""
    least_gain: float


@dataclass(frozen=True, slots=True)
class Settled:
    """Answers at the prices at which it settled, and these prices."""

    surcharge: Values
    starts: Starts
    courses: Courses
    load: Values
    """Shape (slots,): what is expected to be taken."""


def settle(
    prices: Prices,
    here: NDArray[np.bool_],
    wishes: Wishes,
    capacity: Values | None,
    surcharge: Values,
    rounds: int = ROUNDS,
) -> Settled:
    """Adjust the surcharge for some rounds, and answer at what it is then.

    ``here`` tells which curves are this cluster's: only they pay it and fill it. ``capacity``,
    shape (slots,), is in the unit of the wishes' units; None: without limit.
    """
    order = alike(wishes.resumables)
    settled = _answer(prices, here, wishes, surcharge, order)
    for number in range(rounds if capacity is not None else 0):
        surcharge = _stepped(settled, capacity, STEP / (1 + FADING * number))
        if np.array_equal(surcharge, settled.surcharge):
            break
        settled = _answer(prices, here, wishes, surcharge, order)
    return settled


def _stepped(settled: Settled, capacity: Values | None, step: float) -> Values:
    surcharge, load = settled.surcharge, settled.load
    if capacity is None:
        return surcharge
    excess = (load - capacity) / np.maximum(capacity, 1e-9)
    return np.maximum(0.0, surcharge + step * np.clip(excess, -1.0, 10.0))


def _answer(
    prices: Prices, here: NDArray[np.bool_], wishes: Wishes, surcharge: Values, order: Index
) -> Settled:
    market = prices.plus(surcharge, here)
    starts = best_starts(market, wishes.alive, wishes.asks, wishes.least_gain)
    load = wishes.base + demand(wishes.asks, starts.start, wishes.alive, len(surcharge))
    jobs = wishes.resumables
    courses = best_courses(market, wishes.alive, jobs, wishes.interruption, load, order)
    return Settled(surcharge, starts, courses, load)
