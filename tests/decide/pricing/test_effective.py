"""From a kWh at the meter to one at the machines: PUE comes in once, where decisions begin."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.decide.pricing.effective import effective
from slurm_energy.decide.pricing.price import curves
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.cooling import Cooling
from slurm_energy.model.policy import ClassPolicy, Policy
from slurm_energy.model.series import Series, Signal
from tests.builders import HOUR, NOON, make_series, make_signals, some

EVALUATION = WorkloadClass.EVALUATION
CARBON_ONLY = Policy(classes={EVALUATION: ClassPolicy(carbon=1, price=0)})


def fixed(pue: float) -> Series:
    return Cooling(pue).pue(None, NOON)


def test_without_pue_nothing_is_touched() -> None:
    signals = make_signals([300, 200], [80, 60])
    assert effective(signals) is signals


def test_carbon_and_price_are_multiplied_and_the_grid_values_stay_with_the_source() -> None:
    signals = replace(make_signals([300, 200], [80, -60]), pue=fixed(1.5))
    found = effective(signals)
    assert list(some(found.carbon).values) == [450, 300]
    assert list(some(found.price).values) == [120, -90]
    assert list(some(signals.carbon).values) == [300, 200]


def test_a_missing_signal_stays_missing() -> None:
    found = effective(replace(make_signals([300, 200]), pue=fixed(1.5)))
    assert found.price is None


def test_pue_may_step_within_an_hour_of_the_signal() -> None:
    pue = make_series([1.0, 2.0, 1.5], step=1800, signal=Signal.PUE)
    found = some(effective(replace(make_signals([100, 300]), pue=pue)).carbon)
    assert list(found.times) == [NOON, NOON + 1800, NOON + HOUR]
    assert list(found.values) == [100, 200, 450]
    assert found.end == NOON + 5400


STEPS = st.lists(st.floats(0, 900), min_size=1, max_size=9)


@given(STEPS, st.lists(st.floats(1, 3), min_size=1, max_size=9), st.integers(0, 9 * HOUR))
def test_at_every_moment_it_is_the_product(
    carbon: list[float], pue: list[float], after: int
) -> None:
    signals = replace(make_signals(carbon), pue=make_series(pue, step=1500, signal=Signal.PUE))
    moment = NOON + after
    found = some(effective(signals).carbon).at(moment)
    grid, factor = some(signals.carbon).at(moment), some(signals.pue).at(moment)
    assert found == (None if grid is None or factor is None else grid * factor)


def test_a_fixed_pue_moves_no_job_and_a_warm_noon_does() -> None:
    flat = make_signals([200.0] * 48)
    level = some(curves(replace(flat, pue=fixed(1.4)), CARBON_ONLY, NOON)[EVALUATION])
    assert not level.values.any()
    assert np.ptp(some(level.pue)) == 0
    assert some(level.carbon)[0] == pytest.approx(280)
    warm = make_series([1.5] * 6 + [1.1] * 42, signal=Signal.PUE)
    curve = some(curves(replace(flat, pue=warm), CARBON_ONLY, NOON)[EVALUATION])
    assert some(curve.at(NOON)) > some(curve.at(NOON + 6 * HOUR))
