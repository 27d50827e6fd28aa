"""A crowd of identical jobs is parted over the good slots as far as there is room."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.durations.shapes import Shapes
from slurm_energy.decide.market.berths import CROWD, numbered
from slurm_energy.decide.market.market import FIRST, trade
from slurm_energy.decide.market.stage import Applicant
from slurm_energy.decide.pricing.price import Curve
from slurm_energy.model.job import JobState
from tests.builders import NOON, make_curve, make_job, some
from tests.decide.marketplace import (
    POLICY,
    SLOT,
    SLOTS,
    applicant,
    dip,
    gpus,
    lasting,
    slots,
    stage,
)


def alike(count: int, wait: int = 96) -> list[Applicant]:
    return [applicant(100 + number, wait) for number in range(count)]


def crowd(count: int, curve: Curve, limit: float = 8) -> list[int | None]:
    """In which slot each of so many runs of four slots goes."""
    return slots(trade(stage(alike(count), curve, capacity=gpus(limit)), FIRST)[0])


def night(depths: Sequence[float], at: int = 40) -> Curve:
    """A flat price, and from slot ``at`` on so many runs' length at these depths."""
    values = [0.0] * SLOTS
    for index, depth in enumerate(depths):
        values[at + 4 * index : at + 4 * index + 4] = [-depth] * 4
    return make_curve(values)


def test_a_crowd_fills_the_cheapest_slot_then_the_next() -> None:
    assert Counter(crowd(20, night([2, 3, 1]))) == {44: 8, 40: 8, 48: 4}


def test_the_oldest_jobs_have_the_best_slots() -> None:
    found = crowd(16, night([2, 3]))
    assert found == [44] * 8 + [40] * 8


def test_where_all_find_room_in_one_slot_they_go_together() -> None:
    assert set(crowd(8, dip(40))) == {40}


def test_fewer_than_a_crowd_follow_the_market_alone() -> None:
    assert len(set(crowd(CROWD - 1, dip(40), limit=1))) == 1


def test_a_begin_that_is_still_good_is_kept() -> None:
    first = crowd(16, night([2, 3]))
    moved = [
        replace(one, kept=NOON + (slot or 0) * SLOT)
        for one, slot in zip(reversed(alike(16)), first, strict=True)
    ]
    given_ = stage(moved[::-1], night([2, 3]))
    assert slots(trade(given_, FIRST)[0]) == first[::-1]


def test_room_that_a_running_job_has_is_not_given_again() -> None:
    jobs = alike(12)
    runs = make_job(1, gpus=5, state=JobState.RUNNING, start_time=NOON)
    alive = np.concatenate([lasting(slots, 1).alive for slots in (4, 100)])
    shapes = Shapes(SLOT, alive, np.array([0] * 12 + [1]), ["brief", "long"], np.ones(2, np.int64))
    given_ = stage(jobs, night([2, 2, 2, 2]), others=[runs], shapes=shapes)
    assert Counter(slots(trade(given_, FIRST)[0])) == {40: 3, 44: 3, 48: 3, 52: 3}


@given(
    count=st.integers(CROWD, 40),
    depths=st.lists(st.floats(0.5, 3), min_size=2, max_size=5),
    limit=st.integers(2, 12),
)
def test_no_slot_gets_more_than_it_holds_while_there_is_room_elsewhere(
    count: int, depths: list[float], limit: int
) -> None:
    found = Counter(crowd(count, night(depths), float(limit)))
    if count <= limit * len(depths):
        load = [0] * (SLOTS + 4)
        for slot, jobs in found.items():
            for step in range(4):
                load[(slot or 0) + step] += jobs
        assert max(load) <= limit


@given(count=st.integers(1, 40), limit=st.integers(1, 12))
def test_the_same_crowd_is_parted_alike_whatever_the_order(count: int, limit: int) -> None:
    jobs = alike(count)
    one = slots(trade(stage(jobs, night([1, 2, 3]), capacity=gpus(limit)), FIRST)[0])
    other = slots(trade(stage(jobs[::-1], night([1, 2, 3]), capacity=gpus(limit)), FIRST)[0])
    assert one == other[::-1]


@given(
    count=st.integers(1, 40),
    limit=st.integers(2, 12),
    level=st.floats(-3, 3),
    least_gain=st.sampled_from([0.0, 0.1]),
)
def test_on_a_flat_price_nobody_is_put_off_however_crowded(
    count: int, limit: int, level: float, least_gain: float
) -> None:
    flat, policy = make_curve([level] * SLOTS), replace(POLICY, least_gain=least_gain)
    outlook = FIRST
    for _ in range(3):
        given_ = stage(alike(count), flat, capacity=gpus(limit), policy=policy)
        told, outlook = trade(given_, outlook)
        assert set(slots(told)) == {0}


@given(st.integers(CROWD, 300), st.floats(0.0, 0.2))
def test_runs_that_may_last_unlikely_long_take_more_than_there_is_and_the_rest_is_parted_too(
    count: int, chance: float
) -> None:
    alive = np.full((1, 192), chance)
    alive[0, :4] = 1.0
    shapes = Shapes(
        SLOT, alive, np.zeros(count, dtype=np.int64), ["a test's"], np.ones(1, dtype=np.int64)
    )
    cheaper_and_cheaper = make_curve(np.linspace(2, -2, SLOTS).tolist())
    told, _ = trade(stage(alike(count), cheaper_and_cheaper, shapes=shapes), FIRST)
    assert all(0 <= some(slot) <= 96 for slot in slots(told))


@given(st.lists(st.one_of(st.integers(0, 30), st.integers(0, 10**12)), max_size=40))
def test_keys_that_are_counted_get_the_numbers_that_sorting_them_gives(keys: list[int]) -> None:
    column = np.array(keys, dtype=np.int64)
    assert numbered(column).tolist() == np.unique(column, return_inverse=True)[1].tolist()
