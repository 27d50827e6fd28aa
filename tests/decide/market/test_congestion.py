"""Who wants the same hour pays for it together, until they want it no more than it can give.

Jobs that are alike answer alike, so one turn's load may lie wholly in one slot. What each turn's
prices lead to is the mean over turns: that is what the capacity bounds.
"""

import numpy as np
import pytest
from numpy.typing import NDArray

from slurm_energy.decide.market.congestion import Congestion, Settled, Wishes, settle
from slurm_energy.decide.market.starts import Asks
from slurm_energy.decide.market.stopping import Resumables
from slurm_energy.decide.pricing.prices import Prices

SLOTS = 32
HERE = np.array([True])
VALLEY = 1 - 2 * np.exp(-(((np.arange(SLOTS) - 12) / 6) ** 2))
"""Dear now and at the end, cheapest in slot 12."""
Values = NDArray[np.float64]


def market(values: Values = VALLEY) -> Prices:
    return Prices(0, 900, values[None, :], np.ones(1), np.array([SLOTS]))


def blocks(count: int, delay: Values | float = 0.0, last: int = 24) -> Asks:
    rows = np.zeros(count, dtype=np.int64)
    return Asks(rows, rows, rows, rows + last, rows - 1, delay + np.zeros(count), np.ones(count))


def resumables(count: int, delay: Values | float = 0.0, budget: int = 24) -> Resumables:
    rows = np.zeros(count, dtype=np.int64)
    return Resumables(
        rows,
        rows,
        rows,
        rows + budget,
        np.zeros(count),
        np.zeros(count, dtype=np.uint8),
        delay + np.zeros(count),
        np.ones(count),
    )


def wishes(
    asks: Asks | None = None, courses: Resumables | None = None, length: int = 1, base: float = 0.0
) -> Wishes:
    alive = (np.arange(length + 1) < length).astype(np.float64)[None, :]
    return Wishes(
        alive, asks or blocks(0), courses or resumables(0), np.full(SLOTS, base), 0.0, 0.0
    )


def after(
    turns: int, wanted: Wishes, capacity: float | None, start: Values | None = None
) -> Settled:
    """The market after so many turns, each going on from the prices of the last."""
    room = None if capacity is None else np.full(SLOTS, capacity)
    surcharge = np.zeros(SLOTS) if start is None else start
    for _ in range(turns):
        found = settle(market(), HERE, wanted, room, surcharge)
        surcharge = found.surcharge
    return found


def mean_load(wanted: Wishes, capacity: float, turns: int = 60) -> Values:
    """By slot, over the later half of so many turns."""
    found = after(turns // 2, wanted, capacity)
    total = np.zeros(SLOTS)
    for _ in range(turns - turns // 2):
        found = settle(market(), HERE, wanted, np.full(SLOTS, capacity), found.surcharge)
        total += found.load
    return total / (turns - turns // 2)


def test_without_limit_nobody_pays_and_all_take_the_cheapest_slot() -> None:
    found = after(5, wishes(blocks(60)), None)
    assert found.surcharge.tolist() == [0.0] * SLOTS
    assert found.load[12] == 60


def test_where_there_is_room_nobody_pays() -> None:
    found = after(5, wishes(blocks(10)), 10.0)
    assert found.surcharge.tolist() == [0.0] * SLOTS


def test_a_slot_that_many_want_becomes_dearer_than_the_slots_beside_it() -> None:
    found = after(1, wishes(blocks(60)), 10.0)
    assert found.surcharge[12] > 0
    assert found.surcharge[8] == 0


def test_alike_jobs_spread_over_turns_to_what_each_slot_can_give() -> None:
    load = mean_load(wishes(blocks(60)), 10.0)
    assert load.max() <= 1.1 * 10
    assert load.sum() == pytest.approx(60)


def test_jobs_that_differ_in_patience_spread_as_well() -> None:
    wanted = wishes(blocks(60, np.linspace(0, 0.2, 60)))
    alone = settle(market(), HERE, wanted, None, np.zeros(SLOTS))
    load = mean_load(wanted, 10.0)
    assert alone.load.max() > 2.5 * 10
    assert load.max() <= 1.5 * 10
    assert load.sum() == pytest.approx(60)


def test_jobs_that_can_stop_spread_as_well() -> None:
    wanted = wishes(courses=resumables(60, np.linspace(0, 0.2, 60)), length=4)
    alone = settle(market(), HERE, wanted, None, np.zeros(SLOTS))
    load = mean_load(wanted, 10.0, 120)
    assert alone.load.max() > 3 * 10
    assert load.max() <= 1.6 * 10


def test_who_runs_anyway_takes_room_from_those_who_choose() -> None:
    free, busy = (after(1, wishes(blocks(8), base=base), 10.0) for base in (0.0, 6.0))
    assert free.surcharge[12] == 0
    assert busy.surcharge[12] > 0


def test_a_surcharge_fades_when_demand_goes() -> None:
    high = after(5, wishes(blocks(60)), 10.0).surcharge
    assert high.max() > 0
    later = after(10, wishes(), 10.0, high)
    assert later.surcharge.tolist() == [0.0] * SLOTS


def test_only_this_clusters_jobs_pay_and_fill() -> None:
    two = Prices(0, 900, np.stack([VALLEY, VALLEY]), np.ones(2), np.array([SLOTS, SLOTS]))
    rows = np.zeros(2, dtype=np.int64)
    both = Asks(
        np.array([0, 1]), rows, rows, rows + 24, rows - 1, np.zeros(2), np.array([60.0, 0.0])
    )
    surcharge = np.where(np.arange(SLOTS) == 12, 5.0, 0.0)
    found = settle(
        two, np.array([True, False]), wishes(both), np.full(SLOTS, 100.0), surcharge, rounds=0
    )
    assert found.starts.start[0] != 12
    assert found.starts.start[1] == 12


def test_the_same_wishes_give_the_same_prices_to_the_bit() -> None:
    wanted = wishes(blocks(20, 0.05), resumables(20), length=3)
    first, second = after(7, wanted, 10.0), after(7, wanted, 10.0)
    assert first.surcharge.tobytes() == second.surcharge.tobytes()
    assert first.load.tobytes() == second.load.tobytes()


def test_prices_move_on_with_the_clock_and_new_slots_are_free() -> None:
    known = Congestion(9000, 900, np.array([1.0, 2.0, 3.0]))
    assert known.moved_to(9900, 3).tolist() == [2.0, 3.0, 0.0]
    assert known.moved_to(9000 + 10 * 900, 3).tolist() == [0.0, 0.0, 0.0]
    assert (known.at(9000), known.at(10_799), known.at(20_000), known.at(0)) == (1.0, 2.0, 0.0, 0.0)
