"""A demand charge is paid once, by what raises the month's highest draw, and by nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.peak import free_watts, month, peak_price, raised
from slurm_energy.model.power import Peak, PowerLimit
from tests.builders import HOUR, NOON

SLOT = 900
CHARGE = 12.5
LIMIT = PowerLimit(demand_charge=CHARGE, usual_peak=600_000)
loads = st.lists(st.floats(0, 2e6), min_size=1, max_size=40)


def price(load: list[float], threshold: float) -> list[float]:
    return [float(p) for p in peak_price(np.array(load), threshold, CHARGE, SLOT)]


@given(loads, st.floats(0, 2e6))
def test_a_kw_through_all_slots_above_the_peak_pays_the_charge_once(
    load: list[float], threshold: float
) -> None:
    paid = sum(price(load, threshold)) * SLOT / 3600
    assert paid == pytest.approx(CHARGE if max(load) > threshold else 0)


@given(loads, st.floats(0, 2e6))
def test_only_slots_above_the_peak_cost_and_the_highest_most(
    load: list[float], threshold: float
) -> None:
    prices = price(load, threshold)
    for drawn, paid in zip(load, prices, strict=True):
        assert paid == 0 or drawn > threshold
    assert prices[int(np.argmax(load))] == max(prices)


def test_what_is_drawn_anyway_is_free() -> None:
    assert free_watts(LIMIT, None, NOON) == 600_000
    assert free_watts(LIMIT, Peak(month(NOON), 500_000.0), NOON) == 600_000
    assert free_watts(LIMIT, Peak(month(NOON), 700_000.0), NOON) == 700_000
    assert free_watts(LIMIT, Peak(month(NOON) - 1, 700_000.0), NOON) == 600_000


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_the_peak_is_the_highest_draw_of_the_month(drawn: list[float]) -> None:
    peak = None
    for minute, watts in enumerate(drawn):
        peak = raised(peak, watts, NOON + minute)
    assert peak == Peak(month(NOON), max(drawn))


def test_a_new_month_begins_anew() -> None:
    peak = raised(Peak(month(NOON), 700_000.0), 1_000.0, NOON + 32 * 24 * HOUR)
    assert peak == Peak(month(NOON) + 1, 1_000.0)


def test_months_follow_one_another() -> None:
    december, january = 1_798_761_599, 1_798_761_600  # 2026-12-31T23:59:59Z and a second later
    assert month(january) == month(december) + 1 == 12 * 2027
