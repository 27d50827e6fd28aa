"""Integrals of a signal are exact at every second, and refuse what it does not cover."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm_energy.errors import SeriesError
from slurm_energy.model.series import Series, Signal
from slurm_energy.simulate.integral import integral
from tests.simulate.small import HOUR, hourly


@given(
    values=st.lists(st.integers(-50, 900), min_size=1, max_size=5),
    start=st.integers(0, 5 * HOUR),
    seconds=st.integers(0, 5 * HOUR),
)
def test_it_is_each_value_times_the_seconds_it_holds(
    values: list[int], start: int, seconds: int
) -> None:
    series = hourly(*values)
    start, end = min(start, series.end), min(start + seconds, series.end)
    overlaps = [
        value * max(0, min(end, HOUR * (hour + 1)) - max(start, HOUR * hour))
        for hour, value in enumerate(values)
    ]
    assert float(integral(series).between(start, end)) == pytest.approx(sum(overlaps))


def test_steps_need_not_be_equal() -> None:
    series = Series(Signal.CARBON, (0, 10, 100), (1.0, 2.0, 3.0), 110, 0, "test")
    assert integral(series).between([0, 5, 99], [110, 20, 101]).tolist() == [220.0, 25.0, 5.0]


def test_what_the_signal_does_not_cover_is_refused() -> None:
    with pytest.raises(SeriesError, match="runs from 0 to 3601, the signal covers 0 to 3600"):
        integral(hourly(1)).until([0, HOUR + 1])


def test_an_empty_signal_is_refused() -> None:
    with pytest.raises(SeriesError, match="test holds no values"):
        integral(Series(Signal.CARBON, (), (), 0, 0, "test"))
