"""What came in the last days is what is expected of the next: by kind, recent ones first."""

from math import exp

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.market.arrivals import LEAST, WINDOW, Arrivals, Kind, Newcomer, rounded
from slurm_energy.model.contract import Sensitivity, WorkloadClass
from tests.builders import HOUR

SHORT = Kind(WorkloadClass.EVALUATION, Sensitivity.NORMAL, False, 16)
LONG = Kind(WorkloadClass.TRAINING, Sensitivity.NORMAL, True, 128)


def newcomer(units: float = 1.0, kind: Kind = SHORT, slots: int = 2, wait: int = 20) -> Newcomer:
    return Newcomer(kind, units, wait, (np.arange(4) < slots).astype(np.float64))


def hourly(hours: int, units: float = 1.0) -> Arrivals:
    """A job an hour since the beginning."""
    known = Arrivals(0, 0)
    for hour in range(1, hours + 1):
        known = known.seen([newcomer(units)], hour * HOUR)
    return known


def test_nothing_is_expected_before_enough_was_watched() -> None:
    assert hourly(LEAST // HOUR - 1).rates() == {}
    assert SHORT in hourly(LEAST // HOUR).rates()


def test_nothing_is_expected_of_whom_nobody_saw() -> None:
    assert Arrivals(0, 10 * HOUR).rates() == {}


@pytest.mark.parametrize("hours", [12, 24, 7 * 24, 30 * 24])
def test_a_steady_stream_is_expected_to_go_on_as_it_did(hours: int) -> None:
    rate = hourly(hours, units=3.0).rates()[SHORT]
    assert rate.units * HOUR == pytest.approx(3.0, rel=0.02)


def test_what_came_long_ago_counts_less() -> None:
    before = hourly(24 * 7)
    later = before.seen([], before.at + WINDOW)
    assert later.streams[SHORT].units == pytest.approx(before.streams[SHORT].units * exp(-1))
    assert later.rates()[SHORT].units < before.rates()[SHORT].units


def test_run_times_are_weighed_by_what_the_jobs_take() -> None:
    known = Arrivals(0, 0).seen([newcomer(3.0, slots=1), newcomer(1.0, slots=3)], 10 * HOUR)
    assert known.rates()[SHORT].alive.tolist() == [1.0, 0.25, 0.25, 0.0]


def test_waits_are_too() -> None:
    known = Arrivals(0, 0).seen([newcomer(3.0, wait=20), newcomer(1.0, wait=12)], 10 * HOUR)
    assert known.rates()[SHORT].wait == 18


def test_kinds_are_told_apart_and_come_in_one_order() -> None:
    first = Arrivals(0, 0).seen([newcomer(kind=LONG), newcomer()], 10 * HOUR)
    second = Arrivals(0, 0).seen([newcomer(), newcomer(kind=LONG)], 10 * HOUR)
    assert list(first.rates()) == list(second.rates()) == [SHORT, LONG]


def test_a_clock_that_was_set_back_adds_no_weight() -> None:
    known = hourly(24)
    assert known.seen([], known.at - HOUR).streams[SHORT].units == known.streams[SHORT].units


def test_jobs_without_units_are_not_expected() -> None:
    assert Arrivals(0, 0).seen([newcomer(0.0)], 10 * HOUR).rates() == {}


@given(st.integers(-5, 5000))
def test_waits_are_rounded_to_a_power_of_two_near_them(slots: int) -> None:
    found = rounded(slots)
    assert found & (found - 1) == 0
    assert max(1, slots) / 2 < found < max(1, slots) * 2
