"""What is due by when, and which hours may stay idle without anybody being late for it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.market.backlog import (
    NEAR,
    OVERBOOKED,
    fills,
    planned_load,
    turns_come,
    water_level,
    work_due,
)
from tests.decide.market.test_congestion import SLOTS, blocks, resumables, wishes

ROOM = np.full(SLOTS, 4.0)
PRICES = st.lists(st.floats(-3, 3), min_size=SLOTS, max_size=SLOTS).map(np.array)
STEPS = st.lists(st.floats(0, 6), min_size=SLOTS, max_size=SLOTS).map(np.array)


def test_a_run_is_due_slot_by_slot_from_its_last_start_on() -> None:
    due = work_due(wishes(blocks(1, last=10), length=3), SLOTS)
    first = 10 - NEAR
    assert due[first - 1] == 0
    assert list(due[first : first + 4]) == [1, 2, 3, 3]


def test_who_may_stop_is_due_when_his_delay_is_used() -> None:
    due = work_due(wishes(courses=resumables(2, budget=10), length=3), SLOTS)
    assert list(due[[7, 8, 10, 20]]) == [0, 2, 6, 6]


def test_what_is_taken_anyway_is_due_at_once() -> None:
    assert np.allclose(work_due(wishes(base=1.0), SLOTS), np.arange(1, SLOTS + 1))


def test_of_runs_that_may_last_more_is_due_than_their_mean() -> None:
    sure, unsure = wishes(blocks(4), length=2), wishes(blocks(4), length=4)
    unsure.alive[0, :4] = [1.0, 1 / 3, 1 / 3, 1 / 3]
    assert sure.alive.sum() == pytest.approx(unsure.alive.sum())
    assert work_due(unsure, SLOTS)[-1] > work_due(sure, SLOTS)[-1] + 1


def test_a_crowd_is_work_for_more_than_the_time_ahead() -> None:
    assert not fills(wishes(courses=resumables(39), length=1), ROOM, 8)
    assert fills(wishes(courses=resumables(40), length=1), ROOM, 8)


def test_of_work_that_nothing_may_stop_less_makes_a_crowd() -> None:
    assert not fills(wishes(blocks(27), length=1), ROOM, 8)
    assert fills(wishes(blocks(28), length=1), ROOM, 8)


def test_the_dearest_slots_stay_idle() -> None:
    price = np.arange(SLOTS, dtype=np.float64)
    load = planned_load(price, ROOM, np.minimum(np.arange(SLOTS), 10.0))
    assert load.sum() == pytest.approx(10)
    assert list(load[:3]) == [4, 4, 2]


def test_no_slot_is_idle_before_work_that_fills_all_room_until_it_is_due() -> None:
    due = np.where(np.arange(SLOTS) < 9, 0.0, 40.0)
    load = planned_load(-np.arange(SLOTS, dtype=np.float64), ROOM, due)
    assert (load[:10] == ROOM[:10]).all()
    assert (load[10:] == 0).all()


@given(PRICES, STEPS)
def test_what_is_due_is_planned_in_time_wherever_it_fits(
    price: np.ndarray, steps: np.ndarray
) -> None:
    due = np.cumsum(steps)
    load = planned_load(price, ROOM, due)
    assert ((load >= -1e-9) & (load <= ROOM + 1e-9)).all()
    most = np.minimum.accumulate((np.cumsum(ROOM) - due)[::-1])[::-1]
    idle = np.cumsum(ROOM - load)
    assert (idle <= np.maximum(most, 0) + 1e-6).all()


@given(PRICES, STEPS)
def test_more_room_never_costs_more(price: np.ndarray, steps: np.ndarray) -> None:
    due, dear = np.cumsum(np.minimum(steps, 4.0)), price + 3.0
    little, much = planned_load(dear, ROOM, due), planned_load(dear, 2 * ROOM, due)
    assert dear @ much <= dear @ little + 1e-6


def test_work_that_is_done_at_once_spares_the_dearest_slot_that_is_to_be_full() -> None:
    price = np.arange(SLOTS, dtype=np.float64)
    assert water_level(price, ROOM, np.where(price < 4, ROOM, 1.0)) == 3
    assert water_level(price, ROOM, np.ones(SLOTS)) == 0


def test_turns_come_as_the_load_grows_and_all_of_them_where_a_later_slot_is_full() -> None:
    load = np.append([1.0, 0.0, 2.0], ROOM[3:])
    assert list(turns_come(np.array([0.5, 1.5, 2.5, 9.0]), ROOM, load)) == [0, 2, 3, 3]


def test_in_a_full_slot_a_few_more_may_wait_for_room() -> None:
    told = turns_come(np.array([4.0, 4.0 + OVERBOOKED, 4.2]), ROOM, ROOM)
    assert list(told) == [0, 0, 1]
