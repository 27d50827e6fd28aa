"""Releases are spread over their slot: no step in demand, and no begin time that wanders."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from slurm_energy.decide.spread import spread, unit
from tests.builders import HOUR, NOON

SLOT = 900
FAR = NOON + 100 * HOUR


def column(values: Sequence[int]) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def begins(
    ids: Sequence[int], *, urgency: int = 50, latest: int = FAR, kept: int = 0, start: int = NOON
) -> NDArray[np.int64]:
    """All of these jobs chose the slot that begins at ``start``."""

    def same(value: int) -> NDArray[np.int64]:
        return np.full(len(ids), value, dtype=np.int64)

    return spread(same(start), same(latest), column(ids), same(urgency), same(kept), SLOT)


def busiest(times: NDArray[np.int64], seconds: int) -> int:
    """Most begin times in any stretch of ``seconds``."""
    ordered = np.sort(times)
    return int(max(np.searchsorted(ordered, ordered + seconds) - np.arange(len(ordered))))


@pytest.mark.parametrize("stride", [1, 2, 5, 16, 100])
@pytest.mark.parametrize("first", [1, 4_000_000, 67_108_865])
def test_a_thousand_jobs_that_expire_together_make_no_step(first: int, stride: int) -> None:
    times = begins(range(first, first + 1000 * stride, stride), urgency=0)
    even = 1000 * 30 / SLOT
    assert busiest(times, 30) <= 1.5 * even  # 30 s: how seldom slurmctld looks
    assert busiest(times, 1) <= 6


def test_the_most_urgent_are_no_more_than_twice_as_many_a_second() -> None:
    times = begins(range(1, 1001), urgency=100)
    assert times.max() < NOON + SLOT // 2 + 1
    assert busiest(times, 30) <= 2.5 * 1000 * 30 / SLOT


jobs = st.lists(st.integers(1, 2**31), min_size=1, max_size=30, unique=True)
urgencies = st.integers(0, 100)


@given(jobs, urgencies, st.integers(-SLOT, 3 * SLOT))
def test_never_before_its_slot_and_never_past_its_latest_start(
    ids: list[int], urgency: int, room: int
) -> None:
    times = begins(ids, urgency=urgency, latest=NOON + room)
    assert (times <= NOON + room).all()
    assert (times < NOON + SLOT).all()
    if room >= 0:
        assert (times >= NOON).all()


@given(jobs, urgencies)
def test_a_begin_does_not_wander_when_other_jobs_come_and_go(ids: list[int], urgency: int) -> None:
    together = begins(ids, urgency=urgency)
    alone = [int(begins([job_id], urgency=urgency)[0]) for job_id in ids]
    assert together.tolist() == alone


@given(jobs, urgencies, st.integers(0, SLOT - 1))
def test_a_begin_that_it_has_in_that_slot_stands(ids: list[int], urgency: int, at: int) -> None:
    assert (begins(ids, urgency=urgency, kept=NOON + at) == NOON + at).all()


@given(jobs, st.sampled_from([NOON - 1, NOON + SLOT, NOON + 5 * SLOT]))
def test_one_in_another_slot_does_not(ids: list[int], kept: int) -> None:
    assert begins(ids, kept=kept).tolist() == begins(ids).tolist()


@given(st.integers(1, 2**31), urgencies, urgencies)
def test_the_more_urgent_never_begins_later(job_id: int, one: int, other: int) -> None:
    lesser, greater = sorted((one, other))
    assert begins([job_id], urgency=greater)[0] <= begins([job_id], urgency=lesser)[0]


@given(jobs)
def test_every_id_has_its_place_in_the_slot(ids: list[int]) -> None:
    places = unit(column(ids))
    assert ((places >= 0) & (places < 1)).all()


def test_nobody_is_spread_over_nothing() -> None:
    assert len(begins([])) == 0
