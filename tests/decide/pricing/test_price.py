"""Carbon and price become one curve per class; what is missing is never invented."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.pricing.price import curves
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.policy import ClassPolicy, Policy
from slurm_energy.model.series import ClusterSignals
from tests.builders import HOUR, NOON, make_series, make_signals, some

EVALUATION = WorkloadClass.EVALUATION
FIRST = NOON - NOON % 900


def policy(carbon: float = 1.0, price: float = 0.0) -> Policy:
    return Policy(classes={EVALUATION: ClassPolicy(carbon=carbon, price=price)})


def test_a_curve_is_the_signal_in_standard_deviations() -> None:
    curve = some(curves(make_signals([100, 300] * 24), policy(), NOON)[EVALUATION])
    assert curve.values[:8].tolist() == pytest.approx([-1] * 4 + [1] * 4)


def test_carbon_and_price_add_up_by_weight() -> None:
    signals = make_signals([100, 300] * 24, [40, 20] * 24)
    curve = some(curves(signals, policy(carbon=2, price=1), NOON)[EVALUATION])
    assert curve.at(NOON) == pytest.approx(-2 + 1)


def test_hours_of_which_nothing_is_known_weigh_nothing() -> None:
    signals = make_signals([100, 300] * 24)
    carbon = some(signals.carbon)
    holed = replace(
        carbon,
        times=(NOON - 100 * HOUR, NOON - 99 * HOUR, *carbon.times),
        values=(100.0, 300.0, *carbon.values),
        gaps=((NOON - 98 * HOUR, NOON),),
    )
    curve = some(curves(replace(signals, carbon=holed), policy(), NOON)[EVALUATION])
    assert curve.values[:8].tolist() == pytest.approx([-1] * 4 + [1] * 4)


def test_slots_lie_on_the_same_grid_whenever_the_cycle_runs() -> None:
    early = some(curves(make_signals([1, 2] * 24), policy(), NOON + 901)[EVALUATION])
    late = some(curves(make_signals([1, 2] * 24), policy(), NOON + 1799)[EVALUATION])
    assert early.start == late.start == FIRST + 900
    assert np.array_equal(early.values, late.values)


@given(
    value=st.floats(0.1, 900),
    before=st.floats(0.1, 900),
    step=st.sampled_from([300, 420, 900, HOUR]),
    shift=st.integers(0, 899),
)
def test_slots_in_which_the_same_happens_are_alike_to_the_last_bit(
    value: float, before: float, step: int, shift: int
) -> None:
    """Or rounding would choose among them, and another one in each turn."""
    past = [before] * (20 * HOUR // step)
    told = make_series([*past, *[value] * (30 * HOUR // step)], start=NOON + shift, step=step)
    now = NOON + shift + len(past) * step + 900
    curve = some(curves(ClusterSignals(told, None), policy(), now)[EVALUATION])
    assert len(set(curve.values.tolist())) == 1
    assert set(some(curve.carbon).tolist()) == {value}


def test_times_that_are_alike_have_the_same_curve_to_the_last_bit() -> None:
    """Steps that end within slots, and all that happens comes again after fifty of them."""
    told = make_series([0.1 + number / 7 for number in range(50)] * 3, NOON - 500, step=420)
    curve = some(curves(ClusterSignals(told, None), replace(policy(), slot=1000), NOON)[EVALUATION])
    assert curve.values[:21].tolist() == curve.values[21:42].tolist()


def test_a_signal_that_never_changes_is_its_own_mean() -> None:
    curve = some(curves(make_signals([49.8951607] * 48), policy(), NOON)[EVALUATION])
    assert set(curve.values.tolist()) == {0.0}


def test_a_missing_signal_that_is_weighed_gives_no_curve() -> None:
    assert curves(make_signals(None, [1, 2]), policy(carbon=1, price=1), NOON)[EVALUATION] is None


def test_a_missing_signal_that_weighs_nothing_is_not_missed() -> None:
    assert curves(make_signals([1, 2], None), policy(carbon=1, price=0), NOON)[EVALUATION]


def test_a_curve_ends_where_the_shortest_signal_ends() -> None:
    curve = some(curves(make_signals([1, 2] * 6, [1, 2]), policy(1, 1), NOON)[EVALUATION])
    assert len(curve.values) == 2 * HOUR // 900


def test_a_signal_that_says_nothing_about_now_gives_no_curve() -> None:
    assert curves(make_signals([1, 2]), policy(), NOON + 3 * HOUR)[EVALUATION] is None


def test_a_constant_signal_prefers_no_hour() -> None:
    curve = some(curves(make_signals([200] * 12), policy(), NOON)[EVALUATION])
    assert not curve.values.any()


@given(value=st.floats(0, 3000), hours=st.integers(2, 800))
def test_a_constant_signal_of_many_rows_prefers_no_hour_either(value: float, hours: int) -> None:
    curve = curves(make_signals([value] * hours), policy(), NOON)[EVALUATION]
    assert curve is not None
    assert np.ptp(curve.values) < 1e-6


def test_a_ripple_on_a_flat_signal_is_worth_a_ripple() -> None:
    curve = curves(make_signals([300.0, 300.1] * 24), policy(), NOON)[EVALUATION]
    assert curve is not None
    assert np.ptp(curve.values) < Policy().least_gain
