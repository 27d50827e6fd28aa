"""What of a month's highest draw is free of charge, and what is paid for more of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.power.peak import FALL, FIRST, charged, free_watts, month, raised
from slurm_energy.model.power import Peak, PowerLimit
from tests.builders import HOUR, NOON

FULL = 1_000_000.0


def test_what_this_month_has_drawn_is_free() -> None:
    limit = PowerLimit(usual_peak=600_000, peak=500_000)
    assert free_watts(limit, FULL) == 600_000
    assert free_watts(PowerLimit(usual_peak=600_000, peak=700_000), FULL) == 700_000


def test_a_month_begins_with_most_of_the_last_ones_peak() -> None:
    assert free_watts(PowerLimit(last_peak=800_000), FULL) == FALL * 800_000
    assert free_watts(PowerLimit(last_peak=800_000, peak=790_000), FULL) == 790_000


def test_what_is_configured_comes_before_the_last_month() -> None:
    assert free_watts(PowerLimit(usual_peak=0, last_peak=800_000), FULL) == 0


def test_a_first_month_begins_with_half_of_what_may_be_drawn() -> None:
    assert free_watts(PowerLimit(), FULL) == FIRST * FULL
    assert free_watts(PowerLimit(contract=400_000), FULL) == FIRST * 400_000
    assert free_watts(PowerLimit(contract=400_000), 0) == FIRST * 400_000
    assert free_watts(PowerLimit(), 0) == 0


@given(st.floats(1, 1e6), st.floats(0.1, 50))
def test_a_job_above_the_peak_pays_the_charge_once(watts: float, charge: float) -> None:
    hours = 0.25
    per_mwh = charged(watts, charge, watts, hours)
    paid = per_mwh * watts / 1e6 * hours
    assert paid == pytest.approx(charge * watts / 1000)


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_the_peak_is_the_highest_draw_of_the_month(drawn: list[float]) -> None:
    peak = None
    for minute, watts in enumerate(drawn):
        peak = raised(peak, watts, NOON + minute)
    assert peak == Peak(month(NOON), max(drawn))


def test_a_new_month_begins_anew_and_remembers_the_last() -> None:
    peak = raised(Peak(month(NOON), 700_000.0), 1_000.0, NOON + 32 * 24 * HOUR)
    assert peak == Peak(month(NOON) + 1, 1_000.0, 700_000.0)
    assert raised(peak, 2_000.0, NOON + 32 * 24 * HOUR).before == 700_000.0


def test_months_follow_one_another() -> None:
    december, january = 1_798_761_599, 1_798_761_600  # 2026-12-31T23:59:59Z and a second later
    assert month(january) == month(december) + 1 == 12 * 2027
