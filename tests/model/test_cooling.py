"""PUE by the temperature outside; where nobody tells it, the design value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.model.cooling import Cooling
from slurm_energy.model.series import Signal
from tests.builders import HOUR, NOON, make_series

FREE_COOLING = Cooling(1.3, ((-5.0, 1.08), (15.0, 1.18), (30.0, 1.48)))


def test_it_is_linear_between_points_and_level_beyond_them() -> None:
    found = [FREE_COOLING.at(degrees) for degrees in (-20, -5, 5, 15, 20, 30, 45)]
    assert [round(value, 6) for value in found] == [1.08, 1.08, 1.13, 1.18, 1.28, 1.48, 1.48]


def test_without_a_curve_or_a_temperature_the_design_value_stands() -> None:
    outside = make_series([20.0, 21.0], signal=Signal.TEMPERATURE)
    for pue in (Cooling(1.3).pue(outside, NOON), FREE_COOLING.pue(None, NOON)):
        assert {pue.at(NOON - 900 * HOUR), pue.at(NOON), pue.at(NOON + 900 * HOUR)} == {1.3}


def test_before_and_after_the_temperatures_that_are_known_the_design_value_stands() -> None:
    pue = FREE_COOLING.pue(make_series([-5.0, 30.0], signal=Signal.TEMPERATURE), NOON)
    hours = [NOON - 1, NOON, NOON + HOUR, NOON + 2 * HOUR - 1, NOON + 2 * HOUR]
    assert [pue.at(hour) for hour in hours] == [1.3, 1.08, 1.48, 1.48, 1.3]


POINTS = st.lists(st.tuples(st.floats(-90, 60), st.floats(1, 10)), min_size=1, max_size=6)


@given(POINTS, st.lists(st.floats(-120, 90), min_size=2, max_size=2).map(sorted))
def test_a_curve_that_rises_gives_no_less_pue_for_more_heat(
    points: list[tuple[float, float]], two: list[float]
) -> None:
    temperatures = sorted({round(degrees, 3) for degrees, _ in points})
    values = sorted(pue for _, pue in points)[: len(temperatures)]
    cooling = Cooling(1.5, tuple(zip(temperatures, values, strict=True)))
    low, high = (cooling.at(degrees) for degrees in two)
    assert low <= high + 1e-9
    assert values[0] - 1e-9 <= low <= values[-1] + 1e-9
    assert [cooling.at(degrees) for degrees in temperatures] == pytest.approx(values)
